/** Decisions, counts of rules and backtests: what an owner and a provider are shown, and what each of them is not. */
import type { DecisionRow } from '@pbstream/core/message/Sentinel'
import * as Rule from '@pbstream/core/Rule'
import { project } from '@pbstream/db/Projection'
import { beforeEach, describe, expect, test } from 'vitest'
import { play } from '../src/sentinel/Play.ts'
import { api, type Call, keyOf, type Person, TEST_CHAIN } from './people.ts'
import { alice, bob, call, match, openShop, provider } from './shop.ts'
import { channelId, db, hex, snapshot } from './support.ts'

openShop()

beforeEach(async () => {
  const { ruleset, rulesetHead, ruleVersion, sentinelDecision, sentinelStop } = db.tables
  for (const table of [ruleset, rulesetHead, ruleVersion, sentinelDecision, sentinelStop]) await db.orm.delete(table)
})

const refOf = (as: Person, chainId = TEST_CHAIN) => ({
  ...{ chainId, contract: hex('c0', 20), payer: as.wallet.address.toLowerCase() as `0x${string}` },
  payerAuthorizer: hex('31', 20),
})
const sessionOf = (as: Person) => Object.values(refOf(as)).join(':')
const NOW = Date.parse('2026-11-20T12:00:00.000Z')

let made = 0
const hit = (rule: string, effect: DecisionRow['effect'] = 'done') => ({
  ...({ rule, version: 1, action: 'block', severity: 'high', effect, inputs: { amount: '900' } } as const),
  nodes: [{ text: 'amount > 500', start: 0, end: 12, type: 'bool', value: 'true' }],
})
function decision(number: number, over: Partial<DecisionRow> = {}): DecisionRow {
  const { rule = 'dear', effect = 'done', at = NOW } = over
  return {
    ...{
      number,
      id: `dec_test${++made}`,
      scope: 'owner',
      at,
      action: 'block',
      effect,
      rule,
      version: 1,
      granted: false,
    },
    ...{ hits: [hit(rule, effect)], repeats: 0, lastAt: at },
    call: { providerId: 'prov_x', routeId: 'route_x', payee: hex('ac', 20), amount: '900', country: 'DE' },
    ...over,
  }
}

/** What a session tells, as the queue brings it. */
const decided = (as: Person, decisions: DecisionRow[], chainId = TEST_CHAIN) =>
  project(db, [
    {
      ...{ v: 1, kind: 'session', session: refOf(as, chainId), channels: [], rows: [] },
      sentinel: { decisions, stops: [], failures: [] },
    },
  ])
const list = async (query = '', by: Call = call(alice)) => (await api('GET', `/decisions${query}`, by)).json
const ids = async (query = '', by: Call = call(alice)) =>
  ((await list(query, by))['data'] as { id: string }[]).map(({ id }) => id)

describe('decisions', () => {
  test('come newest first, in pages, and by filter', async () => {
    const rows = [1, 2, 3, 4, 5].map((n) =>
      decision(n, { at: NOW + n * 1_000, ...(n === 3 && { rule: 'busy', action: 'alert', effect: 'shadow' }) }),
    )
    await decided(alice, rows)
    const all = rows.map(({ id }) => id).toReversed()
    expect(await ids()).toEqual(all)
    const first = await list('?limit=2')
    const rest = await list(`?limit=3&cursor=${String(first['nextCursor'])}`)
    expect(rest['data']).toMatchObject(all.slice(2).map((id) => ({ id })))
    for (const query of ['rule=busy', 'action=alert', 'effect=shadow']) expect(await ids(`?${query}`)).toEqual([all[2]])
    const [since, until] = [2_000, 4_000].map((ms) => new Date(NOW + ms).toISOString())
    expect(await ids(`?since=${since}&until=${until}`)).toEqual(all.slice(2, 4))
    expect(await ids(`?session=${sessionOf(alice)}`)).toEqual(all)
    expect(await ids(`?session=${sessionOf(bob)}`)).toEqual([])
  })

  test('say why: which rule at which version, what it saw, what each part came to', async () => {
    const row = decision(1, { stop: 'st_1', until: NOW + 60_000 })
    await decided(alice, [row])
    const { json } = await api('GET', `/decisions/${row.id}`, call(alice))
    expect(json).toMatchObject({
      ...{ id: row.id, scope: 'owner', session: sessionOf(alice), rule: 'dear', version: 1, granted: false },
      ...{ provider: 'prov_x', amount: '900', country: 'DE', payee: hex('ac', 20), stop: 'st_1', cut: false },
      until: new Date(NOW + 60_000).toISOString(),
      hits: [{ rule: 'dear', inputs: { amount: '900' }, nodes: [{ text: 'amount > 500', value: 'true' }] }],
    })
  })

  test('of a provider’s rules are the provider’s; of the platform’s and the owner’s, the payer’s', async () => {
    const { id: mine } = await provider()
    const { id: bobs } = await provider(bob)
    const [own, platform, byAlice, byBob] = [
      decision(1),
      decision(2, { scope: 'platform', at: NOW + 1 }),
      decision(3, { scope: `provider:${mine}` }),
      decision(4, { scope: `provider:${bobs}` }),
    ]
    await decided(alice, [own, platform, byAlice, byBob])
    expect(await ids()).toEqual([platform.id, own.id])
    expect(await ids(`?provider=${mine}`)).toEqual([byAlice.id])
    expect(await ids('', call(bob))).toEqual([])
    expect(await ids(`?provider=${bobs}`, call(bob))).toEqual([byBob.id])
    expect((await api('GET', `/decisions?provider=${bobs}`, call(alice))).status).toBe(404)
    const seen = async (by: Call) => {
      const statuses = [own, platform, byAlice, byBob].map(
        async ({ id }) => (await api('GET', `/decisions/${id}`, by)).status,
      )
      return Promise.all(statuses)
    }
    expect(await seen(call(alice))).toEqual([200, 200, 200, 404])
    expect(await seen(call(bob))).toEqual([404, 404, 404, 200])
  })

  test('of the other mode are not there', async () => {
    const row = decision(1)
    await decided(alice, [row])
    expect(await ids('', call(alice, { mode: 'live' }))).toEqual([])
    expect((await api('GET', `/decisions/${row.id}`, call(alice, { mode: 'live' }))).status).toBe(404)
  })

  test('come as a file, which goes on behind its last line, and computes nothing in a spreadsheet', async () => {
    const rows = [1, 2].map((n) => decision(n, { at: NOW + n, rule: n === 2 ? '=cmd' : 'dear' }))
    await decided(alice, rows)
    const { text, headers } = await api('GET', '/exports/decisions.csv', call(alice))
    expect(headers.get('content-disposition')).toContain('pbstream-decisions.csv')
    const lines = text.trimEnd().split('\r\n')
    expect(lines).toHaveLength(3)
    expect(lines[1]).toContain(`,'=cmd,`)
    const cursor = lines[1]?.split(',').at(-1) ?? ''
    const rest = await api('GET', `/exports/decisions.csv?cursor=${cursor}`, call(alice))
    expect(rest.text.trimEnd().split('\r\n').slice(1)).toEqual(lines.slice(2))
    expect((await api('GET', '/exports/decisions.csv?cursor=x', call(alice))).json['code']).toBe('cursor_invalid')
  })

  test('need their scope', async () => {
    const { text } = await keyOf(alice.owner, 'test', ['exports:read', 'sentinel:write'])
    for (const path of ['/decisions', '/exports/decisions.csv', '/rule-results'])
      expect([path, (await api('GET', path, { as: text })).status]).toEqual([path, 403])
  })
})

describe('results of rules', () => {
  test('count by day what a rule did, and what one in shadow would have done', async () => {
    const day = 86_400_000
    await decided(alice, [
      decision(1, { repeats: 4 }),
      decision(2, { rule: 'new', effect: 'shadow', at: NOW - day }),
      decision(3, { rule: 'new', effect: 'shadow', at: NOW }),
      decision(4, { at: NOW - 40 * day }),
    ])
    const since = new Date(NOW - 7 * day).toISOString()
    const until = new Date(NOW + 1).toISOString()
    const { json } = await api('GET', `/rule-results?since=${since}&until=${until}`, call(alice))
    const rows = (json['data'] as { day: string; rule: string }[]).toSorted((a, b) =>
      `${a.rule}${a.day}` < `${b.rule}${b.day}` ? -1 : 1,
    )
    const common = { version: 1, action: 'block', keys: 1 }
    expect(rows).toEqual(
      [
        { day: '2026-11-20', rule: 'dear', effect: 'done', count: 5, ...common },
        { day: '2026-11-19', rule: 'new', effect: 'shadow', count: 1, ...common },
        { day: '2026-11-20', rule: 'new', effect: 'shadow', count: 1, ...common },
      ].toSorted((a, b) => (`${a.rule}${a.day}` < `${b.rule}${b.day}` ? -1 : 1)),
    )
  })

  test('of too long a time are refused', async () => {
    const { status } = await api('GET', '/rule-results?since=2020-01-01T00:00:00.000Z', call(alice))
    expect(status).toBe(400)
  })
})

const dear = { id: 'dear', name: 'Dear', when: 'amount > 500', severity: 'high', action: 'block', fail: 'open' }

describe('a backtest', () => {
  /** Charges of a key of somebody, one a minute. */
  async function paid(as: Person, providerId: string, amounts: string[], from = NOW) {
    const rows = amounts.map((amount, i) => ({
      ...({ seq: i + 1, kind: 'charge', channelId, debit: 'a', credit: 'b', amount, reservationId: `r${i}` } as const),
      ...{ providerId, routeId: 'route_x', country: 'DE', place: 'abcd', at: from + i * 60_000 },
    }))
    await project(db, [{ v: 1, kind: 'session', session: refOf(as), channels: [snapshot()], rows }])
    await db.orm
      .insert(db.tables.streamSession)
      .values({ id: sessionOf(as), ...refOf(as), lastSeq: rows.length, lastAt: new Date(from + rows.length * 60_000) })
      .onConflictDoNothing()
  }
  const period = { since: new Date(NOW - 1).toISOString(), until: new Date(NOW + 3_600_000).toISOString() }
  const run = (body: object, query = '', by: Call = call(alice)) =>
    api('POST', `/rules/backtest${query}`, { ...by, body: { ...period, ...body } })

  test('says what a draft would have stopped: money saved, and honest payments', async () => {
    const { id } = await provider()
    await paid(bob, id, ['100', '900', '100', '800'])
    const abuse = [
      {
        session: sessionOf(bob),
        since: new Date(NOW + 60_000).toISOString(),
        until: new Date(NOW + 61_000).toISOString(),
      },
    ]
    const { status, json } = await run({ rules: [{ ...dear, state: 'shadow' }], abuse }, `?provider=${id}`)
    expect([status, json]).toMatchObject([
      200,
      {
        ...{ scope: `provider:${id}`, complete: true, payments: 4, amount: '1900', keys: 1, abuse: 1, stopped: 2 },
        ...{ stoppedAmount: '1700', saved: '900', honestStopped: 1, honestStoppedAmount: '800', delayed: 0 },
        rules: [{ rule: 'dear', action: 'block', matches: 2, keys: 1, stopped: 2, saved: '900' }],
      },
    ])
    const { json: standing } = await api('GET', `/rules?provider=${id}`, call(alice))
    expect(standing['revision']).toBe(0)
  })

  test('of an owner is of what the keys paid, and of nobody else’s', async () => {
    const { id } = await provider()
    await paid(alice, id, ['900', '100'])
    await paid(bob, id, ['900', '900', '900'])
    expect((await run({ rules: [dear] })).json).toMatchObject({ scope: 'owner', payments: 2, stopped: 1 })
    expect((await run({ rules: [dear] }, '', call(bob))).json).toMatchObject({ payments: 3, stopped: 3, keys: 1 })
    expect((await run({ rules: [dear] }, '', call(alice, { mode: 'live' }))).json).toMatchObject({ payments: 0 })
    expect((await run({ rules: [dear] }, `?provider=${id}`)).json).toMatchObject({ payments: 5, keys: 2, stopped: 4 })
    expect((await run({ rules: [dear] }, `?provider=${id}`, call(bob))).status).toBe(404)
  })

  test('names the keys that it would have stopped, most first, and none of which it would have stopped nothing', async () => {
    const { id } = await provider()
    await paid(alice, id, ['900', '100'])
    await paid(bob, id, ['900', '800', '700'])
    const abuse = [{ session: sessionOf(bob), until: new Date(NOW + 1).toISOString() }]
    const { json } = await run({ rules: [dear], abuse }, `?provider=${id}`)
    expect(json['byKey']).toEqual([
      {
        ...{ session: sessionOf(bob), payments: 3, amount: '2400', frozen: false, delayed: 0, stopped: 3 },
        ...{ stoppedAmount: '2400', saved: '900', honestStopped: 2, honestStoppedAmount: '1500' },
      },
      {
        ...{ session: sessionOf(alice), payments: 2, amount: '1000', frozen: false, delayed: 0, stopped: 1 },
        ...{ stoppedAmount: '900', saved: '0', honestStopped: 1, honestStoppedAmount: '900' },
      },
    ])
    expect((await run({ rules: [dear] })).json['byKey']).toMatchObject([{ session: sessionOf(alice) }])
    const freeze = { ...dear, action: 'freeze', when: 'amount > 850' }
    expect((await run({ rules: [freeze] }, '', call(bob))).json['byKey']).toMatchObject([{ frozen: true, stopped: 3 }])
    expect((await run({ rules: [{ ...dear, when: 'amount > 900' }] })).json['byKey']).toEqual([])
  })

  test('names fifty keys at most: of as many stopped those with more money, then those that only waited', async () => {
    const set = Rule.parse([
      { ...dear, version: 1 },
      { ...dear, id: 'slow', version: 1, when: 'amount == 3', action: 'throttle', seconds: 1 },
    ] as Rule.RuleInput[])
    const payment = (key: string, at: number, amount: bigint): Rule.Recorded => ({
      ...{ key, at, amount, charged: amount, route: 'r', payee: 'p', place: '', country: '' },
    })
    const stopped = Array.from({ length: 48 }, (_, i) => `k${i}`)
    const keys = new Map([
      ...['w1', 'w2', 'w3'].map((key, i): [string, Rule.Recorded[]] => [
        key,
        Array.from({ length: i + 1 }, (__, n) => payment(key, NOW + n, 3n)),
      ]),
      ['idle', [payment('idle', NOW, 1n)]],
      ...stopped.map((key, i): [string, Rule.Recorded[]] => [key, [payment(key, NOW, BigInt(600 + i))]]),
    ])
    const { byKey, keys: all } = await play(keys, set, new Rule.Lists([]))
    expect(byKey.map(({ session }) => session)).toEqual([...stopped.toReversed(), 'w3', 'w2'])
    expect([all, byKey.at(-1)]).toMatchObject([52, { stopped: 0, delayed: 2 }])
  })

  test('sees where calls came from, and whom they paid', async () => {
    const { id } = await provider()
    await paid(alice, id, ['100', '100'])
    const where = `country == "DE" && place == "abcd" && payee == "${hex('ac', 20)}"`
    expect((await run({ rules: [{ ...dear, when: where }] })).json).toMatchObject({ stopped: 2 })
  })

  test('takes the rules in force when none are sent', async () => {
    const { id } = await provider()
    await paid(alice, id, ['900'])
    await api('PUT', '/rules', call(alice, { body: { rules: [dear] }, ...match(0) }))
    expect((await run({})).json).toMatchObject({ stopped: 1, rules: [{ rule: 'dear', version: 1 }] })
  })

  test('counts as abuse what came before a stop that nobody released', async () => {
    const { id } = await provider()
    await paid(alice, id, ['900', '900'])
    const { payer, payerAuthorizer, chainId } = refOf(alice)
    const stop = (n: number, releasedAt: Date | null) => ({
      ...{ id: `st_${n}`, session: sessionOf(alice), chainId, payer, key: payerAuthorizer, scope: 'owner' },
      ...{ kind: 'frozen' as const, rule: 'x', version: 1, at: new Date(NOW + 30_000 + n * 60_000), releasedAt },
      decisionId: `dec_${n}`,
    })
    await db.orm.insert(db.tables.sentinelStop).values([stop(0, null), stop(1, new Date())])
    expect((await run({ rules: [dear] })).json).toMatchObject({ abuse: 1, saved: '900', honestStopped: 1 })
    expect((await run({ rules: [dear], stopMinutes: 0 })).json).toMatchObject({ abuse: 0, honestStopped: 2 })
  })

  test('ends where it was asked to, and says so', async () => {
    const { id } = await provider()
    await paid(bob, id, ['900', '900', '900'])
    const { json } = await run({ rules: [dear], limit: 2 }, `?provider=${id}`)
    expect(json).toMatchObject({ payments: 2, complete: false, until: new Date(NOW + 60_000).toISOString() })
  })

  test('passes over rules that are about many keys, and refuses what is no rule', async () => {
    const cross = { ...dear, id: 'all', over: 'cross', when: 'scope.sum.hour > 1' }
    expect((await run({ rules: [dear, cross] })).json).toMatchObject({ passedOver: ['all'], rules: [{ rule: 'dear' }] })
    const { status, json } = await run({ rules: [{ ...dear, when: 'amount >' }] })
    expect([status, json['errors']]).toMatchObject([400, [{ field: '/rules/0/when' }]])
    expect((await run({ since: '2020-01-01T00:00:00.000Z' })).status).toBe(400)
  })
})
