import { evictDurableObject, runDurableObjectAlarm } from 'cloudflare:test'
import type { ReserveReply } from '@pbstream/core/message/Session'
import type { Policy } from '@pbstream/core/Policy'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { channelOf } from './fixtures.ts'
import { claimsOf, downgrade, funded, granted, inside, later, type Stub } from './object.ts'

afterEach(() => {
  vi.useRealTimers()
})

type Channel = ReturnType<typeof channelOf>
const HOUR = 3_600
const now = (): number => Math.floor(Date.now() / 1_000)

/** Everything is allowed but for what a test says. */
const policyFor = ({ config }: Channel, over: Partial<Policy> = {}): Policy => ({
  version: 1,
  status: 'active',
  token: config.token,
  payees: [config.receiver],
  spendCap: 1_000_000n,
  periodAmount: 0n,
  periodDuration: 0,
  perPaymentMax: 0n,
  start: now() - 10,
  expiry: now() + 30 * 24 * HOUR,
  routes: null,
  ...over,
})

async function managed(over: Partial<Policy> = {}, balance = 1_000_000n) {
  const { channel, stub } = await funded(balance)
  const policy = policyFor(channel, over)
  await stub.setPolicy(1, channel.session, policy)
  return { channel, stub, policy }
}

/** Another channel of the same key, with money. */
async function second({ session }: Channel, stub: Stub): Promise<Channel> {
  const other = channelOf(Number(session.payer), 2)
  await stub.reserve(other.reserve(1n, 1n))
  await stub.acknowledge(1, [other.observed(1_000_000n)])
  return other
}

const codeOf = (reply: ReserveReply): string => (reply.kind === 'refused' ? reply.code : reply.kind)
const refused = (code: string, facts: object = {}) => ({ kind: 'refused', code, facts })

/** Pays one call on a channel and posts it. */
async function pay(stub: Stub, channel: Channel, hold: bigint, amount = hold): Promise<string> {
  const base = (await stub.view(1, channel.channelId))!
  const reply = await stub.reserve(channel.reserve(base.spent + base.reserved + hold, hold))
  if (reply.kind === 'granted') {
    await stub.report(1, [{ kind: 'post', reservationId: reply.reservationId, amount }])
  }
  return codeOf(reply)
}

describe('a key that nobody manages', () => {
  test('pays as ever, and says no version', async () => {
    const { channel, stub } = await funded(100n)
    expect(granted(await stub.reserve(channel.reserve(5n, 5n)))).not.toHaveProperty('keyVersion')
    expect(await stub.policy(1)).toBeUndefined()
  })
})

describe('limits', () => {
  test('a grant says under which version it passed', async () => {
    const { channel, stub } = await managed({ version: 7 })
    expect(granted(await stub.reserve(channel.reserve(5n, 5n))).keyVersion).toBe(7)
  })

  test('the spend cap holds across all channels: a second one is no way around it', async () => {
    const { channel, stub } = await managed({ spendCap: 10n })
    const other = await second(channel, stub)
    granted(await stub.reserve(channel.reserve(6n, 6n)))
    expect(await stub.reserve(other.reserve(5n, 5n))).toEqual(refused('session_key_spend_cap', { left: 4n }))
    expect(await pay(stub, other, 4n)).toBe('granted')
    expect(await stub.reserve(other.reserve(5n, 1n))).toEqual(refused('session_key_spend_cap', { left: 0n }))
  })

  test('what is voided, or posted for less, can be spent again; to the unit', async () => {
    const { channel, stub } = await managed({ spendCap: 10n, periodAmount: 10n, periodDuration: HOUR })
    const { reservationId } = granted(await stub.reserve(channel.reserve(10n, 10n)))
    await stub.report(1, [{ kind: 'void', reservationId, freesId: true }])
    expect(await pay(stub, channel, 10n, 3n)).toBe('granted')
    expect(await pay(stub, channel, 8n)).toBe('session_key_spend_cap')
    expect(await pay(stub, channel, 7n)).toBe('granted')
    expect(await pay(stub, channel, 1n)).toBe('session_key_spend_cap')
    expect((await stub.policy(1))?.usage).toMatchObject({ spent: 10n, reserved: 0n, periodSpent: 10n })
  })

  test('a reservation that expires counts with its mark', async () => {
    const { channel, stub } = await managed({ spendCap: 10n })
    const { reservationId } = granted(await stub.reserve(channel.reserve(10n, 10n)))
    await stub.report(1, [{ kind: 'mark', reservationId, amount: 4n }])
    later(90_001)
    await runDurableObjectAlarm(stub)
    expect((await stub.policy(1))?.usage).toMatchObject({ spent: 4n, reserved: 0n })
    expect(await pay(stub, channel, 7n)).toBe('session_key_spend_cap')
    expect(await pay(stub, channel, 6n)).toBe('granted')
  })

  test('one payment over its maximum by a unit, a receiver that is not listed, a route that is not, another token', async () => {
    const { channel, stub } = await managed({ perPaymentMax: 5n, routes: ['route'] })
    const { config } = channel
    expect(await stub.reserve(channel.reserve(6n, 6n))).toEqual(refused('session_key_payment_max', { left: 5n }))
    const route = channel.reserve(5n, 5n, { routeId: 'other' })
    expect(await stub.reserve(route)).toEqual(refused('session_key_route'))
    const payee = { ...config, receiver: `0x${'9'.repeat(40)}` as const }
    expect(await stub.reserve(channel.reserve(5n, 5n, { config: payee }))).toEqual(refused('session_key_payee'))
    const token = { ...config, token: `0x${'9'.repeat(40)}` as const }
    expect(await stub.reserve(channel.reserve(5n, 5n, { config: token }))).toEqual(refused('session_key_token'))
    expect(await pay(stub, channel, 5n)).toBe('granted')
  })

  test('windows are strict: the last second of one and the first of the next', async () => {
    const start = now() - 30
    const { channel, stub } = await managed({ periodAmount: 10n, periodDuration: HOUR, start })
    const at = start + HOUR
    later((at - now()) * 1_000 - 1_500)
    expect(await pay(stub, channel, 10n)).toBe('granted')
    const reply = await stub.reserve(channel.reserve(11n, 1n))
    expect(reply).toEqual(refused('session_key_period_limit', { left: 0n, at }))
    later(2_000)
    expect(await pay(stub, channel, 10n)).toBe('granted')
    expect(await pay(stub, channel, 1n)).toBe('session_key_period_limit')
    expect((await stub.policy(1))?.usage).toMatchObject({ spent: 20n, periodStart: at, periodSpent: 10n })
  })

  test('a late post changes the window in which it began, and no other', async () => {
    const start = now() - 30
    const { channel, stub } = await managed({ periodAmount: 10n, periodDuration: 60, start })
    const { reservationId } = granted(await stub.reserve(channel.reserve(10n, 10n)))
    await stub.report(1, [{ kind: 'mark', reservationId, amount: 1n }])
    later(60_000)
    expect(await pay(stub, channel, 6n)).toBe('granted')
    await stub.report(1, [{ kind: 'post', reservationId, amount: 9n }])
    expect((await stub.policy(1))?.usage).toMatchObject({ spent: 15n, periodSpent: 6n })
    expect(await pay(stub, channel, 5n)).toBe('session_key_period_limit')
    expect(await pay(stub, channel, 4n)).toBe('granted')
  })

  test('a clock that was put back does not open a window again', async () => {
    const start = now() - 30
    const { channel, stub } = await managed({ periodAmount: 10n, periodDuration: 60, start })
    later(60_000)
    expect(await pay(stub, channel, 10n)).toBe('granted')
    later(-60_000)
    expect(await pay(stub, channel, 1n)).toBe('session_key_period_limit')
  })

  test('N parallel calls on two channels never pass a limit by a unit, and use it up', async () => {
    for (const over of [{ spendCap: 100n }, { periodAmount: 100n, periodDuration: HOUR }]) {
      const { channel, stub } = await managed(over)
      const channels = [channel, await second(channel, stub)]
      const calls = Array.from({ length: 100 }, (_, i) => {
        const of = channels[i % 2]!
        return stub.reserve(of.reserve(3n * BigInt(Math.floor(i / 2) + 1), 3n))
      })
      const replies = await Promise.all(calls)
      expect(replies.filter(({ kind }) => kind === 'granted')).toHaveLength(33)
      const { usage, inFlight } = (await stub.policy(1))!
      expect([usage.spent, usage.reserved, inFlight]).toEqual([0n, 99n, 33])
    }
  })

  test('usage is the same after the object comes back', async () => {
    const { channel, stub } = await managed({ periodAmount: 50n, periodDuration: HOUR })
    const { reservationId } = granted(await stub.reserve(channel.reserve(20n, 20n)))
    expect(await pay(stub, channel, 10n)).toBe('granted')
    const before = await stub.policy(1)
    expect(before?.usage).toMatchObject({ spent: 10n, reserved: 20n, periodSpent: 30n })
    await evictDurableObject(stub)
    expect(await stub.policy(1)).toEqual(before)
    await stub.report(1, [{ kind: 'post', reservationId, amount: 5n }])
    expect((await stub.policy(1))?.usage).toMatchObject({ spent: 15n, reserved: 0n, periodSpent: 15n })
  })

  test('what was charged before there was a policy counts against its cap', async () => {
    const { channel, stub } = await funded(100n)
    expect(await pay(stub, channel, 8n)).toBe('granted')
    await stub.setPolicy(1, channel.session, policyFor(channel, { spendCap: 10n }))
    expect(await pay(stub, channel, 3n)).toBe('session_key_spend_cap')
    expect(await pay(stub, channel, 2n)).toBe('granted')
  })

  test('a channel that was charged before our time counts against the cap, and in no window', async () => {
    const { channel, stub } = await managed({ spendCap: 10n, periodAmount: 5n, periodDuration: HOUR })
    const old = channelOf(Number(channel.session.payer), 3)
    await stub.reserve(old.reserve(1n, 1n))
    await stub.acknowledge(1, [old.observed(100n, { totalClaimed: 6n })])
    expect((await stub.policy(1))?.usage).toMatchObject({ spent: 6n, periodSpent: 0n })
    expect(await pay(stub, channel, 5n)).toBe('session_key_spend_cap')
    expect(await pay(stub, channel, 4n)).toBe('granted')
  })
})

describe('deposits', () => {
  const withDeposit = (channel: Channel, max: bigint, hold: bigint) =>
    channel.reserve(max, hold, { deposit: { amount: 1_000n } })

  test('are not asked for when the payment would be refused', async () => {
    const { channel, stub } = await managed({ perPaymentMax: 5n }, 0n)
    expect(codeOf(await stub.reserve(withDeposit(channel, 6n, 6n)))).toBe('session_key_payment_max')
    expect(codeOf(await stub.reserve(withDeposit(channel, 5n, 5n)))).toBe('deposit')
  })

  test('are not asked for when the key may spend no more than what lies in the channel', async () => {
    const { channel, stub } = await managed({ spendCap: 20n }, 20n)
    expect(codeOf(await stub.reserve(withDeposit(channel, 30n, 5n)))).toBe('granted')
    const more = await managed({ spendCap: 21n }, 20n)
    expect(codeOf(await more.stub.reserve(withDeposit(more.channel, 30n, 5n)))).toBe('deposit')
  })
})

describe('a freeze', () => {
  test('is in force when it is answered; what began before may still be charged', async () => {
    const { channel, stub, policy } = await managed()
    const { reservationId } = granted(await stub.reserve(channel.reserve(5n, 5n)))
    const frozen = { ...policy, version: 2, status: 'frozen' } as const
    expect(await stub.setPolicy(1, channel.session, frozen)).toEqual({
      applied: true,
      status: 'frozen',
      version: 2,
      inFlight: 1,
      leasedUntil: 0,
    })
    expect(await stub.reserve(channel.reserve(6n, 1n))).toEqual(refused('session_key_frozen'))
    await stub.report(1, [{ kind: 'post', reservationId, amount: 5n }])
    expect(await stub.view(1, channel.channelId)).toMatchObject({ spent: 5n, reserved: 0n })
    expect(await stub.policy(1)).toMatchObject({ status: 'frozen', inFlight: 0 })
  })

  test('holds after the object comes back, and until it is lifted', async () => {
    const { channel, stub, policy } = await managed()
    await stub.setPolicy(1, channel.session, { ...policy, version: 2, status: 'frozen' })
    await evictDurableObject(stub)
    expect(await pay(stub, channel, 1n)).toBe('session_key_frozen')
    await stub.setPolicy(1, channel.session, { ...policy, version: 3 })
    expect(await pay(stub, channel, 1n)).toBe('granted')
  })

  test('under load: of calls in one burst, none that comes after it is granted', async () => {
    const { channel, stub, policy } = await managed()
    const call = (i: number) => stub.reserve(channel.reserve(BigInt(i + 1), 1n))
    const before = Array.from({ length: 40 }, (_, i) => call(i))
    const freeze = stub.setPolicy(1, channel.session, { ...policy, version: 2, status: 'frozen' })
    const after = Array.from({ length: 40 }, (_, i) => call(40 + i))
    expect((await Promise.all(before)).map(codeOf)).toEqual(Array(40).fill('granted'))
    expect(await freeze).toMatchObject({ status: 'frozen', inFlight: 40 })
    expect((await Promise.all(after)).map(codeOf)).toEqual(Array(40).fill('session_key_frozen'))
  })

  test('answers at once to whoever was parked', async () => {
    const { channel, stub, policy } = await managed()
    granted(await stub.reserve(channel.reserve(5n, 5n)))
    expect((await stub.reserve(channel.reserve(5n, 5n))).kind).toBe('corrective')
    const parked = stub.reserve(channel.reserve(20n, 5n))
    await stub.setPolicy(1, channel.session, { ...policy, version: 2, status: 'frozen' })
    later(5_001)
    await runDurableObjectAlarm(stub)
    expect(await parked).toEqual(refused('session_key_frozen'))
  })

  test('a request id that was served is known: its repeat charges nothing', async () => {
    const { channel, stub, policy } = await managed()
    const command = channel.reserve(5n, 5n, { requestId: 'id' })
    const { reservationId } = granted(await stub.reserve(command))
    await stub.report(1, [{ kind: 'post', reservationId, amount: 5n }])
    await stub.setPolicy(1, channel.session, { ...policy, version: 2, status: 'frozen' })
    expect((await stub.reserve(command)).kind).toBe('duplicate')
    expect(await stub.view(1, channel.channelId)).toMatchObject({ spent: 5n, reserved: 0n })
  })

  test('does not keep the payer from its money', async () => {
    const { channel, stub, policy } = await managed({}, 100n)
    expect(await pay(stub, channel, 5n)).toBe('granted')
    await stub.setPolicy(1, channel.session, { ...policy, version: 2, status: 'frozen' })
    expect(await stub.refund(channel.refund(5n))).toMatchObject({ kind: 'granted', refund: { amount: 95n } })
  })

  for (const status of ['frozen', 'revoked'] as const) {
    test(`${status}: what is earned is claimed at once`, async () => {
      const { channel, stub, policy } = await managed()
      expect(await pay(stub, channel, 5n)).toBe('granted')
      expect(claimsOf(channel.channelId)).toHaveLength(0)
      await stub.setPolicy(1, channel.session, { ...policy, version: 2, status })
      await vi.waitUntil(() => claimsOf(channel.channelId).length === 1)
      expect(claimsOf(channel.channelId)[0]).toMatchObject({ reason: 'close', total: '5' })
    })
  }

  test('expiry: what is earned is claimed when it comes, without anybody calling', async () => {
    const { channel, stub } = await managed({ expiry: now() + 600 })
    expect(await pay(stub, channel, 5n)).toBe('granted')
    later(599_000)
    await runDurableObjectAlarm(stub)
    expect(claimsOf(channel.channelId)).toHaveLength(0)
    later(2_000)
    expect(await runDurableObjectAlarm(stub), 'armed').toBe(true)
    await vi.waitUntil(() => claimsOf(channel.channelId).length === 1)
    expect(claimsOf(channel.channelId)[0]).toMatchObject({ reason: 'close', total: '5' })
    expect(codeOf(await stub.reserve(channel.reserve(6n, 1n)))).toBe('session_key_expired')
  })
})

describe('a public voucher', () => {
  test('learns nothing of the key: a limit looks like a stale voucher', async () => {
    const { channel, stub, policy } = await managed({}, 1_000n)
    const { reservationId } = granted(await stub.reserve(channel.reserve(10n, 10n)))
    await stub.report(1, [{ kind: 'post', reservationId, amount: 4n }])
    await stub.acknowledge(1, [channel.observed(1_000n, { withdrawRequestedAt: 5 })])
    await vi.waitUntil(() => claimsOf(channel.channelId).length === 1)
    await stub.acknowledge(1, [channel.claim(4n, 'confirmed'), channel.observed(1_000n)])
    await stub.setPolicy(1, channel.session, { ...policy, version: 2, status: 'frozen' })
    // Base is 4: with a hold of 6 the public voucher is right, with one of 7 it is stale.
    const right = await stub.reserve(channel.reserve(10n, 6n))
    const stale = await stub.reserve(channel.reserve(10n, 7n))
    expect([right, stale]).toEqual([{ kind: 'corrective' }, { kind: 'corrective' }])
    expect(await stub.reserve(channel.reserve(11n, 6n))).toEqual(refused('session_key_frozen'))
  })
})

describe('setting a policy', () => {
  test('again changes nothing; an older one, or another of the same version, is not taken', async () => {
    const { channel, stub, policy } = await managed({ version: 5 })
    const { session } = channel
    const held = { status: 'active', version: 5, inFlight: 0, leasedUntil: 0 }
    expect(await stub.setPolicy(1, session, policy)).toEqual({ applied: true, ...held })
    const older = { ...policy, version: 4, spendCap: 9_999_999n }
    expect(await stub.setPolicy(1, session, older)).toEqual({ applied: false, ...held })
    expect(await stub.setPolicy(1, session, { ...older, version: 5 })).toEqual({ applied: false, ...held })
    expect((await stub.policy(1))?.policy).toEqual(policy)
  })

  test('a freeze is not undone by the policy from before it, played again', async () => {
    const { channel, stub, policy } = await managed()
    await stub.setPolicy(1, channel.session, { ...policy, version: 2, status: 'frozen' })
    expect(await stub.setPolicy(1, channel.session, policy)).toMatchObject({ applied: false, status: 'frozen' })
    expect(await pay(stub, channel, 1n)).toBe('session_key_frozen')
  })

  test('a revocation is for good', async () => {
    const { channel, stub, policy } = await managed()
    const { session } = channel
    await stub.setPolicy(1, session, { ...policy, version: 2, status: 'revoked' })
    const answer = { applied: false, status: 'revoked', version: 2 }
    expect(await stub.setPolicy(1, session, { ...policy, version: 3 })).toMatchObject(answer)
    expect(await stub.setPolicy(1, session, { ...policy, version: 3, status: 'frozen' })).toMatchObject(answer)
    expect(await pay(stub, channel, 1n)).toBe('session_key_revoked')
    const again = { ...policy, version: 4, status: 'revoked' } as const
    expect(await stub.setPolicy(1, session, again)).toMatchObject({ applied: true, version: 4 })
  })

  test('windows go on over versions; windows that are cut anew begin with what the last one had used', async () => {
    const start = now() - 30
    const periods = { periodAmount: 10n, periodDuration: HOUR, start }
    const { channel, stub, policy } = await managed(periods)
    const { session } = channel
    const { reservationId } = granted(await stub.reserve(channel.reserve(4n, 4n)))
    expect(await pay(stub, channel, 3n)).toBe('granted')
    await stub.setPolicy(1, session, { ...policy, version: 2, periodAmount: 8n })
    expect((await stub.policy(1))?.usage).toMatchObject({ periodSpent: 7n })
    await stub.setPolicy(1, session, { ...policy, version: 3, periodDuration: 2 * HOUR, start: start - 60 })
    expect((await stub.policy(1))?.usage).toMatchObject({ periodStart: start - 60, periodSpent: 7n })
    await stub.report(1, [{ kind: 'post', reservationId, amount: 1n }])
    expect((await stub.policy(1))?.usage).toMatchObject({ spent: 4n, periodSpent: 4n })
    await stub.setPolicy(1, session, { ...policy, version: 4, periodAmount: 0n, periodDuration: 0 })
    await stub.setPolicy(1, session, { ...policy, version: 5 })
    expect((await stub.policy(1))?.usage).toMatchObject({ spent: 4n, periodSpent: 0n })
  })

  test('that is for another key, or is none, is refused and changes nothing', async () => {
    const { channel, stub, policy } = await managed()
    const other = { ...channel.session, contract: `0x${'7'.repeat(40)}` as const }
    const garbage: unknown[][] = [
      [1, other, { ...policy, version: 2 }],
      [2, channel.session, { ...policy, version: 2 }],
      [1, { ...channel.session, chainId: 0 }, policy],
      [1, null, policy],
      [1, channel.session, { ...policy, version: 2, spendCap: 5 }],
      [1, channel.session, { ...policy, version: 2, payees: ['0x'] }],
      [1, channel.session, undefined],
    ]
    await inside(stub, async (object) => {
      for (const call of garbage) {
        await expect(object.setPolicy(...(call as Parameters<Stub['setPolicy']>))).rejects.toThrow()
      }
    })
    expect((await stub.policy(1))?.policy).toEqual(policy)
  })

  test('members that are not known are not kept', async () => {
    const { channel, stub, policy } = await managed()
    await stub.setPolicy(1, channel.session, { ...policy, version: 2, more: 'x' } as Policy)
    expect((await stub.policy(1))?.policy).toEqual({ ...policy, version: 2 })
    await evictDurableObject(stub)
    expect((await stub.policy(1))?.policy).toEqual({ ...policy, version: 2 })
  })

  test('a transaction that fails puts nothing in force', async () => {
    const { channel, stub, policy } = await managed()
    const refuse = "CREATE TRIGGER no BEFORE INSERT ON policy BEGIN SELECT RAISE(ABORT, 'full'); END"
    await inside(stub, async (object, { storage }) => {
      storage.sql.exec(refuse)
      const frozen = { ...policy, version: 2, status: 'frozen' } as const
      await expect(object.setPolicy(1, channel.session, frozen)).rejects.toThrow('full')
      storage.sql.exec('DROP TRIGGER no')
    })
    expect((await stub.policy(1))?.policy).toEqual(policy)
    expect(await pay(stub, channel, 1n)).toBe('granted')
  })
})

test('an object of the version before is brought up to date, with the reservations that it has', async () => {
  const { channel, stub } = await funded(100n)
  const { reservationId } = granted(await stub.reserve(channel.reserve(5n, 5n)))
  await downgrade(stub, 2)
  await evictDurableObject(stub)
  await stub.setPolicy(1, channel.session, policyFor(channel, { spendCap: 6n, periodAmount: 3n, periodDuration: HOUR }))
  expect((await stub.policy(1))?.usage).toMatchObject({ spent: 0n, reserved: 5n, periodSpent: 0n })
  await stub.report(1, [{ kind: 'post', reservationId, amount: 3n }])
  expect((await stub.policy(1))?.usage).toMatchObject({ spent: 3n, reserved: 0n, periodSpent: 0n })
  expect(await pay(stub, channel, 3n)).toBe('granted')
})
