/** Providers over HTTP: what an owner can do, what nobody else can, where the money goes and what is shown of it. */
import { loadCatalog, upsertProvider, upsertRoute } from '@pbstream/db/Catalog'
import { project } from '@pbstream/db/Projection'
import { describe, expect, test } from 'vitest'
import { everyMinute } from '../src/providers/Clock.ts'
import { api, apiEnv, type Call, confirmation, keyOf, type Person, signedApi } from './people.ts'
import { alice, bob, call, closed, described, ELSEWHERE, flat, match, openShop, provider, route, sold } from './shop.ts'
import { channelId, db, hex, settlement } from './support.ts'

openShop()

describe('a provider', () => {
  test('is made, listed, read, edited and switched off, and its catalog version rises each time', async () => {
    const made = await provider()
    await route(made.id)
    const before = (await loadCatalog(db)).version
    const edit = await api(
      'PATCH',
      `/providers/${made.id}`,
      call(alice, { body: { name: 'Acme 2', enabled: false }, ...match(1) }),
    )
    expect(edit.json).toMatchObject({ name: 'Acme 2', enabled: false, revision: 2, drain: null })
    expect(edit.headers.get('etag')).toBe('"2"')
    const { version, routes } = await loadCatalog(db)
    expect(version).toBe(before + 1)
    expect(routes).toMatchObject([{ enabled: false, payTo: alice.wallet.address.toLowerCase() }])
    expect((await api('GET', '/providers', call(alice))).json['data']).toMatchObject([{ id: made.id, revision: 2 }])
    expect((await api('GET', `/providers/${made.id}`, call(alice))).headers.get('etag')).toBe('"2"')
  })

  test('made by a request that is repeated is one provider', async () => {
    const again = call(alice, { body: { name: 'Acme', payTo: alice.wallet.address }, idempotencyKey: 'once' })
    const first = await api('POST', '/providers', again)
    expect((await api('POST', '/providers', again)).json).toEqual(first.json)
    expect(await db.orm.select().from(db.tables.provider)).toHaveLength(1)
  })

  test('edited from a stale revision, or from none, is left alone', async () => {
    const { id } = await provider()
    const edit = (headers: Record<string, string>) =>
      api('PATCH', `/providers/${id}`, call(alice, { body: { name: 'x' }, headers }))
    expect((await edit({})).status).toBe(428)
    for (const tag of ['"2"', '1', 'W/"1"', '*', '"1", "2"']) expect((await edit({ 'if-match': tag })).status).toBe(412)
    expect((await edit({ 'if-match': '"1"' })).status).toBe(200)
    expect((await edit({ 'if-match': '"1"' })).status).toBe(412)
  })

  test('two edits from one revision: one is made', async () => {
    const { id } = await provider()
    const edits = await Promise.all(
      ['a', 'b', 'c'].map((name) => api('PATCH', `/providers/${id}`, call(alice, { body: { name }, ...match(1) }))),
    )
    expect(edits.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 412, 412])
  })

  test('that pays another address than the owner needs his signature', async () => {
    const body = { name: 'Acme', payTo: ELSEWHERE }
    const refused = await api('POST', '/providers', call(alice, { body }))
    expect([refused.status, refused.json['code']]).toEqual([403, 'signature_required'])
    const stranger = await signedApi('POST', '/providers', call(alice, { body }), bob.wallet)
    expect([stranger.status, stranger.json['code']]).toEqual([403, 'signature_refused'])
    const made = await signedApi('POST', '/providers', call(alice, { body }), alice.wallet)
    expect([made.status, made.json['payTo']]).toEqual([201, ELSEWHERE])
  })

  test.each([
    ['no address', { payTo: '0x12' }, '/payTo'],
    ['a delay below the contract', { withdrawDelay: 899 }, '/withdrawDelay'],
    ['a delay above the contract', { withdrawDelay: 2_592_001 }, '/withdrawDelay'],
    ['an amount that is dust', { settlement: { amount: '1', ageMs: null } }, '/settlement/amount'],
    ['an amount with a sign', { settlement: { amount: '-1', ageMs: null } }, '/settlement/amount'],
    ['an age of no time', { settlement: { amount: null, ageMs: 1 } }, '/settlement/ageMs'],
    ['an unknown member', { owner: '0x12' }, ''],
  ])('with %s is 400 and names the field', async (_, over, field) => {
    const body = { name: 'Acme', payTo: alice.wallet.address, ...over }
    const { status, json } = await api('POST', '/providers', call(alice, { body }))
    expect([status, (json['errors'] as { field: string }[])[0]?.field]).toEqual([400, field])
  })

  test('has a settlement policy and a delay that gateways read', async () => {
    const settlementPolicy = { amount: '5000000', ageMs: 1_800_000 }
    const { id } = await provider(alice, { withdrawDelay: 3_600, settlement: settlementPolicy })
    await route(id)
    expect((await loadCatalog(db)).routes).toMatchObject([{ withdrawDelay: 3_600, settle: settlementPolicy }])
  })
})

describe('another owner, and another mode of the same', () => {
  test('get the answer of an id that there is not, byte for byte, whatever they ask', async () => {
    const { id } = await provider()
    const made = await route(id)
    const attempts: [string, string, object?][] = [
      ['GET', '/providers/ID'],
      ['PATCH', '/providers/ID', { name: 'x' }],
      ['POST', '/providers/ID/payout-change', { payTo: ELSEWHERE }],
      ['DELETE', '/providers/ID/payout-change'],
      ['GET', '/providers/ID/drains'],
      ['GET', '/providers/ID/payments'],
      ['GET', '/providers/ID/channels'],
      ['GET', '/providers/ID/settlements'],
      ['GET', '/providers/ID/incidents'],
      ['GET', '/routes?provider=ID'],
      ['POST', '/routes', described('ID')],
      ['GET', '/routes/ROUTE'],
      ['PATCH', '/routes/ROUTE', { enabled: false }],
      ['GET', '/routes/ROUTE/rate-cards'],
      ['POST', '/routes/ROUTE/rate-cards', { rule: flat }],
      ['GET', '/routes/ROUTE/rate-cards/1'],
    ]
    for (const [method, path, body] of attempts) {
      const ask = (as: Person, mode: 'live' | 'test', one: string, other: string) => {
        const named = JSON.parse(JSON.stringify(body ?? null).replaceAll('"ID"', JSON.stringify(one))) as object | null
        return api(method, path.replace('ID', one).replace('ROUTE', other), {
          ...call(as, match(1)),
          mode,
          ...(named === null ? {} : { body: named }),
        })
      }
      const unknown = await ask(bob, 'test', 'prov_00000000000000000000000a', 'route_0000000000000000000000a')
      expect([path, unknown.status]).toEqual([path, 404])
      for (const [as, mode] of [
        [bob, 'test'],
        [alice, 'live'],
      ] as const) {
        const { status, text } = await ask(as, mode, id, made.id)
        expect([path, status, text]).toEqual([path, 404, unknown.text])
      }
    }
    expect((await loadCatalog(db)).routes).toMatchObject([{ enabled: true, rate: { version: 1 } }])
  })

  test('a route or provider of nobody is not there', async () => {
    const by = { actor: 'seed', at: 1 }
    await upsertProvider(db, { id: 'demo', name: 'Demo', payTo: ELSEWHERE }, by)
    await upsertRoute(
      db,
      { id: 'r', providerId: 'demo', path: '/demo', origin: { kind: 'zone' }, chainIds: [], rate: null },
      by,
    )
    expect((await api('GET', '/providers', call(alice))).json['data']).toEqual([])
    expect((await api('GET', '/routes/r', call(alice))).status).toBe(404)
  })

  test('a key that may only read changes nothing', async () => {
    const { id } = await provider()
    const { text } = await keyOf(alice.owner, 'test', ['providers:read'])
    expect((await api('GET', `/providers/${id}`, call(text))).status).toBe(200)
    const edit = await api('PATCH', `/providers/${id}`, call(text, { body: { name: 'x' }, ...match(1) }))
    expect([edit.status, edit.json['code']]).toEqual([403, 'scope_missing'])
  })
})

describe('a payout change', () => {
  const change = (more: Call = {}) => call(alice, { body: { payTo: ELSEWHERE }, ...match(1), ...more })
  const day = 86_400_000

  test('needs the wallet, waits 24 hours, alerts, takes effect by the clock and drains', async () => {
    const { id } = await provider()
    const made = await route(id)
    await sold(id, made.id)
    const path = `/providers/${id}/payout-change`
    const unsure = await api('POST', path, change())
    expect([unsure.status, unsure.json['code']]).toEqual([409, 'drain_confirmation_needed'])
    expect(unsure.json['drain']).toEqual({ channels: 1, toPay: '40', toReturn: '910', whole: true })
    const dry = await api('POST', `${path}?dryRun=true`, change())
    expect(dry.json).toMatchObject({ drain: { channels: 1 }, pendingPayout: null })
    const sure = change({ body: { payTo: ELSEWHERE, confirmDrain: true } })
    const other = await signedApi('POST', path, sure, bob.wallet)
    expect(other.json['code']).toBe('signature_refused')
    const asked = await signedApi('POST', path, sure, alice.wallet)
    expect(asked.json).toMatchObject({
      payTo: alice.owner,
      pendingPayout: { payTo: ELSEWHERE },
      revision: 2,
      drain: { channels: 1 },
    })
    const now = Date.now()
    await everyMinute(apiEnv(), new Date(now + day - 60_000))
    expect((await loadCatalog(db)).routes).toMatchObject([{ payTo: alice.owner }])
    const { version } = await loadCatalog(db)
    await everyMinute(apiEnv(), new Date(now + day + 60_000))
    expect(await loadCatalog(db)).toMatchObject({ version: version + 1, routes: [{ payTo: ELSEWHERE }] })
    expect(await closed()).toEqual([`close ${channelId} ${ELSEWHERE} null`])
    const acts = (await db.orm.select().from(db.tables.audit)).map(({ action, actor }) => `${actor} ${action}`)
    expect(acts).toContain(`${alice.owner} provider.payout_change_request`)
    expect(acts).toContain('platform provider.payout_change_apply')
    expect((await api('GET', `/providers/${id}/drains`, call(alice))).json['data']).toMatchObject([
      { reason: 'payout', receiver: alice.owner, finishedAt: null },
    ])
    await everyMinute(apiEnv(), new Date(now + day + 300_000))
    expect((await api('GET', `/providers/${id}/drains`, call(alice))).json['data']).toMatchObject([
      { closed: 1, open: 0, finishedAt: expect.any(String) as string },
    ])
  })

  test('can be cancelled until then, without the wallet', async () => {
    const { id } = await provider()
    const path = `/providers/${id}/payout-change`
    await signedApi('POST', path, change(), alice.wallet)
    expect((await api('DELETE', path, call(alice, match(1)))).status).toBe(412)
    expect((await api('DELETE', path, call(alice, match(2)))).json).toMatchObject({ pendingPayout: null, revision: 3 })
    expect((await api('DELETE', path, call(alice, match(3)))).json['code']).toBe('no_payout_change')
    await everyMinute(apiEnv(), new Date(Date.now() + 2 * day))
    expect((await api('GET', `/providers/${id}`, call(alice))).json['payTo']).toBe(alice.owner)
  })

  test('a confirmation is not good for another address, another provider, or a second time', async () => {
    const [{ id }, second] = [await provider(), await provider()]
    const path = `/providers/${id}/payout-change`
    const headers = { 'if-match': '"1"', ...(await confirmation(await api('POST', path, change()), alice.wallet)) }
    const elsewhere = call(alice, { body: { payTo: hex('e2', 20) }, headers })
    expect((await api('POST', path, elsewhere)).json['code']).toBe('signature_refused')
    const other = await api('POST', `/providers/${second.id}/payout-change`, change({ headers }))
    expect(other.json['code']).toBe('signature_refused')
    expect((await api('POST', path, change({ headers }))).status).toBe(200)
    expect((await api('DELETE', path, call(alice, match(2)))).status).toBe(200)
    const again = await api('POST', path, change({ headers: { ...headers, 'if-match': '"3"' } }))
    expect(again.json['code']).toBe('signature_refused')
  })

  test('asked for again waits anew', async () => {
    const { id } = await provider()
    const path = `/providers/${id}/payout-change`
    await signedApi('POST', path, change(), alice.wallet)
    const { tables, orm } = db
    await orm.update(tables.provider).set({ pendingPayToAt: new Date(Date.now() + 1_000) })
    const again = change({ body: { payTo: hex('e2', 20) }, ...match(2) })
    const { json } = await signedApi('POST', path, again, alice.wallet)
    const { takesEffectAt } = json['pendingPayout'] as { takesEffectAt: string }
    expect(Date.parse(takesEffectAt)).toBeGreaterThan(Date.now() + day - 60_000)
  })
})

describe('a drain', () => {
  const delay = (revision: number, more: object = {}) =>
    call(alice, { body: { withdrawDelay: 7_200, confirmDrain: true, ...more }, ...match(revision) })

  test('follows another withdraw delay, once a day', async () => {
    const { id } = await provider()
    await sold(id, (await route(id)).id)
    expect((await api('PATCH', `/providers/${id}`, delay(1, { confirmDrain: false }))).json).toMatchObject({
      code: 'drain_confirmation_needed',
      drain: { channels: 1 },
    })
    expect((await api('PATCH', `/providers/${id}`, delay(1))).json).toMatchObject({
      drain: { channels: 1 },
      revision: 2,
    })
    const again = await api('PATCH', `/providers/${id}`, delay(2, { withdrawDelay: 3_600 }))
    expect([again.status, again.json['code']]).toEqual([409, 'terms_changed_recently'])
    const now = Date.now()
    await settlement.say({ close: { [channelId]: { kind: 'waiting', why: 'refund' } } })
    for (const minute of [1, 2, 3, 4, 5]) await everyMinute(apiEnv(), new Date(now + minute * 60_000))
    expect(await closed()).toHaveLength(5)
    expect((await closed())[0]).toBe(`close ${channelId} ${alice.owner} 7200`)
    const drains = async () => (await api('GET', `/providers/${id}/drains`, call(alice))).json['data']
    expect(await drains()).toMatchObject([{ open: 1, closed: 0, finishedAt: null }])
    await settlement.say({})
    await everyMinute(apiEnv(), new Date(now + 360_000))
    expect(await drains()).toMatchObject([{ open: 0, closed: 1, finishedAt: new Date(now + 360_000).toISOString() }])
  })

  test('leaves channels alone that another provider sells on under the same receiver', async () => {
    const { id } = await provider()
    await sold(id, (await route(id)).id)
    // Mallory names the address of Alice as his own, has one call paid on her channel, and changes his terms.
    const body = { name: 'Mallory', payTo: alice.wallet.address }
    const made = await signedApi('POST', '/providers', call(bob, { body }), bob.wallet)
    const mallory = String(made.json['id'])
    await sold(mallory, (await route(mallory, { path: '/mallory' }, bob)).id, 2)
    const patch = call(bob, { body: { withdrawDelay: 7_200, confirmDrain: true }, ...match(1) })
    expect((await api('PATCH', `/providers/${mallory}`, patch)).status).toBe(200)
    await everyMinute(apiEnv(), new Date(Date.now() + 400_000))
    await everyMinute(apiEnv(), new Date(Date.now() + 460_000))
    expect(await closed()).toEqual([])
  })
})

describe('lists', () => {
  test('show what the provider sold, page by page, and nothing of others with the same receiver', async () => {
    const { id } = await provider()
    const mine = await route(id)
    await sold(id, mine.id, 1, 3)
    const first = await api('GET', `/providers/${id}/payments?limit=2`, call(alice))
    expect(first.json['data']).toMatchObject([{ seq: 3 }, { seq: 2, routeId: mine.id, amount: '30' }])
    const next = `/providers/${id}/payments?limit=2&cursor=${String(first.json['nextCursor'])}`
    expect((await api('GET', next, call(alice))).json).toMatchObject({ data: [{ seq: 1 }], nextCursor: null })
    const channels = (await api('GET', `/providers/${id}/channels`, call(alice))).json['data']
    expect(channels).toMatchObject([{ id: channelId, deposited: '1000', spent: '90' }])
    expect((await api('GET', `/providers/${id}/settlements`, call(alice))).json['data']).toMatchObject([
      { channelId, amount: '50' },
    ])
    expect((await api('GET', `/providers/${id}/incidents`, call(alice))).json['data']).toEqual([])
    const what = 'withdrawal_lost' as const
    await project(db, [{ v: 1, kind: 'incident', id: 'w', what, detail: { channelId }, at: 5 }])
    expect((await api('GET', `/providers/${id}/incidents`, call(alice))).json['data']).toMatchObject([
      { id: 'w', what },
    ])
    const body = { name: 'Bob', payTo: alice.wallet.address }
    const theirs = await signedApi('POST', '/providers', call(bob, { body }), bob.wallet)
    for (const list of ['payments', 'channels', 'settlements', 'incidents'])
      expect((await api('GET', `/providers/${String(theirs.json['id'])}/${list}`, call(bob))).json['data']).toEqual([])
  })

  test('take filters', async () => {
    const { id } = await provider()
    const mine = await route(id)
    await sold(id, mine.id)
    const count = async (query: string) =>
      ((await api('GET', `/providers/${id}/${query}`, call(alice))).json['data'] as object[] | undefined)?.length
    expect(await count(`payments?route=${mine.id}`)).toBe(1)
    expect(await count('payments?since=1970-01-01T00:00:02Z')).toBe(0)
    expect(await count('payments?until=1970-01-01T00:00:02Z')).toBe(1)
    expect(await count(`channels?receiver=${alice.owner}`)).toBe(1)
    expect(await count(`channels?receiver=${ELSEWHERE}`)).toBe(0)
    expect(await count('channels?chainId=84532')).toBe(1)
    expect(await count('channels?chainId=1')).toBe(0)
    expect(await count(`settlements?channel=${hex('ff', 32)}`)).toBe(0)
    for (const query of [
      'payments?since=today',
      'channels?receiver=0x12',
      'channels?chainId=-1',
      'incidents?status=x',
      'payments?x=1',
      'payments?limit=0',
    ])
      expect([query, (await api('GET', `/providers/${id}/${query}`, call(alice))).status]).toEqual([query, 400])
    expect((await api('GET', `/providers/${id}/payments?route=route_of_nobody`, call(alice))).status).toBe(404)
  })
})
