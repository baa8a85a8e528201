// The types that users of the package build on; `npm run check` judges them, since they are nothing at run time.
import type { Hex } from '@pbstream/core/Hex'
import { expect, expectTypeOf, test } from 'vitest'
import {
  type BudgetOptions,
  type Closed,
  createPayer,
  memoryStorage,
  type Mode,
  type Payer,
  type PayerOptions,
  type Price,
  type SessionInfo,
  type Storage,
} from '../src/client.ts'
import { fileStorage } from '../src/client/file.ts'
import { BudgetExceededError, DryRunError, errorOf, type Payment, PBStreamError } from '../src/errors.ts'
import { check, type Checked, type Handler, paid, type Payment as PaidBy } from '../src/server.ts'

const key: Hex = `0x${'11'.repeat(32)}`

test('a payer is a fetch', () => {
  expectTypeOf(createPayer).parameters.toEqualTypeOf<[PayerOptions]>()
  expectTypeOf<Payer['fetch']>().toEqualTypeOf<typeof fetch>()
  expectTypeOf<Payer['fetch']>().returns.resolves.toEqualTypeOf<Response>()
  expectTypeOf<Payer['sessions']>().returns.resolves.toEqualTypeOf<SessionInfo[]>()
  expectTypeOf<Payer['close']>().returns.resolves.toEqualTypeOf<Closed[]>()
  expectTypeOf<Payer['receipt']>().returns.resolves.toEqualTypeOf<string | undefined>()
})

test('money is never a float', () => {
  expectTypeOf<Price>().toEqualTypeOf<string | bigint>()
  expectTypeOf<BudgetOptions['perRequest']>().toEqualTypeOf<Price | undefined>()
  expectTypeOf<SessionInfo['charged']>().toBeBigInt()
  expectTypeOf<Closed['charged']>().toBeBigInt()
  expectTypeOf<Payment['price']>().toBeBigInt()
  // @ts-expect-error: a number is no price, and at run time it is refused too
  expect(() => createPayer({ key, budget: { perRequest: 0.01 } })).toThrow('not an amount')
})

test('a private key is hex, and a mode is one of three', () => {
  // @ts-expect-error: not hex
  expectTypeOf<{ key: string }>().toExtend<PayerOptions>()
  expectTypeOf<Mode>().toEqualTypeOf<'session' | 'batch-settlement' | 'exact'>()
})

test('every storage has the same four methods', () => {
  expectTypeOf(memoryStorage).returns.toEqualTypeOf<Storage>()
  expectTypeOf(fileStorage).parameters.toEqualTypeOf<[string]>()
  expectTypeOf(fileStorage).returns.toEqualTypeOf<Storage>()
})

test('an error says what to do, and which limit it was', () => {
  expectTypeOf(errorOf).returns.resolves.toEqualTypeOf<PBStreamError | undefined>()
  expectTypeOf<PBStreamError['hint']>().toBeString()
  expectTypeOf<PBStreamError['retryable']>().toBeBoolean()
  expectTypeOf<BudgetExceededError['allowed']>().toBeBigInt()
  expectTypeOf<BudgetExceededError>().toExtend<PBStreamError>()
  expectTypeOf<DryRunError['payment']>().toEqualTypeOf<Payment>()
})

test('a paid handler is a handler, with what its platform gives', () => {
  const handler = paid('$0.002', (request, { payment, meter }, environment: { NAME: string }) => {
    expectTypeOf(request).toEqualTypeOf<Request>()
    expectTypeOf(payment).toEqualTypeOf<PaidBy>()
    expectTypeOf(payment.payer).toEqualTypeOf<Hex>()
    expectTypeOf(meter).parameters.toEqualTypeOf<[number | bigint]>()
    return new Response(environment.NAME)
  })
  expectTypeOf(handler).toEqualTypeOf<Handler<[{ NAME: string }]>>()
})

test('a checked request is a response, or has to be answered', () => {
  expectTypeOf(check).returns.resolves.toEqualTypeOf<Checked>()
  expectTypeOf<Extract<Checked, { ok: false }>['response']>().toEqualTypeOf<Response>()
  expectTypeOf<Extract<Checked, { ok: true }>['answer']>().returns.resolves.toEqualTypeOf<Response>()
})
