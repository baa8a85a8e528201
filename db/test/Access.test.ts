/** Owners, API keys and idempotency on both databases. */
import { describe, expect, test } from 'vitest'
import * as ApiKeys from '../src/ApiKeys.ts'
import * as Idempotency from '../src/Idempotency.ts'
import * as Owners from '../src/Owners.ts'
import { db, emptyBeforeEach } from './database.ts'

emptyBeforeEach()

const now = new Date('2026-11-22T20:00:00.000Z')
const after = (ms: number) => new Date(now.getTime() + ms)
const alice = Owners.ownerOf('0xa11ce', null)

describe('idempotency', () => {
  const name = { owner: alice.id, mode: 'live', key: 'k' } as const
  const answer = { status: 201, headers: { etag: '"1"' }, body: '{}' }

  test('a request runs once, and a repeat has its answer', async () => {
    const begun = await Idempotency.begin(db, name, 'd', now)
    expect(begun).toMatchObject({ kind: 'run', at: now })
    expect(await Idempotency.begin(db, name, 'd', after(1_000))).toEqual({ kind: 'running' })
    await Idempotency.finish(db, name, now, answer)
    expect(await Idempotency.begin(db, name, 'd', after(2_000))).toEqual({ kind: 'done', answer })
    expect(await Idempotency.begin(db, name, 'e', after(2_000))).toEqual({ kind: 'other' })
  })

  test('of ten at once one runs', async () => {
    const kinds = await Promise.all(
      Array.from({ length: 10 }, async () => (await Idempotency.begin(db, name, 'd', now)).kind),
    )
    expect(kinds.filter((kind) => kind === 'run')).toHaveLength(1)
  })

  test('one that was cut off runs again with the same seed, for one of those who repeat it', async () => {
    const first = await Idempotency.begin(db, name, 'd', now)
    const again = await Promise.all([1, 2, 3].map(() => Idempotency.begin(db, name, 'd', after(60_000))))
    expect(again.filter(({ kind }) => kind === 'run')).toEqual([{ ...first, at: after(60_000) }])
    // Who was cut off and comes back has no say any more.
    await Idempotency.finish(db, name, now, answer)
    expect(await Idempotency.begin(db, name, 'd', after(61_000))).toEqual({ kind: 'running' })
  })

  test('what was refused is forgotten; after a day everything is', async () => {
    await Idempotency.begin(db, name, 'd', now)
    await Idempotency.forget(db, name, now)
    expect(await Idempotency.begin(db, name, 'e', now)).toMatchObject({ kind: 'run' })
    await Idempotency.finish(db, name, now, answer)
    const next = await Idempotency.begin(db, name, 'f', after(Idempotency.KEEP_MS))
    expect(next).toMatchObject({ kind: 'run' })
    await Idempotency.sweep(db, after(2 * Idempotency.KEEP_MS + 1))
    expect(await db.orm.select().from(db.tables.idempotency)).toEqual([])
  })
})

describe('owners', () => {
  test('a sign-in holds until it ends or is ended, and is in the audit', async () => {
    await Owners.signIn(db, alice, 'h1', now)
    await Owners.signIn(db, alice, 'h2', now)
    expect(await Owners.signedIn(db, 'h1', now)).toMatchObject({ id: '0xa11ce', address: '0xa11ce', chainId: null })
    expect(await Owners.signedIn(db, 'h1', after(Owners.SIGN_IN_MS))).toBeUndefined()
    await Owners.signOut(db, alice.id, 'h1', false, now)
    expect(await Owners.signedIn(db, 'h1', now)).toBeUndefined()
    expect(await Owners.signedIn(db, 'h2', now)).toBeDefined()
    const rows = await db.orm.select().from(db.tables.audit)
    expect(rows.map(({ action }) => action).toSorted()).toEqual(['sign_in', 'sign_in', 'sign_out'])
  })

  test('a nonce is used once, and kept until it could not be used anyway', async () => {
    const tries = await Promise.all([1, 2, 3].map(() => Owners.useNonce(db, 'n', after(10))))
    expect(tries.filter(Boolean)).toHaveLength(1)
    await Owners.sweep(db, after(9))
    expect(await Owners.isNonceUsed(db, 'n')).toBe(true)
    await Owners.sweep(db, after(11))
    expect(await Owners.isNonceUsed(db, 'n')).toBe(false)
  })
})

describe('API keys', () => {
  const key = (id: string): ApiKeys.NewApiKey => ({
    id,
    owner: alice.id,
    mode: 'live',
    name: 'agent',
    prefix: 'pb_live_abcd',
    hash: `hash of ${id}`,
    scopes: ['audit:read'],
    expiresAt: null,
  })

  test('are found by their hash with the account of their owner, and used to the minute', async () => {
    await Owners.signIn(db, alice, 'h', now)
    await ApiKeys.createApiKey(db, key('key_a'), alice.id, now)
    expect(await ApiKeys.apiKeyByHash(db, 'hash of key_a')).toMatchObject({
      key: { id: 'key_a', scopes: ['audit:read'] },
      address: '0xa11ce',
      chainId: null,
    })
    await ApiKeys.touch(db, 'key_a', now)
    await ApiKeys.touch(db, 'key_a', after(30_000))
    expect(await ApiKeys.getApiKey(db, alice.id, 'live', 'key_a')).toMatchObject({ lastUsedAt: now })
  })

  test('are their owner’s in their mode only', async () => {
    await ApiKeys.createApiKey(db, key('key_a'), alice.id, now)
    for (const [owner, mode] of [
      ['0xb0b', 'live'],
      [alice.id, 'test'],
    ] as const) {
      expect(await ApiKeys.getApiKey(db, owner, mode, 'key_a')).toBeUndefined()
      expect(await ApiKeys.revokeApiKey(db, owner, mode, 'key_a', owner, now)).toBeUndefined()
      expect(await ApiKeys.listApiKeys(db, owner, mode, undefined, 10)).toEqual([])
    }
    const rows = await ApiKeys.listApiKeys(db, alice.id, 'live', undefined, 10)
    expect(rows).toMatchObject([{ id: 'key_a', revokedAt: null }])
    expect(rows[0]).not.toHaveProperty('hash')
  })

  test('are revoked once', async () => {
    await ApiKeys.createApiKey(db, key('key_a'), alice.id, now)
    await ApiKeys.revokeApiKey(db, alice.id, 'live', 'key_a', alice.id, now)
    const again = await ApiKeys.revokeApiKey(db, alice.id, 'live', 'key_a', alice.id, after(5))
    expect(again?.revokedAt).toEqual(now)
    expect(await db.orm.select().from(db.tables.audit)).toHaveLength(2)
  })

  test('are a hundred at most', async () => {
    const { apiKey } = db.tables
    const rows = Array.from({ length: ApiKeys.MAX_ACTIVE }, (_, i) => ({ ...key(`key_${i}`), createdAt: now }))
    for (const row of rows) await db.orm.insert(apiKey).values(row)
    expect(await ApiKeys.createApiKey(db, key('key_more'), alice.id, now)).toBe('full')
    await ApiKeys.revokeApiKey(db, alice.id, 'live', 'key_0', alice.id, now)
    expect(await ApiKeys.createApiKey(db, key('key_more'), alice.id, now)).toMatchObject({ id: 'key_more' })
  })
})
