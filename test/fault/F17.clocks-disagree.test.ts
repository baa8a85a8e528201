/** F17: clocks of payer, edge and chain are ten minutes off; a quote at its last moment. Refused is refused unharmed. */
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { paymentOf } from '../support/payment.ts'
import type { Caller } from './support/Caller.ts'
import { World } from './support/World.ts'
import { drained } from './support/drained.ts'

let world: World
let caller: Caller

beforeAll(async () => {
  world = await World.start()
  caller = await world.caller()
  await caller.calls(1)
})
afterEach(() => vi.restoreAllMocks())
afterAll(() => world?.stop())

const tenMinutes = 600_000

function payerIsOff(ms: number): void {
  const now = Date.now
  vi.spyOn(Date, 'now').mockImplementation(() => now() + ms)
}

/** The clock of gateway and sessions; alarms that were set by the old one are set again by objects that come back. */
async function edgeIsOff(ms: number): Promise<void> {
  await world.clock('gateway', { skew: ms })
  await world.abort('STREAM_SESSION')
}

/** A newcomer cannot deposit, and nothing has happened. */
async function turnedAway(): Promise<Caller> {
  const newcomer = await world.caller()
  const served = world.stack.upstream.calls('/work')
  expect(await newcomer.call()).toBe(402)
  expect(world.stack.upstream.calls('/work')).toBe(served)
  expect(await world.stack.usdc(newcomer.payer.address)).toBe(1_000_000_000n)
  return newcomer
}

test('a payer who is ahead or behind pays from its channel; behind, it cannot open one until its clock is right', async () => {
  payerIsOff(tenMinutes)
  await (await world.caller()).calls(2)
  await caller.calls(2)
  vi.restoreAllMocks()
  payerIsOff(-tenMinutes)
  await caller.calls(2)
  const late = await turnedAway()
  vi.restoreAllMocks()
  await late.calls(2)
  await drained(world)
})

test.each([tenMinutes, -tenMinutes])(
  'an edge that is off by %d ms goes on, and so does one that is put right',
  async (ms) => {
    await edgeIsOff(ms)
    await caller.calls(2)
    const held = await caller.sign()
    const newcomer = ms > 0 ? await turnedAway() : await world.caller()
    if (ms < 0) await newcomer.calls(1)
    // What was charged by a wrong clock is due by it.
    await drained(world)
    await edgeIsOff(0)
    // A quote from the future is refused with a new one; one from the past has expired.
    expect((await fetch(held)).status).toBe(402)
    await caller.calls(2)
    await newcomer.calls(1)
    await drained(world)
  },
)

test('a quote is good in the last millisecond before it expires, and not in the first after', async () => {
  const [last, over] = [await caller.sign(), await caller.sign()]
  const exp = (request: Request): number => {
    const [, claims] = paymentOf(request).extensions['pbstream-quote'].info.quote.split('.')
    return (JSON.parse(Buffer.from(claims!, 'base64url').toString()) as { exp: number }).exp
  }
  const skew = exp(last) * 1000 - Date.now()
  await world.clock('gateway', { at: exp(last) * 1000 - 1 })
  const served = await fetch(last)
  caller.count(served)
  expect(served.status).toBe(200)
  await world.clock('gateway', { at: exp(over) * 1000 })
  const refused = await fetch(over)
  expect(refused.headers.get('payment-required')).not.toBeNull()
  expect([refused.status, ((await refused.json()) as { code: string }).code]).toEqual([402, 'quote_expired'])
  await edgeIsOff(skew)
  await drained(world)
  await edgeIsOff(0)
})

test('a chain that is ahead takes no deposit, which costs nobody anything, and settles what is open', async () => {
  const { client } = world.stack.chain
  await client.increaseTime({ seconds: tenMinutes / 1000 })
  await client.mine({ blocks: 1 })
  await caller.calls(3)
  // Its session has looked at a channel that is empty, and has nothing to show.
  const newcomer = await turnedAway()
  await drained(world, { except: [newcomer] })
})
