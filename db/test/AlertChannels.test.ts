import type { ChannelSettings } from '@pbstream/core/message/AlertChannels'
import { beforeEach, describe, expect, test } from 'vitest'
import * as Channels from '../src/AlertChannels.ts'
import { sweep } from '../src/SentinelSweep.ts'
import { db, wipe } from './database.ts'
import { T0 } from './events.ts'

const settings: ChannelSettings = {
  name: 'on call',
  target: { kind: 'webhook', url: 'https://hooks.example/x' },
  wishes: {
    ...{ from: 'low', groupMs: 0, limit: { messages: 1, perMs: 1_000 } },
    retry: { tries: 3, firstMs: 1_000, longestMs: 9_000 },
  },
}
const at = (n: number) => new Date(T0 + n)

beforeEach(async () => {
  await wipe()
  const row = {
    kind: 'webhook',
    settings,
    sealed: 'c2VjcmV0',
    enabled: true,
    language: 'zh',
    confirmation: null,
  } as const
  await db.atomically((orm) => [
    ...Channels.insertStatements(db, orm, { ...row, id: 'ac_1', scope: 'provider:acme' }, at(1)),
    ...Channels.insertStatements(db, orm, { ...row, id: 'ac_2', scope: 'provider:acme' }, at(2)),
    ...Channels.insertStatements(db, orm, { ...row, id: 'ac_3', scope: 'platform' }, at(3)),
  ])
})

const remove = (id: string, n: number) => db.atomically((orm) => Channels.deleteStatements(db, orm, id, at(n)))
const idsOf = (rows: { id: string }[]) => rows.map(({ id }) => id)

describe('alert channels', () => {
  test('of a scope, page by page', async () => {
    expect(idsOf(await Channels.channelsOf(db, 'provider:acme', undefined, 9))).toEqual(['ac_1', 'ac_2'])
    expect(idsOf(await Channels.channelsOf(db, 'provider:acme', 'ac_1', 9))).toEqual(['ac_2'])
    const found = await Channels.ofScopes(db, ['platform', 'provider:acme', 'owner:live:0x1'])
    expect(idsOf(found).sort()).toEqual(['ac_1', 'ac_2', 'ac_3'])
    expect(found[0]).toMatchObject({ settings, revision: 1, language: 'zh' })
  })

  test('a change is another revision of it; of one that is deleted there is none', async () => {
    const change = (id: string, n: number) =>
      db.atomically((orm) => Channels.updateStatements(db, orm, id, { enabled: false }, at(n)))
    await change('ac_1', 10)
    await remove('ac_2', 11)
    await change('ac_2', 12)
    const rows = await Channels.changedChannels(db, at(3), 9)
    expect(rows.map(({ id, revision, enabled, updatedAt }) => [id, revision, enabled, updatedAt])).toEqual([
      ['ac_1', 2, false, at(10)],
      ['ac_2', 2, false, at(11)],
    ])
  })

  test('one that is deleted is shown nowhere, has no secret, and is told of until it is thrown away', async () => {
    await remove('ac_2', 5)
    await remove('ac_2', 6)
    expect(idsOf(await Channels.channelsOf(db, 'provider:acme', undefined, 9))).toEqual(['ac_1'])
    expect(idsOf(await Channels.ofScopes(db, ['provider:acme']))).toEqual(['ac_1'])
    expect(await Channels.changedChannels(db, at(3), 9)).toMatchObject([{ id: 'ac_2', sealed: null, deletedAt: at(5) }])
    await sweep(db, at(5 + Channels.DELETED_KEPT_MS))
    expect(await Channels.changedChannels(db, at(3), 9)).toHaveLength(1)
    await sweep(db, at(6 + Channels.DELETED_KEPT_MS))
    expect(await Channels.changedChannels(db, at(0), 9)).toHaveLength(2)
  })
})
