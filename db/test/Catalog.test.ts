import { asc } from 'drizzle-orm'
import { describe, expect, test } from 'vitest'
import { loadCatalog, publishRateCard, type RouteInput, upsertProvider, upsertRoute } from '../src/Catalog.ts'
import { db, emptyBeforeEach } from './database.ts'

emptyBeforeEach()
const by = { actor: 'test', at: Date.UTC(2026, 10, 1) }
const acme = { id: 'acme', name: 'Acme', payTo: `0x${'Ab'.repeat(20)}` }
const chat: RouteInput = {
  id: 'chat',
  providerId: 'acme',
  methods: ['post'],
  path: '/v1/chat/*',
  origin: { kind: 'url', url: 'https://api.example/base' },
  chainIds: [84532, 31337],
  credential: { header: 'Authorization', sealed: 'c2VhbGVk' },
  rate: { v: 1, kind: 'flat', amount: '340282366920938463463374607431768211455' },
}

async function withChat() {
  await upsertProvider(db, acme, by)
  await upsertRoute(db, chat, by)
}

describe('loadCatalog', () => {
  test('an empty database is version 0 without routes', async () => {
    const sentinel = { version: 0, platform: 1, providers: {}, breakers: [] }
    expect(await loadCatalog(db)).toEqual({ version: 0, routes: [], signals: { version: 0, values: {} }, sentinel })
    expect(await loadCatalog(db, 0)).toBe('unchanged')
  })

  test('gives the gateway a route with its provider and price', async () => {
    await withChat()
    expect(await loadCatalog(db)).toEqual({
      version: 2,
      routes: [
        {
          id: 'chat',
          providerId: 'acme',
          providerName: 'Acme',
          methods: ['POST'],
          path: '/v1/chat/*',
          origin: { kind: 'url', url: 'https://api.example/base' },
          payTo: `0x${'ab'.repeat(20)}`,
          chainIds: [84532, 31337],
          rate: { version: 1, rule: { v: 1, kind: 'flat', amount: '340282366920938463463374607431768211455' } },
          coming: [],
          bodyPriced: false,
          maxBodyBytes: 1_048_576,
          chargeOnAbandon: true,
          credential: { header: 'authorization', sealed: 'c2VhbGVk' },
          enabled: true,
          audience: 'acme/chat',
          revision: 1,
          adapter: null,
          withdrawDelay: null,
          settle: { amount: null, ageMs: null },
        },
      ],
      signals: { version: 0, values: {} },
      sentinel: { version: 0, platform: 1, providers: {}, breakers: [] },
    })
  })

  test('is unchanged exactly until something changes', async () => {
    await withChat()
    expect(await loadCatalog(db, 2)).toBe('unchanged')
    await upsertRoute(db, chat, by)
    await upsertProvider(db, acme, by)
    expect(await loadCatalog(db, 2)).toBe('unchanged')
    await upsertProvider(db, { ...acme, enabled: false }, by)
    expect(await loadCatalog(db, 2)).toMatchObject({ version: 3, routes: [{ enabled: false }] })
  })

  test('a price that cannot be read switches the route off instead of giving it away', async () => {
    await withChat()
    const { rateCard } = db.tables
    await db.orm.update(rateCard).set({ rule: { v: 2, kind: 'flat', amount: '1' } as never })
    expect(await loadCatalog(db)).toMatchObject({ routes: [{ enabled: false, rate: null }] })
  })
})

describe('rate cards', () => {
  test('are numbered, kept, and the newest is in force', async () => {
    await withChat()
    const rule = { v: 1, kind: 'metered', unit: 'byte', unitAmount: '3', per: '1024', max: '5000' } as const
    expect(await publishRateCard(db, 'chat', rule, by)).toBe(2)
    expect(await publishRateCard(db, 'chat', { v: 1, kind: 'flat', amount: '7' }, by)).toBe(3)
    expect(await loadCatalog(db)).toMatchObject({ routes: [{ rate: { version: 3, rule: { amount: '7' } } }] })
    const { rateCard } = db.tables
    const cards = await db.orm.select().from(rateCard).orderBy(asc(rateCard.version))
    expect(cards.map(({ version, rule }) => [version, rule])).toEqual([
      [1, chat.rate],
      [2, rule],
      [3, { v: 1, kind: 'flat', amount: '7' }],
    ])
  })

  test('the rule in force is not published again', async () => {
    await withChat()
    const again = { amount: '340282366920938463463374607431768211455', kind: 'flat', v: 1 } as const
    expect(await publishRateCard(db, 'chat', again, by)).toBe(1)
    expect(await loadCatalog(db, 2)).toBe('unchanged')
  })

  test('a version that exists is never overwritten, and the failed change leaves no trace', async () => {
    await withChat()
    const rules = ['1', '2', '3'].map((amount) => ({ v: 1, kind: 'flat', amount }) as const)
    const done = await Promise.allSettled(rules.map((rule) => publishRateCard(db, 'chat', rule, by)))
    const published = done.filter(({ status }) => status === 'fulfilled').length
    const { rateCard, audit } = db.tables
    expect(published).toBeGreaterThan(0)
    expect(await db.orm.select().from(rateCard)).toHaveLength(1 + published)
    expect(await db.orm.select().from(audit)).toHaveLength(2 + published)
    expect(await loadCatalog(db)).toMatchObject({ version: 2 + published })
  })

  test('a route without a card, or whose price was taken away, is free; its cards stay, and history says since when', async () => {
    await withChat()
    await upsertRoute(db, { ...chat, rate: null }, by)
    expect(await loadCatalog(db)).toMatchObject({ routes: [{ rate: null, enabled: true }] })
    const { rateCard } = db.tables
    const cards = await db.orm.select().from(rateCard).orderBy(asc(rateCard.version))
    expect(cards.map(({ rule }) => rule)).toEqual([chat.rate, { v: 1, kind: 'flat', amount: '0' }])
    await upsertRoute(db, chat, by)
    expect(await loadCatalog(db)).toMatchObject({ routes: [{ rate: { version: 3, rule: chat.rate } }] })
  })

  test('replacing a route without naming a price keeps its price', async () => {
    await withChat()
    const { rate: _rate, ...rest } = chat
    await upsertRoute(db, { ...rest, path: '/v2/chat' }, by)
    expect(await loadCatalog(db)).toMatchObject({ routes: [{ path: '/v2/chat', rate: { version: 1 } }] })
  })
})

describe('what cannot be used is refused and changes nothing', () => {
  const bad: [string, Partial<RouteInput>][] = [
    ['a path with dot segments', { path: '/v1/../admin' }],
    ['a path with an empty segment', { path: '/v1//chat' }],
    ['a path with a star inside', { path: '/v1/*/chat' }],
    ['a path with an encoded slash', { path: '/v1%2fchat' }],
    ['an origin with credentials', { origin: { kind: 'url', url: 'https://me:secret@api.example' } }],
    ['an origin that is not http', { origin: { kind: 'url', url: 'file:///etc/passwd' } }],
    ['a priced route without a chain', { chainIds: [] }],
    ['an origin that is not a binding for upstreams', { origin: { kind: 'service', binding: 'SETTLEMENT' } }],
    ['a price that is not an integer', { rate: { v: 1, kind: 'flat', amount: '0.001' } }],
    ['a negative price', { rate: { v: 1, kind: 'flat', amount: '-1' } }],
    ['a meter by zero units', { rate: { v: 1, kind: 'metered', unit: 'byte', unitAmount: '1', per: '0', max: '9' } }],
    ['a header name with a line break', { credential: { header: 'x\r\ny', sealed: '' } }],
    ['an unknown provider', { providerId: 'nobody' }],
  ]
  test.each(bad)('%s', async (_, change) => {
    await upsertProvider(db, acme, by)
    await expect(upsertRoute(db, { ...chat, ...change }, by)).rejects.toThrow()
    expect(await loadCatalog(db)).toMatchObject({ version: 1, routes: [] })
  })

  test('a card for no route', async () => {
    await expect(publishRateCard(db, 'none', { v: 1, kind: 'flat', amount: '1' }, by)).rejects.toThrow(/no such route/)
  })
})

describe('audit', () => {
  test('each change says who, what and when, and never shows a credential', async () => {
    await withChat()
    await publishRateCard(db, 'chat', { v: 1, kind: 'flat', amount: '7' }, { actor: 'alice', at: by.at + 5 })
    const { audit } = db.tables
    const rows = await db.orm.select().from(audit).orderBy(asc(audit.id))
    expect(rows.map(({ actor, action, subject, at }) => [actor, action, subject, at.getTime()])).toEqual([
      ['test', 'provider.write', 'acme', by.at],
      ['test', 'route.write', 'chat', by.at],
      ['alice', 'rate_card.publish', 'chat', by.at + 5],
    ])
    expect(rows[1]?.detail).toMatchObject({ credentialSealed: true, rule: chat.rate })
    expect(JSON.stringify(rows)).not.toContain('c2VhbGVk')
  })
})
