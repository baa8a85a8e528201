import * as Base64 from '@pbstream/core/Base64'
import type { Hex } from '@pbstream/core/Hex'
import * as PaymentResponse from '@pbstream/core/PaymentResponse'
import { decodePaymentResponseHeader } from '@x402/core/http'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { channel, payer, terms } from './support/payment.ts'

const network = terms.network
const transaction: Hex = `0x${'ab'.repeat(32)}`

test('a charge by voucher reads in the official client with the numbers it goes on from', () => {
  const header = PaymentResponse.encode(
    PaymentResponse.voucher({ network, payer: payer.address, charged: 1_000n, channel }),
  )
  expect(decodePaymentResponseHeader(header)).toEqual({
    success: true,
    transaction: '',
    network,
    payer: payer.address,
    amount: '1000',
    extra: {
      chargedAmount: '1000',
      channelState: {
        channelId: channel.channelId,
        balance: '1000000',
        totalClaimed: '20000',
        withdrawRequestedAt: 0,
        refundNonce: '0',
        chargedCumulativeAmount: '41000',
      },
    },
  })
})

test('refunds, transfers and failures read in the official client', () => {
  const read = (response: PaymentResponse.SettleResponse) =>
    decodePaymentResponseHeader(PaymentResponse.encode(response))
  expect(
    read(PaymentResponse.refund({ network, payer: payer.address, amount: 9n, channel, transaction })),
  ).toMatchObject({
    success: true,
    transaction,
    amount: '9',
    extra: { chargedAmount: '0' },
  })
  expect(read(PaymentResponse.exact({ network, payer: payer.address, amount: 9n, transaction }))).toEqual({
    success: true,
    transaction,
    network,
    payer: payer.address,
    amount: '9',
  })
  expect(
    read(PaymentResponse.failure('settlement_pending', { network, transaction, detail: 'not mined yet' })),
  ).toEqual({
    success: false,
    errorReason: 'settlement_pending',
    errorMessage: 'not mined yet',
    transaction,
    network,
  })
})

test('a failure says what is known, and has no members for the rest', () => {
  const said = { success: false, errorReason: 'settlement_pending', network }
  const failure = (what: object) => PaymentResponse.failure('settlement_pending', { network, ...what })
  expect(failure({})).toStrictEqual({ ...said, transaction: '' })
  expect(failure({ payer: payer.address })).toStrictEqual({ ...said, transaction: '', payer: payer.address })
  expect(failure({ transaction, detail: 'x' })).toStrictEqual({ ...said, transaction, errorMessage: 'x' })
})

test.each([
  [{}, true],
  [{ amount: '7' }, true],
  [{ amount: 7 }, false],
  [{ amount: '' }, false],
  [{ success: 'true' }, false],
  [{ transaction: 1 }, false],
  [{ network: null }, false],
])('of a payment response with %j it is %s that it can be read', (change, isRead) => {
  const said = { success: true, transaction: '', network, ...change }
  expect(PaymentResponse.decode(Base64.encodeJson(said))).toEqual(isRead ? said : undefined)
})

test('decode undoes encode and is undefined, never an exception, for anything else', () => {
  const response = PaymentResponse.failure('deposit_failed', { network, payer: payer.address })
  expect(PaymentResponse.decode(PaymentResponse.encode(response))).toEqual(response)
  fc.assert(
    fc.property(
      fc.oneof(fc.string(), fc.jsonValue().map(Base64.encodeJson)),
      (text) => void expect(PaymentResponse.decode(text)).toBeUndefined(),
    ),
  )
  const wrong = Base64.encodeJson({ ...response, amount: '1.5' })
  expect(PaymentResponse.decode(wrong)).toBeUndefined()
})
