import { expect, test } from 'vitest'
import * as ApiKeys from '../src/ApiKeys.ts'
import { upsertProvider } from '../src/Catalog.ts'
import * as Owners from '../src/Owners.ts'
import { delaysAt, isReceiver, providerKey } from '../src/ProviderKeys.ts'
import { eq } from 'drizzle-orm'
import { db, emptyBeforeEach } from './database.ts'
import { hex } from './events.ts'

emptyBeforeEach()

const now = new Date('2026-11-22T20:00:00.000Z')
const alice = Owners.ownerOf(hex('a1', 20), null)
const bob = Owners.ownerOf(hex('b0', 20), null)

async function provider(id: string, owner: string, mode: 'live' | 'test', enabled = true) {
  await upsertProvider(db, { id, name: id, payTo: hex('5e', 20), enabled }, { actor: 'test', at: now.getTime() })
  await db.orm.update(db.tables.provider).set({ owner, mode }).where(eq(db.tables.provider.id, id))
}

test('a key has the providers of its owner in its mode, switched off or not', async () => {
  for (const who of [alice, bob]) await Owners.signIn(db, who, `cookie of ${who.id}`, now)
  await provider('one', alice.id, 'test')
  await provider('off', alice.id, 'test', false)
  await provider('live', alice.id, 'live')
  await provider('others', bob.id, 'test')
  const scopes = ['payments:write']
  const key = {
    id: 'key_1',
    owner: alice.id,
    mode: 'test',
    name: 'server',
    prefix: 'pb_test_abcd',
    hash: 'h',
    scopes,
  } as const
  await ApiKeys.createApiKey(db, { ...key, scopes, expiresAt: now }, alice.id, now)
  expect(await providerKey(db, 'none')).toBeUndefined()
  const off = { name: 'off', payTo: hex('5e', 20), withdrawDelay: null, settle: { amount: null, ageMs: null } }
  expect(await providerKey(db, 'h')).toEqual({
    ...{ id: 'key_1', hash: 'h', owner: alice.id, mode: 'test', scopes },
    ...{ revokedAt: null, expiresAt: now.getTime(), lastUsedAt: null },
    providers: [
      { ...off, id: 'off', enabled: false },
      { ...off, id: 'one', name: 'one', enabled: true },
    ],
  })
  await ApiKeys.revokeApiKey(db, alice.id, 'test', 'key_1', alice.id, now)
  expect((await providerKey(db, 'h'))?.revokedAt).toBe(now.getTime())
})

test('a receiver is where a provider of the mode is paid that is switched on', async () => {
  await provider('off', alice.id, 'test', false)
  expect(await isReceiver(db, hex('5e', 20), 'test')).toBe(false)
  await provider('one', alice.id, 'test')
  expect(await isReceiver(db, hex('5e', 20), 'test')).toBe(true)
  expect(await isReceiver(db, hex('5e', 20), 'live')).toBe(false)
  expect(await isReceiver(db, hex('5f', 20), 'test')).toBe(false)
})

test('who is paid at some addresses, and the delay of their channels', async () => {
  await provider('one', alice.id, 'test')
  await provider('two', bob.id, 'test')
  await provider('off', bob.id, 'test', false)
  await provider('live', bob.id, 'live')
  await db.orm.update(db.tables.provider).set({ withdrawDelay: 86_400 }).where(eq(db.tables.provider.id, 'two'))
  const rows = await delaysAt(db, [hex('5e', 20), hex('5f', 20)], 'test')
  expect(new Set(rows)).toEqual(
    new Set([
      { id: 'one', payTo: hex('5e', 20), withdrawDelay: null },
      { id: 'two', payTo: hex('5e', 20), withdrawDelay: 86_400 },
    ]),
  )
})
