import * as Receipt from '@pbstream/core/Receipt'
import * as Rate from '@pbstream/core/Rate'
import { describe, expect, it } from 'vitest'
import { due } from '@pbstream/core/rental/Due'
import {
  card,
  payer,
  rentals,
  type Rented,
  second,
  started,
  startedByVoucher,
  START,
  type State,
} from './support/rentals.ts'
import { config } from './support/payer.ts'

const MINUTE = 60 * second

/** Turns the clock in steps, with a heartbeat at each. */
async function runs(at: Rented, id: string, ms: number, step = 30 * second): Promise<State> {
  let state: State | undefined
  for (let left = ms; left > 0; left -= step) {
    at.state.now += Math.min(step, left)
    state = await beat(at, id)
    if (state.kind === 'ended') return state
  }
  return state!
}
const beat = async (at: Rented, id: string) => (await at.say('heartbeat', { v: 1, id })).json as unknown as State
const stop = async (at: Rented, id: string) => (await at.say('stop', { v: 1, id })).json as unknown as State
const amountOf = ({ amount }: State): bigint => BigInt(amount)
const policyOf = (at: Rented, over: object = {}) => ({
  version: 1,
  status: 'active' as const,
  token: config.token,
  payees: [config.receiver],
  spendCap: 1_000_000n,
  periodAmount: 0n,
  periodDuration: 0,
  perPaymentMax: 0n,
  start: Math.floor(at.state.now / 1000) - 10,
  expiry: Math.floor(at.state.now / 1000) + 86_400,
  routes: null,
  ...over,
})

describe('a rental that a session pays', () => {
  it('sets two minutes aside, and more with each heartbeat', async () => {
    const at = await rentals()
    const rental = await started(at)
    expect(rental).toMatchObject({
      ceiling: '50000',
      network: 'eip155:84532',
      headers: { 'pbstream-room': expect.any(String) },
      state: { kind: 'running', amount: '0', milliseconds: 0, hold: '1200', paidUntil: START + 120 * second },
    })
    expect(at.numbers()).toMatchObject({ reserved: 1_200n, spent: 0n })
    expect(await runs(at, rental.id, MINUTE)).toMatchObject({
      kind: 'running',
      amount: '600',
      milliseconds: 60_000,
      hold: '1800',
      paidUntil: START + 180 * second,
      expiresAt: START + 150 * second,
    })
    expect(at.numbers()).toMatchObject({ reserved: 1_800n })
  })

  it('is charged for its time, once, with a receipt that anyone with the card can compute again', async () => {
    const at = await rentals()
    const { id } = await started(at)
    await runs(at, id, 2 * MINUTE)
    at.state.now += 2_500
    const end = await stop(at, id)
    expect(end).toMatchObject({ kind: 'ended', reason: 'stopped', amount: '1225', milliseconds: 122_500 })
    if (end.kind !== 'ended') throw new Error('it goes on')
    expect(Object.keys(end.headers)).toEqual(['pbstream-receipt'])
    const receipt = await Receipt.verify(end.receipt, at.gateway.keys.verifiers)
    expect(receipt).toMatchObject({
      ok: true,
      claims: { scheme: 'session', route: 'gpu', rate: 3, price: '1225', use: { second: '122500' } },
    })
    expect(due({ rule: card, terms: { at: START } }, end.times!)).toBe(1_225n)
    expect(at.numbers()).toMatchObject({ reserved: 0n, spent: 1_225n })
    expect(at.disk.journal.at(-1)).toMatchObject({ kind: 'charge', amount: '1225', usage: { second: '122500' } })
    at.state.now += 5 * MINUTE
    expect(await stop(at, id)).toMatchObject({ kind: 'ended', amount: '1225', receipt: end.receipt })
    expect(await beat(at, id)).toMatchObject({ kind: 'ended', amount: '1225', receipt: end.receipt })
    expect(at.numbers()).toMatchObject({ spent: 1_225n })
  })

  it('costs nothing while it is paused, which needs heartbeats too', async () => {
    const at = await rentals()
    const { id } = await started(at)
    await runs(at, id, MINUTE)
    expect((await at.say('pause', { v: 1, id })).json).toMatchObject({ kind: 'paused', amount: '600' })
    const paused = await runs(at, id, 10 * MINUTE)
    expect(paused).toMatchObject({ kind: 'paused', amount: '600', milliseconds: 60_000 })
    expect(paused).not.toHaveProperty('paidUntil')
    expect((await at.say('resume', { v: 1, id })).json).toMatchObject({ kind: 'running', amount: '600' })
    await runs(at, id, MINUTE)
    expect(await stop(at, id)).toMatchObject({ kind: 'ended', amount: '1200', milliseconds: 120_000 })
  })

  it('is split exactly where peak hours begin and end, by the card that was in force at its start', async () => {
    // It is 09:00 in Zurich.
    const windows = [{ from: '09:10', to: '11:00', multiplier: '1.5' }]
    const peaks = Rate.parse({ ...card, schedule: { zone: 'Europe/Zurich', windows } })
    const at = await rentals(100_000n, peaks)
    const { id } = await started(at)
    // From now on it costs ten times as much.
    const [route] = at.state.routes
    const dear = Rate.parse({ ...card, components: [{ unit: 'second', price: { model: 'per_unit', amount: '100' } }] })
    at.state.routes = [{ ...route!, rate: { version: 4, rule: dear } }]
    at.state.version += 1
    await runs(at, id, 25 * MINUTE)
    const end = await stop(at, id)
    expect(amountOf(end)).toBe(10n * 600n + 15n * 900n)
    expect(
      end.kind === 'ended' && JSON.parse(atob(end.receipt.split('.')[1]!.replaceAll('-', '+').replaceAll('_', '/'))),
    ).toMatchObject({ rate: 3 })
  })

  it('that nobody speaks of for 90 seconds is over, and costs what the last heartbeat proved', async () => {
    const at = await rentals()
    const { id } = await started(at)
    await runs(at, id, MINUTE)
    at.state.now += 90 * second
    const { status, json } = await at.say('heartbeat', { v: 1, id })
    expect([status, json['code']]).toEqual([409, 'payment_ended'])
    expect(at.numbers()).toMatchObject({ spent: 600n, reserved: 0n })
    expect((await at.say('stop', { v: 1, id })).json).toMatchObject({ code: 'payment_ended' })
  })

  it('ends when its room is used up: what is proven beyond it is not charged', async () => {
    const at = await rentals(2_000n)
    const { id, state } = await started(at, 2_000n)
    expect(state).toMatchObject({ hold: '1200' })
    const tight = await runs(at, id, 3 * MINUTE)
    expect(tight).toMatchObject({ kind: 'running', hold: '2000', paidUntil: START + 200 * second })
    const end = await runs(at, id, MINUTE)
    expect(end).toMatchObject({ kind: 'ended', reason: 'hold_used_up', amount: '2000', milliseconds: 200_000 })
    expect(at.numbers()).toMatchObject({ spent: 2_000n, reserved: 0n })
  })

  it('never grows beyond what its payer has signed for, nor beyond the seconds that were asked for', async () => {
    const at = await rentals()
    const { headers } = await payer(at, 100_000n)
    const refused = await at.say('start', at.startBody({ headers: await headers(49_999n) }))
    expect(refused.json).toMatchObject({ kind: 'response', status: 402 })
    expect(refused.json['body']).toContain('price_above_maximum')
    const short = await started(at, 100_000n, 1_500n, { seconds: 100 })
    expect(short).toMatchObject({ ceiling: '1500', state: { hold: '1200' } })
    const end = await runs(at, short.id, 4 * MINUTE)
    expect(end).toMatchObject({ kind: 'ended', amount: '1500' })
  })

  it('ends with the sessions of its channel, and with a freeze of its key, at the next heartbeat', async () => {
    const at = await rentals()
    const one = await started(at)
    await runs(at, one.id, MINUTE)
    at.endSessions()
    at.state.now += 10 * second
    expect(await beat(at, one.id)).toMatchObject({ kind: 'ended', reason: 'session_ended', amount: '700' })
    const other = await rentals()
    other.policy(policyOf(other))
    const two = await started(other)
    await runs(other, two.id, MINUTE)
    other.policy(policyOf(other, { version: 2, status: 'frozen' }))
    other.state.now += 10 * second
    expect(await beat(other, two.id)).toMatchObject({ kind: 'ended', reason: 'session_key_frozen', amount: '700' })
    expect(other.numbers()).toMatchObject({ spent: 700n, reserved: 0n })
  })

  it('stays within the limits of its key, which end it', async () => {
    const at = await rentals()
    at.policy(policyOf(at, { spendCap: 1_500n }))
    const { id } = await started(at)
    const end = await runs(at, id, 4 * MINUTE)
    expect(end).toMatchObject({ kind: 'ended', reason: 'session_key_spend_cap', amount: '1500' })
  })

  it('is told of again when the session could not be reached', async () => {
    const at = await rentals()
    const { id } = await started(at)
    at.state.now += 20 * second
    at.away.now = true
    expect((await at.say('heartbeat', { v: 1, id })).json).toMatchObject({ code: 'temporarily_unavailable' })
    expect((await at.say('stop', { v: 1, id })).status).toBe(503)
    at.away.now = false
    at.state.now += 10 * second
    expect(await stop(at, id)).toMatchObject({ kind: 'ended', amount: '300' })
  })

  it('is over after a week', async () => {
    const cheap = Rate.parse({
      v: 2,
      kind: 'card',
      components: [{ unit: 'second', price: { model: 'per_unit', amount: '1', per: '100' } }],
      maximum: '50000',
    })
    const at = await rentals(100_000n, cheap)
    const { id } = await started(at)
    // Somebody was there all the time.
    at.beats(7 * 86_400_000)
    const last = await beat(at, id)
    expect(last).toMatchObject({ kind: 'ended', reason: 'too_long', amount: '6048' })
  })
})

describe('a rental that a voucher pays', () => {
  it('holds all that it can cost, and no more, and ends there', async () => {
    const at = await rentals()
    const { id, ceiling, state } = await startedByVoucher(at, 900n, { seconds: 60 })
    expect([ceiling, state]).toMatchObject(['900', { kind: 'running', hold: '900', paidUntil: START + 90 * second }])
    const end = await runs(at, id, 2 * MINUTE)
    expect(end).toMatchObject({ kind: 'ended', reason: 'hold_used_up', amount: '900', milliseconds: 90_000 })
    expect(end.kind === 'ended' && Object.keys(end.headers)).toEqual(['payment-response', 'pbstream-receipt'])
    expect(at.session.reports.some(({ kind }) => kind === 'grow')).toBe(false)
  })

  it('is offered at the ceiling of what was asked for', async () => {
    const at = await rentals()
    const { json } = await at.say('start', at.startBody({ seconds: 60 }))
    expect(json).toMatchObject({ kind: 'response', status: 402 })
    const required = JSON.parse(atob((json['headers'] as Record<string, string>)['payment-required']!))
    expect(required).toMatchObject({ accepts: [{ scheme: 'batch-settlement', amount: '900' }] })
  })
})

describe('what cannot be', () => {
  it('is refused, each with its reason', async () => {
    const at = await rentals()
    const refused = async (operation: string, body: unknown, as?: string) => {
      const { status, json } = await at.say(operation, body, as)
      return [status, json['code'], json['detail']]
    }
    expect(await refused('start', at.startBody({ route: 'none' }))).toEqual([
      400,
      'malformed_body',
      'route names none of this provider',
    ])
    expect(await refused('start', at.startBody({ route: 'weather' }))).toEqual([
      400,
      'malformed_body',
      'the card of this route has no price for time alone',
    ])
    expect(await refused('start', at.startBody({ seconds: 0 }))).toEqual([
      400,
      'malformed_body',
      'seconds cannot be used',
    ])
    expect(await refused('heartbeat', { v: 1 })).toEqual([400, 'malformed_body', 'id cannot be used'])
    for (const operation of ['heartbeat', 'pause', 'resume', 'stop']) {
      expect((await refused(operation, { v: 1, id: 'x.y.z' }))[1]).toBe('payment_unknown')
    }
    expect((await refused('other', {}))[0]).toBe(404)
    const weak = await at.keyOf({ scopes: ['routes:read'] })
    expect(await refused('start', at.startBody(), weak)).toMatchObject([403, 'scope_missing', undefined])
  })
})

describe('an attacker', () => {
  it('cannot speak for the rental of another owner, nor of another mode', async () => {
    const at = await rentals()
    const { id } = await started(at)
    const stranger = await at.keyOf({ owner: '0xother' })
    const live = await at.keyOf({}, 'live')
    for (const as of [stranger, live]) {
      for (const operation of ['heartbeat', 'pause', 'resume', 'stop']) {
        const { status, json } = await at.say(operation, { v: 1, id }, as)
        expect([status, json['code']]).toEqual([404, 'payment_unknown'])
      }
    }
    expect(at.numbers()).toMatchObject({ reserved: 1_200n, spent: 0n })
  })

  it('cannot charge time that has not passed: heartbeats at once, twice, or by a clock of its own prove nothing', async () => {
    const at = await rentals()
    const { id } = await started(at)
    at.state.now += 10 * second
    const states = await Promise.all(Array.from({ length: 50 }, () => beat(at, id)))
    for (const state of states) expect(amountOf(state)).toBe(100n)
    for (const body of [
      { v: 1, id, at: START + 10_000_000 },
      { v: 1, id, milliseconds: 10_000_000 },
    ]) {
      expect((await at.say('stop', body)).json).toMatchObject({ code: 'malformed_body' })
    }
    expect(await stop(at, id)).toMatchObject({ kind: 'ended', amount: '100' })
  })

  it('cannot make one rental cost twice, by stopping it from many places at the same time', async () => {
    const at = await rentals()
    const { id } = await started(at)
    at.state.now += 30 * second
    const ends = await Promise.all(Array.from({ length: 20 }, () => stop(at, id)))
    for (const end of ends) expect(end).toMatchObject({ kind: 'ended', amount: '300' })
    expect(at.numbers()).toMatchObject({ spent: 300n, reserved: 0n })
    expect(at.disk.journal.filter(({ kind }) => kind === 'charge')).toHaveLength(1)
  })

  it('cannot run a rental on after its stop, by pausing and resuming it', async () => {
    const at = await rentals()
    const { id } = await started(at)
    at.state.now += 30 * second
    await stop(at, id)
    for (const operation of ['resume', 'pause', 'heartbeat']) {
      at.state.now += 30 * second
      expect((await at.say(operation, { v: 1, id })).json).toMatchObject({ kind: 'ended', amount: '300' })
    }
    expect(at.numbers()).toMatchObject({ spent: 300n })
  })

  it('cannot pass an id of another kind, or one with another card, for that of a rental', async () => {
    const at = await rentals()
    const { id } = await started(at)
    const [head, claims, signature] = id.split('.') as [string, string, string]
    const decoded = JSON.parse(atob(claims.replaceAll('-', '+').replaceAll('_', '/'))) as Record<string, unknown>
    const forged = btoa(JSON.stringify({ ...decoded, max: '99999999' }))
      .replaceAll('+', '-')
      .replaceAll('/', '_')
    for (const other of [`${head}.${forged.replaceAll('=', '')}.${signature}`, `${head}.${claims}.`, '']) {
      const { json } = await at.say('stop', { v: 1, id: other })
      expect(['payment_unknown', 'malformed_body']).toContain(json['code'])
    }
    const { json } = await at.call('capture', { v: 1, id, amount: '1' })
    expect(json['code'], 'a rental is not captured like a payment').toBe('payment_unknown')
  })

  it('cannot start a second rental with the payment of the first', async () => {
    const at = await rentals()
    const { headers } = await payer(at, 100_000n)
    const body = at.startBody({ headers: await headers(50_000n) })
    expect((await at.say('start', body)).json).toMatchObject({ kind: 'started' })
    expect((await at.say('start', body)).json).toMatchObject({ kind: 'response', status: 409 })
    const elsewhere = at.startBody({ ...body, url: 'https://acme.example/other' })
    expect((await at.say('start', elsewhere)).json).toMatchObject({ kind: 'response', status: 401 })
    expect(at.numbers()).toMatchObject({ reserved: 1_200n })
  })
})
