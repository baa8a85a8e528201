import { describe, expect, test } from 'vitest'
import { keyChanges, keyRecords, keysInUse, NOTICES_MAX } from '../src/KeyRecords.ts'
import type { SessionKeyStatus } from '../src/Mode.ts'
import { db, emptyBeforeEach } from './database.ts'
import { hex } from './events.ts'

emptyBeforeEach()

const names = { chainId: 1, contract: hex('c0', 20), payer: hex('a1', 20), key: hex('b1', 20) }

function keyRow(id: string, status: SessionKeyStatus, updatedAt: number | null) {
  const managed = status !== 'unmanaged'
  return {
    ...names,
    id,
    session: id,
    status,
    version: managed ? 2 : 0,
    updatedAt: updatedAt === null ? null : new Date(updatedAt),
  }
}

async function keys(...rows: ReturnType<typeof keyRow>[]): Promise<void> {
  await db.orm.insert(db.tables.sessionKey).values(rows)
}

describe('changes of keys', () => {
  test('are told newest first, from a moment on, and a key that nobody manages has none', async () => {
    await keys(keyRow('a', 'frozen', 1_000), keyRow('b', 'active', 3_000), keyRow('c', 'unmanaged', null))
    const b = { session: 'b', status: 'active', version: 2, at: 3_000 }
    const a = { session: 'a', status: 'frozen', version: 2, at: 1_000 }
    expect(await keyChanges(db, 0)).toEqual([b, a])
    expect(await keyChanges(db, 1_000)).toEqual([b])
    expect(await keyChanges(db, 3_000)).toEqual([])
  })

  test('are at most so many at once, the newest', async () => {
    const rows = Array.from({ length: NOTICES_MAX + 3 }, (_, i) => keyRow(`k${i}`, 'revoked', i + 1))
    for (let i = 0; i < rows.length; i += 4) await keys(...rows.slice(i, i + 4))
    const told = await keyChanges(db, 0)
    expect([told.length, told[0]?.at, told.at(-1)?.at]).toEqual([NOTICES_MAX, NOTICES_MAX + 3, 4])
  })
})

describe('records of keys', () => {
  test('say of each key how it stands, and of one without a row that nobody manages it', async () => {
    await keys(keyRow('a', 'frozen', 1_000))
    const a = { session: 'a', status: 'frozen', version: 2 }
    const none = { session: 'x', status: 'unmanaged', version: 0 }
    expect(await keyRecords(db, ['x', 'a'])).toEqual([none, a])
  })

  test('are found for more keys than a statement may name', async () => {
    await keys(keyRow('k149', 'active', 1))
    const found = await keyRecords(
      db,
      Array.from({ length: 150 }, (_, i) => `k${i}`),
    )
    expect(found.filter(({ status }) => status === 'active').map(({ session }) => session)).toEqual(['k149'])
    expect(found).toHaveLength(150)
  })

  test('in use are the managed ones among those that paid last', async () => {
    await keys(
      keyRow('a', 'active', 1),
      keyRow('b', 'unmanaged', null),
      keyRow('c', 'frozen', 1),
      keyRow('d', 'active', 1),
    )
    const { key: payerAuthorizer, ...session } = names
    const paid = (id: string, at: number) => ({ ...session, payerAuthorizer, id, lastSeq: 1, lastAt: new Date(at) })
    await db.orm.insert(db.tables.streamSession).values([paid('a', 5), paid('b', 9), paid('c', 7), paid('d', 1)])
    expect((await keysInUse(db, 3)).map((each) => each.session)).toEqual(['c', 'a'])
  })
})
