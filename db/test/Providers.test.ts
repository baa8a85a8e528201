/** Rows of providers on both databases: scoped, in order, made in one step. */
import { beforeEach, describe, expect, test } from 'vitest'
import { loadCatalog } from '../src/Catalog.ts'
import { project } from '../src/Projection.ts'
import * as Providers from '../src/Providers.ts'
import * as Cards from '../src/ProvidersCards.ts'
import * as Drains from '../src/ProvidersDrain.ts'
import * as Hosts from '../src/ProvidersHosts.ts'
import * as Lists from '../src/ProvidersLists.ts'
import { pathsOfNobody, rootOf } from '../src/ProvidersPath.ts'
import * as Routes from '../src/ProvidersRoutes.ts'
import { LIMITS } from '../src/ProvidersScope.ts'
import { db, emptyBeforeEach, explain } from './database.ts'
import { hex, history, refs, sessionEvent, T0 } from './events.ts'

const OWNER = hex('a1', 20)
const at = new Date(T0)
const who = { owner: OWNER, mode: 'test', actor: 'key_1', at } as const
const other = { ...who, owner: hex('b2', 20) }
const terms = { withdrawDelay: 900, settleAmount: '5000000', settleAgeMs: 600_000 }
const flat = { v: 1, kind: 'flat', amount: '1000' } as const

const provider = (id: string, as = who) =>
  Providers.createProvider(db, as, { id, name: 'Acme', payTo: hex('ac', 20), ...terms })
const route = (id: string, providerId: string, over: Partial<Routes.NewRoute> = {}, as = who) =>
  Routes.createRoute(db, as, {
    id,
    providerId,
    path: '/acme/*',
    origin: { kind: 'url', url: 'https://api.acme.example' },
    chainIds: [84532],
    adapter: null,
    rate: flat,
    ...over,
  })

emptyBeforeEach()

describe('changes', () => {
  test('of provider, route and price are in the catalog, the audit and the revision of the row at once', async () => {
    await provider('prov_1')
    await route('route_1', 'prov_1')
    await Cards.publishCard(db, who, 'route_1', 1, { ...flat, amount: '2000' })
    await Providers.editProvider(db, who, 'prov_1', 1, { enabled: false, settleAmount: null })
    expect(await loadCatalog(db)).toMatchObject({
      version: 4,
      routes: [
        {
          id: 'route_1',
          revision: 2,
          rate: { version: 2, rule: { amount: '2000' } },
          enabled: false,
          withdrawDelay: 900,
          settle: { amount: null, ageMs: 600_000 },
        },
      ],
    })
    const acts = await db.orm.select().from(db.tables.audit)
    expect(acts.map(({ action, seq }) => `${seq} ${action}`).sort()).toEqual([
      '1 provider.create',
      '2 route.create',
      '3 rate_card.publish',
      '4 provider.edit',
    ])
  })

  test('that change nothing write nothing', async () => {
    await provider('prov_1')
    const [{ version }, acts] = [await loadCatalog(db), await db.orm.select().from(db.tables.audit)]
    await provider('prov_1')
    await Providers.editProvider(db, who, 'prov_1', 1, { name: 'Acme', settleAmount: '5000000' })
    expect((await loadCatalog(db)).version).toBe(version)
    expect(await db.orm.select().from(db.tables.audit)).toEqual(acts)
  })

  test('from a stale revision, or of another owner, are refused', async () => {
    await provider('prov_1')
    await route('route_1', 'prov_1')
    await expect(Providers.editProvider(db, who, 'prov_1', 2, { name: 'x' })).rejects.toMatchObject({
      code: 'precondition_failed',
    })
    for (const refused of [
      () => Providers.editProvider(db, other, 'prov_1', 1, { name: 'x' }),
      () => Routes.editRoute(db, other, 'route_1', 1, { enabled: false }),
      () => Cards.publishCard(db, { ...who, mode: 'live' }, 'route_1', 1, flat),
      () => route('route_2', 'prov_1', { path: '/b' }, other),
    ])
      await expect(refused()).rejects.toMatchObject({ code: 'not_found' })
  })

  test('at the same time follow each other: of edits from one revision one is made', async () => {
    await provider('prov_1')
    const edits = ['a', 'b', 'c', 'd'].map((name) => Providers.editProvider(db, who, 'prov_1', 1, { name }))
    const made = (await Promise.allSettled(edits)).filter(({ status }) => status === 'fulfilled')
    expect(made).toHaveLength(1)
    expect(await Providers.providerOf(db, who, 'prov_1')).toMatchObject({ revision: 2 })
  })

  test('a first segment that two owners take at once belongs to one of them', async () => {
    await provider('prov_1')
    await provider('prov_2', other)
    const taken = await Promise.allSettled([
      route('route_1', 'prov_1', { path: '/same/a' }),
      route('route_2', 'prov_2', { path: '/Same/b' }, other),
    ])
    expect(taken.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(taken.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'path_taken' } })
    expect(await db.orm.select().from(db.tables.route)).toHaveLength(1)
  })

  test('stop at the limits', async () => {
    for (let i = 0; i < LIMITS.roots; i++) {
      if (i === 0) await provider('prov_1')
      await route(`route_${i}`, 'prov_1', { path: `/r${i}` })
    }
    await expect(route('route_x', 'prov_1', { path: '/rx' })).rejects.toMatchObject({ code: 'limit_reached' })
    await route('route_y', 'prov_1', { path: '/r0/y' })
  })
})

test.each([
  ['/acme/v1/*', 'acme'],
  ['/ACME', 'acme'],
  ['/acme;v=1/x', 'acme'],
  ['/acme./x', 'acme'],
  ['/ac%C3%A9/x', 'acé'],
  ['/*', undefined],
  ['/', undefined],
  ['/.well-known/x', undefined],
  ['/healthz', undefined],
  ['/;a/x', undefined],
])('the first segment of %s is %s', (path, root) => {
  expect(rootOf(path)).toBe(root)
})

describe('a payout change', () => {
  test('is due when its time has come, takes effect once, and starts one drain', async () => {
    await provider('prov_1')
    await Providers.requestPayout(db, who, 'prov_1', 1, hex('e1', 20))
    const due = (ms: number) => Providers.duePayouts(db, new Date(T0 + Providers.PAYOUT_WAIT_MS + ms), 10)
    expect(await due(-1)).toEqual([])
    expect((await due(0)).map(({ id }) => id)).toEqual(['prov_1'])
    const now = new Date(T0 + Providers.PAYOUT_WAIT_MS)
    expect(await Providers.applyPayout(db, 'prov_1', new Date(T0))).toBeUndefined()
    const applied = await Promise.all([1, 2].map(() => Providers.applyPayout(db, 'prov_1', now)))
    expect(applied.filter((drain) => drain !== undefined)).toMatchObject([{ receiver: hex('ac', 20) }])
    expect(await Providers.providerOf(db, who, 'prov_1')).toMatchObject({ payTo: hex('e1', 20), pendingPayTo: null })
    expect(await Drains.goingOn(db, now, 10)).toHaveLength(1)
    const [row] = await Drains.drainsOf(db, who, 'prov_1', '', 10)
    await Drains.finish(db, row!, 3, now)
    expect(await Drains.goingOn(db, now, 10)).toEqual([])
    expect(await Drains.drainsOf(db, other, 'prov_1', '', 10)).toEqual([])
  })
})

test("a host is its owner's, in a mode, when it has shown its token", async () => {
  await Hosts.addHost(db, who, 'api.acme.example', 'token')
  expect(await Hosts.isConfirmed(db, who, 'api.acme.example')).toBe(false)
  await Hosts.confirmHost(db, who, 'api.acme.example', 'another')
  expect(await Hosts.isConfirmed(db, who, 'api.acme.example')).toBe(false)
  await Hosts.confirmHost(db, who, 'api.acme.example', 'token')
  expect(await Hosts.isConfirmed(db, who, 'api.acme.example')).toBe(true)
  expect(await Hosts.isConfirmed(db, other, 'api.acme.example')).toBe(false)
  expect(await Hosts.isConfirmed(db, { ...who, mode: 'live' }, 'api.acme.example')).toBe(false)
})

describe('lists', () => {
  beforeEach(async () => {
    const histories = refs.map((ref) => history(ref, 12))
    await project(
      db,
      histories.map((of) => sessionEvent(of, of.rows, of.snapshots)),
    )
    const settle = (seq: number, ref: (typeof refs)[number]) => ({
      v: 1 as const,
      kind: 'session' as const,
      session: ref,
      channels: [],
      rows: [
        {
          seq,
          kind: 'settle' as const,
          channelId: hex(ref.payer.slice(2, 4), 32),
          debit: 'claimed',
          credit: 'settled',
          amount: '7',
          at: T0 + seq,
        },
      ],
    })
    await project(
      db,
      refs.flatMap((ref) => [settle(20, ref), settle(21, ref)]),
    )
    const detail = { channelId: hex('a1', 32) }
    await project(db, [{ v: 1, kind: 'incident', id: 'i', what: 'withdrawal_lost', detail, at: T0 }])
  })

  test('of payments go on where the page before ended, and leave nothing out', async () => {
    const all = await Lists.paymentsOf(db, 'acme', {}, undefined, 100)
    expect(all).toHaveLength(12)
    const paged: string[] = []
    for (let after: (typeof all)[number] | undefined; ;) {
      const page: typeof all = await Lists.paymentsOf(db, 'acme', {}, after, 5)
      paged.push(...page.map(({ session, seq }) => `${session} ${seq}`))
      if (page.length < 5) break
      after = page.at(-1)
    }
    expect(paged).toEqual(all.map(({ session, seq }) => `${session} ${seq}`))
    const since = new Date(T0 + 9_000)
    expect(await Lists.paymentsOf(db, 'acme', { since }, undefined, 100)).toHaveLength(4)
    expect(await Lists.paymentsOf(db, 'acme', { until: since }, undefined, 100)).toHaveLength(8)
    expect(await Lists.paymentsOf(db, 'nobody', {}, undefined, 100)).toEqual([])
  })

  test('of channels, payouts and incidents are of the channels that the provider sold on', async () => {
    const channels = await Lists.channelsOf(db, 'acme', {}, '', 10)
    expect(channels.map(({ channel }) => channel.id)).toEqual([hex('a1', 32), hex('b2', 32)])
    expect(await Lists.channelsOf(db, 'acme', { receiver: hex('0f', 20) }, '', 10)).toEqual([])
    const all = await Lists.settlementsOf(db, 'acme', {}, undefined, 10)
    expect(all.map(({ movement }) => movement.seq)).toEqual([20, 21, 20, 21])
    const { channelId, at: time, seq } = all[1]!.movement
    const rest = await Lists.settlementsOf(db, 'acme', {}, { channelId, at: time, seq }, 10)
    expect(rest.map(({ movement }) => movement.seq)).toEqual([20, 21])
    expect(await Lists.incidentsOf(db, 'acme', { open: true }, undefined, 10)).toMatchObject([
      { incident: { id: 'i' } },
    ])
    const last = { channelId: hex('a1', 32), id: 'i' }
    expect(await Lists.incidentsOf(db, 'acme', { open: false }, last, 10)).toEqual([])
    expect(await Lists.channelsOf(db, 'nobody', {}, '', 10)).toEqual([])
  })

  test('what a change of terms closes is counted without adding in SQL', async () => {
    const preview = await Drains.preview(db, 'acme', hex('ac', 20))
    expect(preview).toMatchObject({ channels: 2, whole: true })
    expect(BigInt(preview.toPay)).toBeGreaterThan(0n)
    expect(await Drains.preview(db, 'acme', hex('0f', 20))).toMatchObject({ channels: 0, toPay: '0', toReturn: '0' })
  })

  test.runIf(db.dialect === 'd1')('find their rows by an index, in order', async () => {
    const after = { channelId: hex('a1', 32), at, seq: 1 }
    const queries = [
      Providers.providersOf(db, who, 'a', 10),
      Providers.duePayouts(db, at, 10),
      Routes.routesOf(db, 'prov_1', 'a', 10),
      Cards.cardsOf(db, 'route_1', 0, 10),
      Hosts.hostsOf(db, who, '', 10),
      Drains.drainsOf(db, who, 'prov_1', '', 10),
      Drains.goingOn(db, at, 10),
      Drains.othersOn(db, [hex('a1', 32)]),
      pathsOfNobody(db),
      Lists.paymentsOf(db, 'acme', {}, { at, session: 's', seq: 1 }, 10),
      Lists.channelsOf(db, 'acme', {}, hex('a1', 32), 10),
      Lists.settlementsOf(db, 'acme', {}, after, 10),
      Lists.incidentsOf(db, 'acme', { open: true }, { channelId: hex('a1', 32), id: 'i' }, 10),
    ]
    for (const query of queries) {
      const plan = await explain(query.toSQL())
      expect([query.toSQL().sql, plan]).toEqual([
        query.toSQL().sql,
        expect.not.stringMatching(/SCAN|TEMP B-TREE FOR ORDER/),
      ])
    }
  })
})
