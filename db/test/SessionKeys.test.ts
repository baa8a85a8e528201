import { describe, expect, test } from 'vitest'
import {
  changedKeysBetween,
  countRelay,
  insertKey,
  keyOf,
  keysOf,
  managed,
  type NewKey,
  ownersOf,
  rowOfSession,
  updateKey,
  waitingKeys,
} from '../src/SessionKeys.ts'
import { db, emptyBeforeEach } from './database.ts'
import { hex } from './events.ts'

emptyBeforeEach()

const scope = { owner: 'owner-a', mode: 'test' } as const
const at = (ms: number) => new Date(ms)

function key(n: number, over: Partial<NewKey> = {}): NewKey {
  const permission = {
    account: hex('a1', 20),
    key: hex('b1', 20),
    token: hex('c1', 20),
    payees: [hex('d1', 20)],
    spendCap: '340282366920938463463374607431768211455',
    periodAmount: '0',
    periodDuration: 0,
    perPaymentMax: '0',
    start: 1,
    expiry: 2,
    freezer: hex('00', 20),
    salt: hex('00', 32),
  }
  const id = `84532:${hex('c0', 20)}:${hex('a1', 20)}:key-${n}`
  return {
    id,
    session: id,
    chainId: 84532,
    contract: hex('c0', 20),
    payer: hex('a1', 20),
    key: hex('b1', 20),
    publicId: `sk_${n}`,
    ...scope,
    name: `key ${n}`,
    permission,
    routes: ['r1'],
    status: 'active',
    version: 1,
    registered: 'none',
    madeBy: 'client',
    createdAt: at(1_000),
    updatedAt: at(1_000),
    ...over,
  }
}

const insert = (...rows: NewKey[]) => db.atomically((orm) => rows.map((row) => insertKey(db, orm, row)))
const known = async (id: string) => {
  const row = await keyOf(db, scope, id)
  if (row === undefined) throw new Error(`no ${id}`)
  return row
}

describe('managed session keys', () => {
  test('come back as they were put in, amounts to the last unit', async () => {
    await insert(key(1))
    expect(await keyOf(db, scope, 'sk_1')).toEqual({
      ...key(1),
      firstSeenAt: null,
      keyId: null,
      replaces: null,
      replacedBy: null,
      graceUntil: null,
    })
  })

  test('are seen by their owner in their mode only', async () => {
    await insert(key(1))
    expect(await keyOf(db, { ...scope, owner: 'owner-b' }, 'sk_1')).toBeUndefined()
    expect(await keyOf(db, { ...scope, mode: 'live' }, 'sk_1')).toBeUndefined()
    expect(await keysOf(db, { ...scope, owner: 'owner-b' }, {}, undefined, 9)).toEqual([])
    expect(await keysOf(db, { ...scope, mode: 'live' }, {}, undefined, 9)).toEqual([])
  })

  test('take over the row that was made when the key was seen paying, with when that was', async () => {
    const { id, session, chainId, contract, payer, key: address } = key(1)
    const seen = { id, session, chainId, contract, payer, key: address, firstSeenAt: at(7) }
    await db.orm.insert(db.tables.sessionKey).values(seen)
    expect(await rowOfSession(db, id)).toMatchObject({ owner: null, status: 'unmanaged' })
    await insert(key(1))
    expect(await known('sk_1')).toMatchObject({ name: 'key 1', firstSeenAt: at(7), status: 'active' })
  })

  test('that are managed are taken over by nobody', async () => {
    await insert(key(1))
    await insert(key(1, { owner: 'owner-b', publicId: 'sk_other', name: 'stolen' }))
    expect(await rowOfSession(db, key(1).id)).toMatchObject({ owner: 'owner-a', publicId: 'sk_1', name: 'key 1' })
  })

  test('are listed in pages, by status and chain', async () => {
    await insert(key(1), key(2, { status: 'frozen' }), key(3, { chainId: 1 }), key(4))
    const ids = async (...args: Parameters<typeof keysOf> extends [unknown, unknown, ...infer Rest] ? Rest : never) =>
      (await keysOf(db, scope, ...args)).map(({ publicId }) => publicId)
    expect(await ids({}, undefined, 3)).toEqual(['sk_1', 'sk_2', 'sk_3'])
    expect(await ids({}, 'sk_3', 3)).toEqual(['sk_4'])
    expect(await ids({ status: 'frozen' }, undefined, 3)).toEqual(['sk_2'])
    expect(await ids({ status: 'active', chainId: 84532 }, undefined, 3)).toEqual(['sk_1', 'sk_4'])
  })

  test('are changed at the version that was read, and not at another', async () => {
    await insert(key(1))
    const row = await known('sk_1')
    const change = (name: string, version: number) =>
      db.atomically((orm) => [updateKey(db, orm, row, { name, version }, at(2_000))])
    await change('second', 2)
    await change('late', 3)
    expect(await known('sk_1')).toMatchObject({ name: 'second', version: 2, updatedAt: at(2_000) })
  })
})

describe('keys that wait', () => {
  test('are those freezing, in grace, or on the way to the chain, if anything was done with them lately', async () => {
    await insert(
      key(1),
      key(2, { status: 'freezing', updatedAt: at(3_000) }),
      key(3, { registered: 'pending', updatedAt: at(2_000) }),
      key(4, { graceUntil: at(9_000), updatedAt: at(4_000) }),
      key(5, { status: 'freezing', updatedAt: at(10) }),
    )
    const rows = await waitingKeys(db, at(500), 9)
    expect(rows.map((row) => managed(row).publicId)).toEqual(['sk_3', 'sk_2', 'sk_4'])
    expect((await waitingKeys(db, at(500), 1)).map(({ publicId }) => publicId)).toEqual(['sk_3'])
  })

  test('and those just changed, newest first, but for the ones that are being changed', async () => {
    await insert(key(1), key(2, { updatedAt: at(2_000) }), key(3, { updatedAt: at(5_000) }))
    const rows = await changedKeysBetween(db, at(500), at(4_000), 9)
    expect(rows.map(({ publicId }) => publicId)).toEqual(['sk_2', 'sk_1'])
  })
})

test('relayed transactions are counted by owner and day, at once too', async () => {
  const counts = await Promise.all(Array.from({ length: 5 }, () => countRelay(db, 'owner-a', '2026-11-22')))
  expect(counts.sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5])
  expect(await countRelay(db, 'owner-a', '2026-11-23')).toBe(1)
  expect(await countRelay(db, 'owner-b', '2026-11-22')).toBe(1)
})

test('the owners of many keys at once are those who manage them; a key that nobody manages has none', async () => {
  const unmanaged = key(2)
  const { sessionKey } = db.tables
  await insert(key(1), key(3, { owner: 'owner-b', mode: 'live' }))
  const { id, session, chainId, contract, payer, key: signer } = unmanaged
  await db.orm.insert(sessionKey).values({ id, session, chainId, contract, payer, key: signer })
  const unknown = Array.from({ length: 250 }, (_, n) => `unknown-${n}`)
  const asked = [...unknown.slice(0, 120), key(1).id, id, ...unknown.slice(120), key(3).id]
  expect(await ownersOf(db, asked)).toEqual(
    new Map([
      [key(1).id, { owner: 'owner-a', mode: 'test' }],
      [key(3).id, { owner: 'owner-b', mode: 'live' }],
    ]),
  )
  expect(await ownersOf(db, [])).toEqual(new Map())
})
