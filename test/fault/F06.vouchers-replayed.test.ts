/** F06: vouchers come again, out of order, after their settlement, and for another's channel. I3 I4. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { headerOf, paymentOf } from '../support/payment.ts'
import { Caller } from './support/Caller.ts'
import { World } from './support/World.ts'
import { drained } from './support/drained.ts'

let world: World

beforeAll(async () => {
  world = await World.start()
})
afterAll(() => world?.stop())

/** A voucher of one caller in the channel of another. */
function crossed(of: Request, into: Request): Request {
  const [mine, theirs] = [paymentOf(of), paymentOf(into)]
  const voucher = { ...mine.payload.voucher, channelId: theirs.payload.voucher.channelId }
  const payload = { ...mine.payload, channelConfig: theirs.payload.channelConfig, voucher }
  return new Request(of, { headers: { ...Object.fromEntries(of.headers), ...headerOf({ ...mine, payload }) } })
}

test('I3 I4: every voucher that was ever sent, sent again before and after it is settled, buys nothing', async () => {
  const callers = await world.crowd(2)
  const [first, second] = callers as [Caller, Caller]
  for (const settle of [false, true]) {
    await Promise.all(callers.map((caller) => caller.calls(4)))
    if (settle) await drained(world)
    const served = world.stack.upstream.calls('/work')
    const old = [...first.paid, ...second.paid].reverse()
    const foreign = first.paid.map((request) => crossed(request, second.paid.at(-1)!))
    for (const answer of await Promise.all([...old, ...old].map((request) => fetch(request.clone())))) {
      expect(answer.status).toBe(402)
    }
    for (const answer of await Promise.all(foreign.map((request) => fetch(request)))) {
      expect([400, 402]).toContain(answer.status)
    }
    expect(world.stack.upstream.calls('/work')).toBe(served)
  }
  // Whose vouchers were replayed is served as ever.
  await Promise.all(callers.map((caller) => caller.calls(2)))
  await drained(world)
  expect(world.callers.map(({ acknowledged }) => acknowledged)).toEqual([10_000n, 10_000n])
})
