/**
 * F17: clocks of payer, edge and chain are ten minutes off; a quote at its last moment; clocks on the wall are changed under
 * a price by time of day. I1 I8 I11: refused is refused unharmed, and what is charged is the price that was signed.
 */
import * as Challenge from '@pbstream/core/Challenge'
import * as Rate from '@pbstream/core/Rate'
import * as Claims from '@pbstream/core/rate/Claims'
import * as Receipt from '@pbstream/core/Receipt'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { decodeJwt } from '../support/decodeJwt.ts'
import { paymentOf } from '../support/payment.ts'
import type { Caller } from './support/Caller.ts'
import { World } from './support/World.ts'
import { drained, posted } from './support/drained.ts'

let world: World
let caller: Caller

/** Dearer from two to three by the clocks of Zurich, and dearer still from three to four. */
const hours = {
  v: 2,
  kind: 'card',
  components: [{ unit: 'request', price: { model: 'per_unit', amount: '1000' } }],
  schedule: {
    zone: 'Europe/Zurich',
    windows: [
      { from: '02:00', to: '03:00', multiplier: '2' },
      { from: '03:00', to: '04:00', multiplier: '3' },
    ],
  },
  maximum: '3000',
} as const

beforeAll(async () => {
  world = await World.start({ routes: [{ path: '/work' }, { path: '/hours', rate: hours as never }] })
  caller = await world.caller({ deposit: 1_000_000n })
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

/** When the quote in a payment expires, Unix seconds. */
const exp = (request: Request) => decodeJwt(paymentOf(request).extensions['pbstream-quote'].info.quote)['exp'] as number

test('a quote is good in the last millisecond before it expires, and not in the first after', async () => {
  const [last, over] = [await caller.sign(), await caller.sign()]
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

/** What an answer's receipt says was charged: verified offline, and computed again from the card as its payer would. */
async function receiptOf(response: Response): Promise<bigint> {
  const jwks = (await (await fetch(`${world.stack.gateway}/.well-known/jwks.json`)).json()) as { keys: JsonWebKey[] }
  const key = await crypto.subtle.importKey('jwk', jwks.keys[0]!, { name: 'Ed25519' }, false, ['verify'])
  const receipt = await Receipt.verify(
    response.headers.get('pbstream-receipt') ?? '',
    () => (bytes, signature) =>
      crypto.subtle.verify({ name: 'Ed25519' }, key, new Uint8Array(signature), new Uint8Array(bytes)),
  )
  const { use = {}, tm, price } = receipt.ok ? receipt.claims : expect.fail(receipt.code)
  const again = Rate.charge(Rate.parse(hours), Claims.toUsage(use, tm), Claims.toTerms(tm!))
  expect(String(again), 'I11: the receipt is what the card says').toBe(price)
  return again
}

test.each([
  // From two to three the clocks are put forward, and the hour in between is left out.
  ['begins', '2027-03-28T01:00:00Z', 1_000n, 3_000n],
  // From three to two they are put back, and that hour comes again.
  ['ends', '2027-10-31T01:00:00Z', 2_000n, 2_000n],
  ['has ended for an hour', '2027-10-31T02:00:00Z', 2_000n, 3_000n],
])(
  'I11: summer time %s: a call costs what the clocks on the wall say, and what it was told, until that expires',
  async (_, at, before, after) => {
    const change = Date.parse(at)
    const stands = async (ms: number) => {
      // A reservation that is still to be posted would be over by the new clock.
      await posted(world)
      await world.clock('gateway', { at: ms })
    }
    const costs = async () => {
      const told = caller.acknowledged
      await caller.calls(1, '/hours')
      return caller.acknowledged - told
    }
    await stands(change - 1)
    expect(await costs(), 'in the last millisecond').toBe(before)
    const [held, over] = [await caller.sign('/hours'), await caller.sign('/hours')]
    await stands(exp(held) * 1_000 - 1)
    const answer = await fetch(held)
    caller.count(answer)
    expect([answer.status, await receiptOf(answer)], 'as it was told').toEqual([200, before])
    await stands(change)
    expect(await costs(), 'in the first millisecond').toBe(after)
    await stands(exp(over) * 1_000)
    const refused = await fetch(over)
    expect([refused.status, ((await refused.json()) as { code: string }).code]).toEqual([402, 'quote_expired'])
    const offers = Challenge.decode(refused.headers.get('payment-required') ?? '')?.accepts
    expect(offers?.[0]?.amount, 'what it would cost now').toBe(String(after))
    await posted(world)
    await edgeIsOff(exp(over) * 1_000 - Date.now())
    await drained(world)
    await edgeIsOff(0)
    await caller.calls(1)
    await drained(world)
  },
)

test('a chain that is ahead takes no deposit, which costs nobody anything, and settles what is open', async () => {
  const { client } = world.stack.chain
  await client.increaseTime({ seconds: tenMinutes / 1000 })
  await client.mine({ blocks: 1 })
  await caller.calls(3)
  // Its session has looked at a channel that is empty, and has nothing to show.
  const newcomer = await turnedAway()
  await drained(world, { except: [newcomer] })
})
