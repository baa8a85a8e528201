/** The object in workerd: what it counts, whatever order and however often it is told. */
import { evictDurableObject, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import type { MetricsApi } from '@pbstream/core/message/Metrics'
import type { PbEvent, SessionEvent } from '@pbstream/core/message/Event'
import type { DecisionRow } from '@pbstream/core/message/Sentinel'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { charge, event, hex, incident, signer, snapshot, T0, token, transaction } from './support/events.ts'
import { type Families, parse, value } from './support/exposition.ts'

const { METRICS } = env as unknown as { METRICS: DurableObjectNamespace }
let names = 0

function fresh() {
  const stub = METRICS.getByName(`m${names++}`)
  const api = stub as unknown as MetricsApi
  const feed = async (...events: PbEvent[]) => {
    await api.feed(1, events, { projected: events.length, failed: 0 })
  }
  const read = async () => parse(await api.render(1))
  return { stub, api, feed, read }
}

const pair = `{chain_id="84532",token="${token}"}`
const money = (families: Families) =>
  Object.fromEntries(
    ['authorised', 'metered', 'claimed', 'settled', 'lost', 'deposited', 'returned'].map((name) => [
      name,
      value(families, `pbstream_${name}_atomic_total${pair}`),
    ]),
  )

describe('amounts', () => {
  test('an object that was told nothing names every family and has no sample of any', async () => {
    const families = await fresh().read()
    expect([...families.keys()]).toContain('pbstream_held_atomic')
    expect([...families.values()].flatMap(({ samples }) => [...samples])).toEqual([])
  })

  test('are those of the newest revisions, added over the channels of a chain and token, to the last digit', async () => {
    const { feed, read } = fresh()
    const big = 2n ** 80n + 1n
    const one = snapshot({ accepted: `${big}`, spent: '900', claimed: '500', settled: '400', lost: '100', revision: 5 })
    const two = snapshot({ channelId: hex('02', 32), accepted: '3', spent: '2', returned: '1' })
    await feed(event([one]), event([two]))
    const families = await read()
    expect(money(families)).toEqual({
      authorised: `${big + 3n}`,
      metered: '902',
      claimed: '500',
      settled: '400',
      lost: '100',
      deposited: '2000',
      returned: '1',
    })
    expect(value(families, `pbstream_held_atomic${pair}`)).toBe('402')
    expect(value(families, `pbstream_channels${pair}`)).toBe('2')
    expect(value(families, 'pbstream_sessions{chain_id="84532"}')).toBe('1')
  })

  test('an older revision after a newer one, and the same again, change nothing', async () => {
    const { feed, read } = fresh()
    const newer = event([snapshot({ spent: '10', accepted: '10', revision: 7 })])
    await feed(newer)
    await feed(newer, event([snapshot({ spent: '4', accepted: '20', revision: 6 })]))
    expect(money(await read())).toMatchObject({ authorised: '10', metered: '10', deposited: '1000' })
  })

  test('outlive the object in memory', async () => {
    const { stub, feed, read } = fresh()
    await feed(event([snapshot({ spent: '10', accepted: '10' })], [charge(1, 10n, T0)]))
    const before = await read()
    await evictDurableObject(stub)
    expect(money(await read())).toEqual(money(before))
  })

  test('a feed that breaks half-way leaves nothing of itself', async () => {
    const { feed, read } = fresh()
    await feed(event([snapshot({ spent: '10', accepted: '10' })]))
    const broken = event([snapshot({ channelId: hex('02', 32), spent: 'x' })])
    await expect(feed(event([snapshot({ spent: '20', accepted: '20', revision: 2 })]), broken)).rejects.toThrow()
    expect(money(await read())).toMatchObject({ metered: '10' })
  })

  test('no payer, session or channel is named, and tokens beyond the sixty-fourth are one', async () => {
    const { api, feed } = fresh()
    const tokens = Array.from({ length: 70 }, (_, i) => i.toString(16).padStart(2, '0'))
    await feed(
      ...tokens.map((byte) =>
        event([snapshot({ channelId: hex(byte, 32), token: hex(byte, 20), spent: '1', accepted: '1' })]),
      ),
    )
    const text = await api.render(1)
    const { samples } = parse(text).get('pbstream_metered_atomic_total')!
    expect(samples.size).toBe(65)
    expect(samples.get('pbstream_metered_atomic_total{chain_id="other",token="other"}')).toBe('6')
    expect(text).not.toContain(hex('a1', 20))
    expect(text).not.toContain(hex('5e', 20))
    expect(text).not.toMatch(/0x[0-9a-f]{64}/)
  })
})

describe('charges', () => {
  test('count once each, in whatever order', async () => {
    const { feed, read } = fresh()
    const last = event([snapshot({ spent: '21', accepted: '21', revision: 3 })], [charge(3, 21n, T0)])
    await feed(last)
    await feed(event([], [charge(2, 14n, T0), charge(1, 7n, T0)]), last)
    expect(value(await read(), `pbstream_charges_total${pair}`)).toBe('3')
  })

  test('wait until they are claimed: the oldest says for how long', async () => {
    const { feed, read } = fresh()
    const ago = (seconds: number) => Date.now() - seconds * 1_000
    const age = async () => Number(value(await read(), `pbstream_oldest_unclaimed_charge_seconds${pair}`))
    const rows = [charge(1, 7n, ago(500)), charge(2, 14n, ago(100))]
    await feed(event([snapshot({ spent: '14', accepted: '14', revision: 2 })], rows))
    expect(await age()).toBeGreaterThanOrEqual(500)
    await feed(event([snapshot({ spent: '14', accepted: '14', claimed: '7', settled: '7', revision: 3 })]))
    expect(await age()).toBeGreaterThanOrEqual(100)
    expect(await age()).toBeLessThan(400)
    await feed(event([snapshot({ spent: '14', accepted: '14', claimed: '14', settled: '14', revision: 4 })]))
    expect(await age()).toBe(0)
  })

  test('a charge that is lost waits no longer and is no sample of the lag', async () => {
    const { feed, read } = fresh()
    await feed(event([snapshot({ spent: '7', accepted: '7', revision: 2 })], [charge(1, 7n, T0)]))
    await feed(event([snapshot({ spent: '7', accepted: '7', lost: '7', revision: 3 })]))
    const families = await read()
    expect(value(families, `pbstream_oldest_unclaimed_charge_seconds${pair}`)).toBe('0.000')
    expect(families.get('pbstream_settlement_lag_seconds')?.samples.size).toBe(0)
  })

  test('the lag is from a charge to the event that shows it settled, a sample a charge', async () => {
    const { feed, read } = fresh()
    const settledRow = { ...charge(3, 0n, T0 + 20_000), kind: 'settle' as const }
    await feed(
      event([snapshot({ spent: '14', accepted: '14', revision: 2 })], [charge(1, 7n, T0), charge(2, 14n, T0 + 19_500)]),
    )
    await feed(
      event([snapshot({ spent: '14', accepted: '14', claimed: '14', settled: '14', revision: 3 })], [settledRow]),
    )
    const families = await read()
    const bucket = (le: string) =>
      value(families, `pbstream_settlement_lag_seconds_bucket{chain_id="84532",token="${token}",le="${le}"}`)
    expect(['1', '15', '60', '+Inf'].map(bucket)).toEqual(['1', '1', '2', '2'])
    expect(value(families, `pbstream_settlement_lag_seconds_sum${pair}`)).toBe('20.500')
  })

  test('a thousand charges that wait take no more room than sixty-four, and are all counted when they settle', async () => {
    const { stub, feed, read } = fresh()
    for (let first = 1; first <= 1_000; first += 100) {
      const rows = Array.from({ length: 100 }, (_, i) => charge(first + i, BigInt(first + i), T0 + first + i))
      await feed(event([snapshot({ spent: `${first + 99}`, accepted: '1000', revision: first })], rows))
    }
    const marks = await runInDurableObject(stub, (_, { storage }) =>
      storage.sql.exec('SELECT marks FROM channel').one(),
    )
    expect((JSON.parse(String(marks['marks'])) as unknown[]).length).toBe(64)
    const settled = { spent: '1000', accepted: '1000', claimed: '1000', settled: '1000', revision: 2_000 }
    await feed(event([snapshot(settled)]))
    expect(value(await read(), `pbstream_settlement_lag_seconds_count${pair}`)).toBe('1000')
  })
})

describe('transactions and incidents', () => {
  const lane = (state: string) => `pbstream_lane_items{chain_id="84532",signer="${signer}",state="${state}"}`

  test('an item is counted where it has got to; gas when it is final', async () => {
    const { feed, read } = fresh()
    await feed(transaction(), transaction({ itemId: 'claim:2', purpose: 'deposit' }))
    expect(value(await read(), lane('submitted'))).toBe('2')
    const mined = { gasUsed: '50000', gasPrice: '3000000000', attempts: 2 }
    await feed(transaction({ status: 'mined', revision: 2, ...mined }))
    const midway = await read()
    expect([value(midway, lane('submitted')), value(midway, lane('mined'))]).toEqual(['1', '1'])
    await feed(transaction({ status: 'confirmed', revision: 3, ...mined }))
    const families = await read()
    expect(value(families, lane('mined'))).toBe('0')
    expect(value(families, 'pbstream_transactions_total{chain_id="84532",purpose="claim",status="confirmed"}')).toBe(
      '1',
    )
    expect(value(families, 'pbstream_transaction_attempts_total{chain_id="84532",purpose="claim"}')).toBe('2')
    expect(value(families, `pbstream_gas_spent_wei_total{chain_id="84532",signer="${signer}"}`)).toBe('150000000000000')
  })

  test('an incident counts once, and one from before what is remembered not at all', async () => {
    const { feed, read } = fresh()
    await feed(incident('a'), incident('b'), incident('a'), incident('old', Date.now() - 46 * 86_400_000))
    await feed(incident('b'))
    expect(value(await read(), 'pbstream_incidents_total{what="claim_dead_letter"}')).toBe('2')
  })

  test('how things stand is what was said last', async () => {
    const { api, feed, read } = fresh()
    await feed(event([snapshot({ spent: '5', accepted: '5' })]))
    const attempts = [{ channelId: hex('01', 32), attempt: 3 }]
    const incidentsOpen = [{ what: 'session_ahead', count: 2 }]
    await api.standing(1, {
      deadLetters: [{ queue: 'claims', depth: 4 }],
      incidentsOpen,
      attempts,
      reconciledAt: 1_500,
    })
    await api.standing(1, { deadLetters: [{ queue: 'claims', depth: 1 }], incidentsOpen: [], attempts })
    const families = await read()
    expect(value(families, 'pbstream_dead_letters{queue="claims"}')).toBe('1')
    expect(value(families, 'pbstream_incidents_open{what="session_ahead"}')).toBe('0')
    expect(value(families, 'pbstream_reconciled_timestamp_seconds')).toBe('1.500')
    expect(value(families, `pbstream_claim_retries${pair}`)).toBe('3')
    await feed(event([snapshot({ spent: '5', accepted: '5', claimed: '5', settled: '5', revision: 2 })]))
    expect(value(await read(), `pbstream_claims_failing${pair}`)).toBe('0')
  })

  test('projections are counted as often as they were made, failures beside them', async () => {
    const { api, read } = fresh()
    await api.feed(1, [], { projected: 3, failed: 1 })
    await api.feed(1, [], { projected: 3, failed: 0 })
    const families = await read()
    expect(value(families, 'pbstream_events_projected_total')).toBe('6')
    expect(value(families, 'pbstream_projection_failures_total')).toBe('1')
  })
})

test('however the same facts are cut, doubled and mixed, the counts are the same', async () => {
  const facts: PbEvent[] = []
  for (const [byte, id] of [
    ['a1', hex('01', 32)],
    ['b2', hex('02', 32)],
  ] as const) {
    for (let n = 1; n <= 6; n++) {
      const at = { channelId: id, spent: `${n * 7}`, accepted: '100', revision: n, claimed: `${n > 4 ? 28 : 0}` }
      facts.push(
        event([snapshot({ ...at, settled: at.claimed })], [charge(n, BigInt(n * 7), T0 + n * 1_000, id)], byte),
      )
    }
  }
  for (const [revision, status] of (['submitted', 'mined', 'submitted', 'confirmed'] as const).entries()) {
    facts.push(transaction({ status, revision, gasUsed: '5', gasPrice: '7' }))
  }
  facts.push(incident('x'))
  const counted = async (deliveries: PbEvent[]) => {
    const { feed, api } = fresh()
    for (let i = 0; i < deliveries.length; i += 5) await feed(...deliveries.slice(i, i + 5))
    // How long a settled charge waited is known to the event that shows it settled, whichever comes first; ages run. A state
    // that was passed over has no sample, and one that was left has 0.
    const timed = /^(?!.*(_bucket|_sum|oldest_unclaimed|events_projected)).*$/
    return (await api.render(1)).split('\n').filter((line) => timed.test(line) && !line.endsWith(' 0'))
  }
  const expected = await counted(facts)
  const mixed = fc
    .subarray(facts)
    .chain((again) => fc.shuffledSubarray([...facts, ...again], { minLength: facts.length + again.length }))
  await fc.assert(
    fc.asyncProperty(mixed, async (deliveries) => {
      expect(await counted(deliveries)).toEqual(expected)
    }),
    { numRuns: 40 },
  )
})

describe('Sentinel', () => {
  const decision = (number: number, over: Partial<DecisionRow> = {}): DecisionRow => ({
    ...{ number, id: `dec_${number}`, scope: 'platform', at: T0, action: 'block', effect: 'done', rule: 'dear' },
    ...{ version: 1, hits: [], repeats: 0, lastAt: T0 },
    ...over,
  })
  const decided = (...decisions: DecisionRow[]): SessionEvent => ({
    ...event([]),
    sentinel: { decisions, stops: [], failures: [] },
  })

  test('a decision counts once, in any order and however often it is told, with what was done and whose rule it was', async () => {
    const { feed, read, stub } = fresh()
    await feed(decided(decision(2), decision(3, { scope: 'provider:p', effect: 'shadow', action: 'freeze' })))
    await evictDurableObject(stub)
    await feed(decided(decision(1)), decided(decision(2, { repeats: 40 })))
    const families = await read()
    const count = (labels: string) => value(families, `pbstream_sentinel_decisions_total{${labels}}`)
    expect(count('action="block",effect="done",scope="platform"')).toBe('2')
    expect(count('action="freeze",effect="shadow",scope="provider"')).toBe('1')
  })

  test('what is stopped, open and dead is as it was last said: what is not named there is none of', async () => {
    const { api, read } = fresh()
    await api.standing(1, {
      stopsOpen: [{ scope: 'owner', kind: 'frozen', count: 3 }],
      breakersOpen: [{ of: 'upstream', count: 2 }],
      alerts: { told: [{ status: 'sent', count: 9 }], deadKept: 1 },
    })
    await api.standing(1, { stopsOpen: [{ scope: 'platform', kind: 'signature', count: 1 }], breakersOpen: [] })
    const families = await read()
    expect(value(families, 'pbstream_sentinel_stops_open{kind="frozen",scope="owner"}')).toBe('0')
    expect(value(families, 'pbstream_sentinel_stops_open{kind="signature",scope="platform"}')).toBe('1')
    expect(value(families, 'pbstream_sentinel_breakers_open{of="upstream"}')).toBe('0')
    expect(value(families, 'pbstream_alerts_total{status="sent"}')).toBe('9')
    expect(value(families, 'pbstream_alerts_dead')).toBe('1')
  })
})
