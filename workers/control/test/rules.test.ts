/** Rules over HTTP: put in force whole or not at all, numbered, pushed to keys, and nobody else's. */
import { loadVersions } from '@pbstream/db/Catalog'
import { ownerSnapshot } from '@pbstream/db/Rulesets'
import { and, eq } from 'drizzle-orm'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { pushPending } from '../src/sentinel/RulePush.ts'
import { BYTES_MAX } from '../src/sentinel/RuleCheck.ts'
import { api, apiEnv, type Call, keyOf, type Person, signedApi, TEST_CHAIN } from './people.ts'
import { alice, bob, call, match, openShop, provider } from './shop.ts'
import { bindings, db, hex } from './support.ts'

openShop()

beforeEach(async () => {
  const { ruleset, rulesetHead, ruleVersion, sessionKey } = db.tables
  for (const table of [ruleset, rulesetHead, ruleVersion, sessionKey]) await db.orm.delete(table)
})

const WEBHOOKS = {
  WEBHOOK_SECRET: 'webhook-secret-0123456789-0123456789',
  WEBHOOKS: { sendBatch: () => Promise.resolve() } as unknown as Queue<never>,
}
const dear = { id: 'dear', name: 'Dear', when: 'amount > 500', severity: 'high', action: 'block', fail: 'open' }
const busy = { ...dear, id: 'busy', name: 'Busy', when: 'count.minute > 9', action: 'throttle', seconds: 30 }

type Set = { revision: number; rules: { id: string; version: number; when: string }[]; onItsWay: boolean } & Record<
  string,
  unknown
>

/** Puts rules in force, from `revision` on. */
async function put(revision: number, body: unknown, query = '', more: Call = {}) {
  const reply = await api('PUT', `/rules${query}`, call(alice, { body, ...match(revision), ...more }))
  return { ...reply, set: reply.json as unknown as Set }
}
const get = async (query = '', as: Person = alice) =>
  (await api('GET', `/rules${query}`, call(as))).json as unknown as Set
const versions = ({ rules }: Set) => Object.fromEntries(rules.map(({ id, version }) => [id, version]))

describe('a set of rules', () => {
  test('is none at first, then what was put, under its revision', async () => {
    expect(await get()).toMatchObject({ scope: 'owner', revision: 0, rules: [], lists: [], breaker: null })
    const { status, headers, set } = await put(0, { rules: [dear] })
    expect([status, headers.get('etag')]).toEqual([200, '"1"'])
    const all = { over: 'session', priority: 0, group: 'all_match', state: 'enabled', version: 1 }
    expect(set.rules).toEqual([{ ...dear, ...all }])
    expect(await get()).toMatchObject({ revision: 1, author: alice.owner })
  })

  test('is left alone from a stale revision, or from none', async () => {
    await put(0, { rules: [dear] })
    const edit = (headers: Record<string, string>) => put(0, { rules: [] }, '', { headers })
    expect((await edit({})).status).toBe(428)
    for (const tag of ['"0"', '"2"', '1', 'W/"1"', '*', '"01"'])
      expect((await edit({ 'if-match': tag })).status).toBe(412)
    expect((await get()).rules).toHaveLength(1)
  })

  test('two changes from one revision: one is made', async () => {
    const replies = await Promise.all(['a', 'b', 'c'].map((id) => put(0, { rules: [{ ...dear, id }] })))
    expect(replies.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 412, 412])
    expect((await get()).rules).toHaveLength(1)
  })

  test('that says the same is no change', async () => {
    await put(0, { rules: [dear, busy] })
    const again = await put(1, { rules: [{ ...dear, priority: 0, state: 'enabled' }, busy] })
    expect([again.status, again.set.revision]).toEqual([200, 1])
    const { json } = await api('GET', '/audit?action=ruleset.change', call(alice))
    expect(json['data']).toHaveLength(1)
  })

  test('is taken whole or not at all, and says where it is wrong', async () => {
    await put(0, { rules: [dear] })
    const wrong = { ...busy, when: 'count.minute > 9 &&\n  list.friends == 1' }
    const { status, json } = await put(1, { rules: [{ ...dear, when: 'amount > 1' }, wrong, { ...dear }] })
    expect([status, json['code']]).toEqual([400, 'validation_failed'])
    expect(json['errors']).toMatchObject([
      { field: '/rules/2/id' },
      { field: '/rules/1/when', line: 2, column: 3, position: 22 },
    ])
    expect((await get()).rules).toMatchObject([{ when: 'amount > 500', version: 1 }])
  })

  test.each([
    ['a rule over many keys that asks for a signature', { ...dear, over: 'cross', action: 'require_signature' }],
    ['a throttle without seconds', { ...dear, action: 'throttle' }],
    ['seconds of what does not wait', { ...dear, seconds: 5 }],
    ['a version of its own', { ...dear, version: 7 }],
    ['a condition that is no bool', { ...dear, when: 'amount' }],
    ['a condition with what a database refuses', { ...dear, when: 'country == "\u0000"' }],
    ['a condition that hides what it says', { ...dear, when: 'country == "\u202e"' }],
    ['an id that is no name', { ...dear, id: '__proto__' }],
  ])('with %s is refused', async (_, rule) => {
    const { status, json } = await put(0, { rules: [rule] })
    expect([status, json['code']]).toEqual([400, 'validation_failed'])
    expect((await get()).revision).toBe(0)
  })

  test('that is larger than keys can hold is refused', async () => {
    const entries = Array.from({ length: 180 }, (_, i) => ({ value: `${i}${'x'.repeat(200)}` }))
    await put(0, { rules: [], lists: [{ name: 'one', entries }] })
    const { status, json } = await api('PUT', '/rule-lists/two', call(alice, { body: { entries } }))
    expect([status, JSON.stringify(json['errors'])]).toEqual([400, expect.stringContaining(`at most ${BYTES_MAX}`)])
    expect((await get()).revision).toBe(1)
  })

  test('has a money breaker, which stays until it is taken out', async () => {
    const breaker = {
      ...{ budget: '1000', windowMs: 60_000, badFrom: 1_000, goodUpTo: 500, openMs: 1_000, maxOpenMs: 9_000 },
      ...{ probes: 1, probeMs: 1_000, calmMs: 0, freezes: true },
    }
    await put(0, { rules: [], breaker })
    expect((await put(1, { rules: [dear] })).set['breaker']).toEqual(breaker)
    const crossed = await put(2, { rules: [], breaker: { ...breaker, goodUpTo: 1_000 } })
    expect(crossed.json['errors']).toMatchObject([{ field: '/breaker/goodUpTo' }])
    expect((await put(2, { rules: [], breaker: null })).set['breaker']).toBeNull()
  })

  test('cannot be changed without end', async () => {
    const { ruleset, rulesetHead } = db.tables
    const scope = `owner:test:${alice.owner}`
    const at = new Date()
    await db.atomically((orm) => [
      orm.insert(ruleset).values({ scope, revision: 1, rules: [], lists: [], author: 'x', createdAt: at }),
      orm.insert(ruleset).values({ scope, revision: 100, rules: [], lists: [], author: 'x', createdAt: at }),
      orm.insert(rulesetHead).values({ scope, revision: 100, updatedAt: at }),
    ])
    const { status, json } = await put(100, { rules: [dear] })
    expect([status, json['code']]).toEqual([409, 'limit_reached'])
    await db.orm
      .update(ruleset)
      .set({ createdAt: new Date(at.getTime() - 3_600_001) })
      .where(eq(ruleset.revision, 1))
    expect((await put(100, { rules: [dear] })).status).toBe(200)
    const kept = await db.orm.select({ revision: ruleset.revision }).from(ruleset).where(eq(ruleset.scope, scope))
    expect(kept.map(({ revision }) => revision).toSorted((a, b) => a - b)).toEqual([100, 101])
  })
})

describe('versions of rules', () => {
  test('rise with their texts and are never given to another text', async () => {
    expect(versions((await put(0, { rules: [dear, busy] })).set)).toEqual({ dear: 1, busy: 1 })
    expect(versions((await put(1, { rules: [{ ...dear, when: 'amount > 1' }, busy] })).set)).toEqual({
      dear: 2,
      busy: 1,
    })
    await put(2, { rules: [busy] })
    expect(versions((await put(3, { rules: [dear, busy] })).set)).toEqual({ dear: 3, busy: 1 })
    const { json } = await api('GET', '/rules/dear/versions?limit=2', call(alice))
    expect(json).toMatchObject({
      data: [
        { rule: { version: 3, when: 'amount > 500' }, revision: 4, author: alice.owner },
        { rule: { version: 2, when: 'amount > 1' }, revision: 2 },
      ],
    })
    const rest = await api('GET', `/rules/dear/versions?limit=2&cursor=${String(json['nextCursor'])}`, call(alice))
    expect(rest.json).toMatchObject({ data: [{ rule: { version: 1 }, revision: 1 }], nextCursor: null })
    expect((await api('GET', '/rules/other/versions', call(alice))).status).toBe(404)
  })

  test('and sets are read as they were', async () => {
    await put(0, { rules: [dear] })
    await put(1, { rules: [{ ...dear, state: 'shadow' }] })
    const { json } = await api('GET', '/rule-revisions', call(alice))
    expect(json['data']).toMatchObject([
      { revision: 2, rules: [{ id: 'dear', version: 2, state: 'shadow' }] },
      { revision: 1, rules: [{ id: 'dear', version: 1, state: 'enabled' }], lists: [], breaker: false },
    ])
    const first = await api('GET', '/rule-revisions/1', call(alice))
    expect(first.json).toMatchObject({ revision: 1, rules: [{ ...dear, version: 1 }] })
    expect((await api('GET', '/rule-revisions/3', call(alice))).status).toBe(404)
  })

  test('one rule is put and taken out by itself', async () => {
    const { id: _, ...text } = dear
    const one = (revision: number, body: object) => api('PUT', '/rules/dear', call(alice, { body, ...match(revision) }))
    expect((await one(0, text)).json).toMatchObject({ revision: 1, rules: [{ id: 'dear', version: 1 }] })
    expect((await one(1, { ...text, severity: 'low' })).json).toMatchObject({
      rules: [{ version: 2, severity: 'low' }],
    })
    const remove = (revision: number) => api('DELETE', '/rules/dear', call(alice, match(revision)))
    expect((await remove(1)).status).toBe(412)
    expect((await remove(2)).json).toMatchObject({ revision: 3, rules: [] })
    expect((await remove(3)).status).toBe(404)
  })

  test('the audit has who changed what, and webhooks are told', async () => {
    const hook = { url: 'https://hooks.example.com/', events: ['ruleset.changed'] }
    await api('POST', '/webhook-endpoints', call(alice, { body: hook, env: WEBHOOKS }))
    await put(0, { rules: [dear, busy] })
    await put(1, { rules: [{ ...dear, when: 'amount > 1' }] })
    const { json } = await api('GET', '/audit?action=ruleset.change', call(alice))
    expect(json['data']).toMatchObject([
      { actor: alice.owner, detail: { revision: 2, added: [], changed: ['dear@2'], removed: ['busy'] } },
      { detail: { revision: 1, added: ['dear@1', 'busy@1'], digest: expect.stringMatching(/^[0-9a-f]{64}$/) } },
    ])
    const told = await db.orm.select().from(db.tables.webhookDelivery)
    expect(told.map(({ payload }) => JSON.parse(payload) as object)).toMatchObject([
      { type: 'ruleset.changed', data: { scope: 'owner', revision: 1, added: ['dear@1', 'busy@1'] } },
      { data: { revision: 2, changed: ['dear@2'], removed: ['busy'] } },
    ])
  })
})

describe('a set that is asked about', () => {
  const validate = (body: object, query = '') => api('POST', `/rules/validate${query}`, call(alice, { body }))

  test('is not put in force', async () => {
    const { json } = await validate({ rules: [dear, busy] })
    expect(json).toEqual({
      ok: true,
      errors: [],
      rules: [
        { id: 'dear', reads: ['amount'], changed: true },
        { id: 'busy', reads: ['count.minute'], changed: true },
      ],
    })
    expect((await get()).revision).toBe(0)
  })

  test('is told all that is wrong with it', async () => {
    const lists = [{ name: 'known', entries: [{ value: 'a' }, { value: 'a' }] }]
    const { status, json } = await validate({ rules: [dear, { ...busy, when: 'payee in list.other' }], lists })
    expect([status, json['ok']]).toEqual([200, false])
    expect(json['errors']).toMatchObject([
      { field: '/lists/0/entries/1/value' },
      { field: '/rules/1/when', position: 9, line: 1, column: 10 },
    ])
  })

  test('asks about the lists that are in force', async () => {
    await put(0, { rules: [], lists: [{ name: 'known', entries: [] }] })
    const { json } = await validate({ rules: [{ ...dear, when: '!(payee in list.known)' }] })
    expect(json).toMatchObject({ ok: true, rules: [{ reads: ['list.known', 'payee'] }] })
  })
})

describe('what rules are made of', () => {
  test('features say what they are, and for which rules', async () => {
    const { json } = await api('GET', '/rules/features', call(alice))
    const rows = json['data'] as { name: string; over: string[] }[]
    const over = Object.fromEntries(rows.map((row) => [row.name, row.over]))
    expect(over).toMatchObject({
      amount: ['session', 'cross'],
      'count.minute': ['session'],
      'scope.sum.hour': ['cross'],
    })
  })

  test('templates can be put in force as they are', async () => {
    const { json } = await api('GET', '/rules/templates', call(alice))
    const rules = (json['data'] as object[]).map((rule) => ({ ...rule, version: undefined }))
    const { status, set } = await put(0, { rules })
    expect([status, set.rules.length]).toEqual([200, rules.length])
  })
})

describe('lists', () => {
  const list = (method: string, path: string, body?: object) =>
    api(method, `/rule-lists${path}`, call(alice, body === undefined ? {} : { body }))
  const values = async () => {
    const { lists } = (await get()) as unknown as { lists: { name: string; entries: { value: string }[] }[] }
    return Object.fromEntries(lists.map(({ name, entries }) => [name, entries.map(({ value }) => value)]))
  }

  test('are made, added to, taken from and taken out', async () => {
    await list('PUT', '/known', { entries: [{ value: 'a' }, { value: 'b' }] })
    await list('POST', '/known/entries', { entries: [{ value: 'b' }, { value: 'c' }] })
    expect(await values()).toEqual({ known: ['a', 'b', 'c'] })
    await list('POST', '/known/remove', { values: ['a', 'x'] })
    expect(await values()).toEqual({ known: ['b', 'c'] })
    expect((await list('GET', '')).json).toMatchObject({ revision: 3, data: [{ name: 'known' }] })
    expect((await list('DELETE', '/known')).status).toBe(200)
    expect(await values()).toEqual({})
    for (const [method, path] of [['DELETE', '/known']] as const) expect((await list(method, path)).status).toBe(404)
    expect((await list('POST', '/known/entries', { entries: [{ value: 'x' }] })).status).toBe(404)
  })

  test('two that add at once both do', async () => {
    await list('PUT', '/known', { entries: [] })
    await Promise.all(['a', 'b', 'c'].map((value) => list('POST', '/known/entries', { entries: [{ value }] })))
    expect((await values())['known']?.toSorted()).toEqual(['a', 'b', 'c'])
  })

  test('that a rule asks about stay', async () => {
    await put(0, { rules: [{ ...dear, when: 'payee in list.known' }], lists: [{ name: 'known', entries: [] }] })
    const { status, json } = await list('DELETE', '/known')
    expect([status, json['code']]).toEqual([400, 'validation_failed'])
    expect(await values()).toEqual({ known: [] })
  })

  test('are twenty at most, however they are made: keys take no more', async () => {
    const lists = Array.from({ length: 20 }, (_, i) => ({ name: `l${i}`, entries: [] }))
    await put(0, { rules: [], lists })
    const { status, json } = await list('PUT', '/another', { entries: [] })
    expect([status, json['errors']]).toMatchObject([400, [{ field: '/lists' }]])
    expect((await list('PUT', '/l3', { entries: [{ value: 'x' }] })).status).toBe(200)
  })

  test('hold a thousand values at most, however they are added', async () => {
    const entries = (from: number, count: number) =>
      Array.from({ length: count }, (_, i) => ({ value: `v${from + i}` }))
    await list('PUT', '/known', { entries: entries(0, 999) })
    expect((await list('POST', '/known/entries', { entries: entries(998, 3) })).status).toBe(400)
    expect((await list('POST', '/known/entries', { entries: entries(998, 2) })).status).toBe(200)
  })

  test('lose what has expired with the next change', async () => {
    const [past, ahead] = [new Date(Date.now() - 1_000), new Date(Date.now() + 60_000)].map((at) => at.toISOString())
    await list('PUT', '/known', {
      entries: [{ value: 'a', until: past }, { value: 'b', until: ahead }, { value: 'c' }],
    })
    expect(await values()).toEqual({ known: ['b', 'c'] })
    expect((await list('GET', '')).json).toMatchObject({
      data: [{ entries: [{ value: 'b', until: ahead }, { value: 'c' }] }],
    })
  })
})

describe('the rules of a provider', () => {
  test('are its own, and gateways hear of each change', async () => {
    const { id } = await provider()
    const before = (await loadVersions(db)).sentinel
    const { set } = await put(0, { rules: [dear] }, `?provider=${id}`)
    expect(set).toMatchObject({ scope: `provider:${id}`, revision: 1, onItsWay: false })
    expect((await loadVersions(db)).sentinel).toBe(before + 1)
    expect((await get()).revision).toBe(0)
    expect((await get(`?provider=${id}`)).rules).toHaveLength(1)
  })

  test('are not another owner’s, nor of the other mode', async () => {
    const { id } = await provider()
    await put(0, { rules: [dear] }, `?provider=${id}`)
    for (const by of [call(bob), call(alice, { mode: 'live' })])
      for (const method of ['GET', 'PUT'] as const) {
        const { status } = await api(method, `/rules?provider=${id}`, {
          ...{ ...by, ...match(1) },
          ...(method === 'PUT' && { body: { rules: [] } }),
        })
        expect([method, status]).toEqual([method, 404])
      }
    expect((await get(`?provider=${id}`)).rules).toHaveLength(1)
  })

  test('need the scope of rules: a key that sells is not enough', async () => {
    const { text } = await keyOf(alice.owner, 'test', ['providers:write', 'sentinel:read'])
    const { status, json } = await api('PUT', '/rules', { as: text, ...match(0), body: { rules: [] } })
    expect([status, json['code']]).toEqual([403, 'scope_missing'])
    expect((await api('GET', '/rules', { as: text })).status).toBe(200)
  })
})

type Object = { rulesOf(scope: string): Promise<{ revision: number; rules: { id: string }[] } | undefined> }

describe('the rules of an owner go to the keys that he manages:', () => {
  /** A managed key as a row; `byte` of its address. */
  async function managed(byte: string, status: 'active' | 'revoked' = 'active') {
    const payer = alice.wallet.address.toLowerCase() as `0x${string}`
    const key = byte.length > 2 ? (`0x${byte.padEnd(40, '0')}` as const) : hex(byte, 20)
    const id = `${TEST_CHAIN}:${hex('c0', 20)}:${payer}:${key}`
    const at = new Date()
    await db.orm.insert(db.tables.sessionKey).values({
      ...{ id, session: id, chainId: TEST_CHAIN, contract: hex('c0', 20), payer, key, publicId: `sk_${byte}` },
      ...{ owner: alice.owner, mode: 'test', name: 'x', permission: {}, status, version: 1, madeBy: 'client' },
      ...{ createdAt: at, updatedAt: at },
    })
    return { id, rules: async () => (await objectOf(id).rulesOf('owner'))?.revision }
  }
  const objectOf = (id: string) => bindings.STREAM_SESSION?.getByName(id) as unknown as Object
  const minute = () => pushPending(apiEnv(), db)

  test('those that are there when the set changes', async () => {
    const [one, two, gone] = [await managed('11'), await managed('12'), await managed('13', 'revoked')]
    await put(0, { rules: [dear] })
    expect([await one.rules(), await two.rules(), await gone.rules()]).toEqual([1, 1, undefined])
    expect((await get()).onItsWay).toBe(false)
    await put(1, { rules: [] })
    expect([await one.rules(), (await objectOf(two.id).rulesOf('owner'))?.rules]).toEqual([2, []])
  })

  test('one that is made later', async () => {
    await put(0, { rules: [dear] })
    const payee = hex('ac', 20)
    const body = {
      ...{ name: 'later', chainId: TEST_CHAIN, contract: 'canonical', key: hex('14', 20), payees: [payee] },
      ...{ spendCap: '10', expiry: 4_000_000_000 },
    }
    const made = await api('POST', '/session-keys', call(alice, { body }))
    expect([made.status, made.text]).toEqual([201, made.text])
    const id = `${TEST_CHAIN}:${hex('c0', 20)}:${alice.wallet.address.toLowerCase()}:${hex('14', 20)}`
    expect(await objectOf(id).rulesOf('owner')).toMatchObject(await expected())
  })
  const expected = async () => (await ownerSnapshot(db, `owner:test:${alice.owner}`)) ?? {}

  test('one whose object does not answer is told by the clock, and holds up no other', async () => {
    const logged = vi.spyOn(console, 'error').mockImplementation(() => {})
    await managed('dead')
    const other = await managed('ee')
    await put(0, { rules: [dear] })
    expect([await other.rules(), (await get()).onItsWay]).toEqual([1, true])
    await minute()
    expect((await get()).onItsWay).toBe(true)
    const { sessionKey } = db.tables
    await db.orm
      .update(sessionKey)
      .set({ status: 'revoked' })
      .where(and(eq(sessionKey.publicId, 'sk_dead')))
    await minute()
    expect((await get()).onItsWay).toBe(false)
    expect(JSON.stringify(logged.mock.calls)).not.toContain(alice.wallet.address.toLowerCase())
  })

  test('one whose object does not answer is not made without them', async () => {
    const logged = vi.spyOn(console, 'error').mockImplementation(() => {})
    await put(0, { rules: [dear] })
    const key = `0x${'dead'.padEnd(40, '0')}` as const
    const body = {
      ...{ name: 'later', chainId: TEST_CHAIN, contract: 'canonical', key, payees: [hex('ac', 20)] },
      ...{ spendCap: '10', expiry: 4_000_000_000 },
    }
    const { json } = await api('POST', '/session-keys', call(alice, { body }))
    expect(json['code']).toBe('temporarily_unavailable')
    const id = `${TEST_CHAIN}:${hex('c0', 20)}:${alice.wallet.address.toLowerCase()}:${key}`
    const object = bindings.STREAM_SESSION?.getByName(id) as unknown as { policy(): Promise<unknown> }
    expect(await object.policy()).toBeUndefined()
    expect(logged).not.toHaveBeenCalled()
  })

  test('more of them than a page', async () => {
    for (let i = 0; i < 60; i++) await managed(`b${String(i).padStart(3, '0')}`)
    const last = await managed('f9')
    await put(0, { rules: [dear] })
    expect([await last.rules(), (await get()).onItsWay]).toEqual([1, false])
  })

  test('those of one owner do not keep the clock from telling those of another', async () => {
    const scope = (i: number) => `owner:test:0x${String(i).padStart(40, '0')}`
    const at = new Date()
    const { ruleset, rulesetHead } = db.tables
    for (let i = 0; i < 15; i++) {
      await db.orm
        .insert(ruleset)
        .values({ scope: scope(i), revision: 1, rules: [], lists: [], author: 'x', createdAt: at })
      await db.orm.insert(rulesetHead).values({ scope: scope(i), revision: 1, updatedAt: at })
    }
    const waiting = async () =>
      (await db.orm.select().from(rulesetHead)).filter((row) => row.pushedRevision === 0).length
    await minute()
    expect(await waiting()).toBe(5)
    await minute()
    expect(await waiting()).toBe(0)
  })
})

describe('a snooze', () => {
  const session = (as: Person) =>
    `${TEST_CHAIN}:${hex('c0', 20)}:${as.wallet.address.toLowerCase()}:${hex('21', 20)}` as const
  async function key(as: Person = alice) {
    const id = session(as)
    const [chainId, contract, payer, at] = [TEST_CHAIN, hex('c0', 20), id.split(':')[2] as `0x${string}`, new Date()]
    await db.orm.insert(db.tables.sessionKey).values({
      ...{ id, session: id, chainId, contract, payer, key: hex('21', 20), publicId: `sk_${as.owner.slice(2, 12)}` },
      ...{ owner: as.owner, mode: 'test', name: 'x', permission: {}, status: 'active', version: 1, madeBy: 'client' },
      ...{ createdAt: at, updatedAt: at },
    })
    return id
  }
  const snooze = (body: object, by: Call = call(alice), query = '') => api('PUT', `/snoozes${query}`, { ...by, body })
  const snoozed = async (id: string, query = '') =>
    (await api('GET', `/snoozes?session=${id}${query}`, call(alice))).json['data'] as unknown[]

  test('of a rule of one’s own holds, is listed and is ended', async () => {
    const id = await key()
    await put(0, { rules: [dear] })
    const { status, json } = await snooze({ session: id, rule: 'dear', seconds: 60 })
    expect([status, json['scope'], json['session']]).toEqual([200, 'owner', id])
    expect(await snoozed(id)).toMatchObject([{ scope: 'owner', rule: 'dear', until: json['until'] }])
    await snooze({ session: id, rule: 'dear', seconds: 0 })
    expect(await snoozed(id)).toEqual([])
    const { json: audit } = await api('GET', '/audit?action=rule.snooze', call(alice))
    expect(audit['data']).toMatchObject([{ detail: { rule: 'dear', until: 0 } }, { actor: alice.owner, subject: id }])
  })

  test('of a rule that there is not, or of nobody’s key, is refused', async () => {
    const id = await key()
    expect((await snooze({ session: id, rule: 'dear', seconds: 60 })).status).toBe(404)
    await put(0, { rules: [dear] })
    for (const other of ['sk_nobody', session(bob), 'x', `${id}0`, id.replace(String(TEST_CHAIN), '1')])
      expect([other, (await snooze({ session: other, rule: 'dear', seconds: 60 })).status]).toEqual([other, 404])
  })

  test('of a rule of the platform needs the wallet: a thief with a cookie does not switch off what is to stop him', async () => {
    const id = await key()
    const body = { session: id, rule: 'anomaly-drain', seconds: 60, of: 'platform' }
    const refused = await snooze(body)
    expect([refused.status, refused.json['code']]).toEqual([403, 'signature_required'])
    expect(await snoozed(id)).toEqual([])
    const made = await signedApi('PUT', '/snoozes', call(alice, { body }), alice.wallet)
    expect([made.status, made.json['scope']]).toEqual([200, 'platform'])
    const stranger = await signedApi('PUT', '/snoozes', call(alice, { body }), bob.wallet)
    expect(stranger.json['code']).toBe('signature_refused')
  })

  test('by a provider is of its own rules, on keys that paid it', async () => {
    const { id: providerId } = await provider()
    await put(0, { rules: [dear] }, `?provider=${providerId}`)
    const id = await key(bob)
    const query = `?provider=${providerId}`
    const body = { session: id, rule: 'dear', seconds: 60 }
    expect((await snooze(body, call(alice), query)).status).toBe(404)
    await db.orm.insert(db.tables.microPayment).values({
      ...{
        session: id,
        seq: 1,
        channelId: hex('01', 32),
        providerId,
        debit: 'a',
        credit: 'b',
        amount: '1',
        at: new Date(),
      },
    })
    expect((await snooze(body, call(alice), query)).json).toMatchObject({ scope: `provider:${providerId}` })
    expect((await snooze({ ...body, of: 'platform' }, call(alice), query)).status).toBe(404)
    // The payer sees what is his, not what a provider does.
    const { json } = await api('GET', `/snoozes?session=${id}`, call(bob))
    expect(json['data']).toEqual([])
    expect(await snoozed(id, `&provider=${providerId}`)).toHaveLength(1)
  })
})
