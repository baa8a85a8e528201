/** What a server is told of its payments is what became of them, whatever else its isolate asks of the same session. */
import { expect, it, onTestFinished, vi } from 'vitest'
import { SOON_MS } from '../src/Reporter.ts'
import { header, voucher } from './support/payer.ts'
import { payer, rentals, type Rented, SITE, second, started } from './support/rentals.ts'
import { offered } from './support/standalone.ts'

/** Longer than a reservation lasts that nothing is heard of. */
const SILENCE = 91 * second

/** The headers of a caller that pays by vouchers; `max` rises with what is charged. */
async function paying(at: Rented, max: bigint) {
  return header(await voucher(await offered(at), max))
}

async function authorized(at: Rented): Promise<string> {
  const { json } = await at.ask({ headers: await paying(at, 1_000n) })
  expect(json).toMatchObject({ kind: 'authorized' })
  return json['id'] as string
}

/**
 * Runs `first` until its report waits for company, the `wait`th time; then `beside`, whole, before the wait is over.
 * Answers what `first` does.
 */
async function beside<T>(first: () => Promise<T>, other: () => Promise<unknown>, wait = 1): Promise<T> {
  const real = globalThis.setTimeout
  const { promise: waits, resolve: begun } = Promise.withResolvers<() => void>()
  let seen = 0
  const held = vi.spyOn(globalThis, 'setTimeout').mockImplementation(((run: () => void, ms?: number) => {
    if (ms !== SOON_MS || ++seen !== wait) return real(run, ms)
    begun(run)
    return 0
  }) as typeof setTimeout)
  onTestFinished(() => void held.mockRestore())
  const answer = first()
  const over = await waits
  held.mockRestore()
  await other()
  over()
  return answer
}

/** Another call of the same session, by voucher. */
const asks = (at: Rented, max: bigint) => async () => {
  const headers = await paying(at, max)
  expect((await at.ask({ headers })).json).toMatchObject({ kind: 'authorized' })
}

it('a capture after the end is not said to be one', async () => {
  const at = await rentals()
  const id = await authorized(at)
  at.state.now += SILENCE
  at.tick()
  const { status, json } = await beside(() => at.call('capture', { v: 1, id, amount: '400' }), asks(at, 1_000n))
  expect([status, json.code, json['receipt']]).toEqual([409, 'payment_ended', undefined])
  expect(at.numbers()).toMatchObject({ spent: 0n, reserved: 1_000n })
})

it('a second capture, of another amount, gets no receipt', async () => {
  const at = await rentals()
  const id = await authorized(at)
  expect((await at.call('capture', { v: 1, id, amount: '400' })).json).toMatchObject({ kind: 'captured' })
  const { status, json } = await beside(() => at.call('capture', { v: 1, id, amount: '700' }), asks(at, 1_400n))
  expect([status, json.code, json['receipt']]).toEqual([409, 'payment_captured', undefined])
  expect(at.numbers()).toMatchObject({ spent: 400n, reserved: 1_000n })
})

it('a capture that was not heard of before is answered by its receipt', async () => {
  const at = await rentals()
  const id = await authorized(at)
  const first = await at.call('capture', { v: 1, id, amount: '400' })
  at.state.now += second
  const again = await beside(() => at.call('capture', { v: 1, id, amount: '400' }), asks(at, 1_400n))
  expect(again.json).toEqual(first.json)
})

it('a void of what was captured is not said to be one', async () => {
  const at = await rentals()
  const id = await authorized(at)
  await at.call('capture', { v: 1, id, amount: '400' })
  const { status, json } = await beside(() => at.call('void', { v: 1, id, freesId: true }), asks(at, 1_400n))
  expect([status, json.code]).toEqual([409, 'payment_captured'])
})

it('the stop of a rental that has ended meanwhile is not said to be charged', async () => {
  const at = await rentals()
  const { id } = await started(at)
  at.state.now += 30 * second
  const { headers } = await payer(at, 100_000n)
  const stopped = await beside(
    () => at.say('stop', { v: 1, id }),
    async () => {
      at.state.now += SILENCE
      at.tick()
      const body = { price: '1000', method: 'POST', url: `${SITE}/gpu`, headers: await headers(1_000n) }
      expect((await at.ask(body)).json).toMatchObject({ kind: 'authorized' })
    },
    2,
  )
  expect(stopped.json).toMatchObject({ code: 'payment_ended' })
  expect(stopped.json['receipt']).toBeUndefined()
  expect(at.numbers()).toMatchObject({ spent: 0n, reserved: 1_000n })
})
