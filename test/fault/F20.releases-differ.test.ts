/** F20: neighbours run different releases: calls, messages and tables of another version. I1 I8: kept, never guessed. */
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { SCHEMA_VERSION } from '@pbstream/stream-session/schema'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { until } from '../support/until.ts'
import type { Caller } from './support/Caller.ts'
import { World } from './support/World.ts'
import { drained } from './support/drained.ts'

let world: World
let directory: string
let caller: Caller

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pbstream-releases-'))
  world = await World.start({ directory })
  caller = await world.caller()
  await caller.calls(2)
})
afterAll(async () => {
  await world?.stop()
  await rm(directory, { recursive: true, force: true })
})

type Stuck = { deadLetters: { id: string; kind: string; queue: string }[] }

const letters = async () => (await world.ops<Stuck>('GET', '/stuck')).deadLetters

/** Does something with the tables of every session on disk; the system is down meanwhile. */
async function onDisk<T>(work: (database: DatabaseSync) => T): Promise<T[]> {
  const folder = join(directory, 'workers')
  const files = (await readdir(folder, { recursive: true })).filter((name) =>
    /StreamSession\/[0-9a-f]{64}\.sqlite$/.test(name),
  )
  return files.map((file) => {
    const database = new DatabaseSync(join(folder, file))
    try {
      return work(database)
    } finally {
      database.close()
    }
  })
}

/** Changes the tables of every session, as another release would have them; how many there are. */
async function rewrite(sql: string): Promise<number> {
  return (await onDisk((database) => database.exec(sql))).length
}

/** How the tables are now, and what version they say they are. */
async function tables(): Promise<string[]> {
  const query = `SELECT name || ' ' || sql AS is_so FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE '\\_cf\\_%' ESCAPE '\\'
    UNION ALL SELECT 'schema ' || value FROM meta WHERE key = 'schema' ORDER BY 1`
  const found = await onDisk((database) => database.prepare(query).all() as { is_so: string }[])
  return found.flat().map((row) => row.is_so)
}

test('I1: a call of a newer gateway or lane is refused as a whole, and one that is understood goes through', async () => {
  const served = world.stack.upstream.calls('/work')
  await world.arm('gateway', 'reserve:newer')
  const request = await caller.sign()
  const refused = await fetch(request.clone())
  expect(refused.status).toBe(503)
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
  expect(world.stack.upstream.calls('/work')).toBe(served)
  const answer = await fetch(request)
  caller.count(answer)
  expect(answer.status).toBe(200)
  await world.arm('gateway', 'report:newer', 2)
  await world.arm('gateway', 'acknowledge:newer', 2)
  await caller.calls(1)
  await drained(world)
  const struck = await world.struck('gateway')
  expect([struck['report:newer'], struck['acknowledge:newer']]).toEqual([2, 2])
})

test('I8 I13: messages of the release before, without what has come since, are read', async () => {
  await world.arm('gateway', 'claims:earlier', 10)
  await world.arm('gateway', 'events:earlier', 10)
  await world.arm('settlement', 'events:earlier', 10)
  await caller.calls(2)
  await drained(world)
  const [sessions, lanes] = [await world.struck('gateway'), await world.struck('settlement')]
  for (const times of [sessions['claims:earlier'], sessions['events:earlier'], lanes['events:earlier']])
    expect(times).toBeGreaterThan(0)
  for (const point of ['claims:earlier', 'events:earlier']) await world.arm('gateway', point, 0)
  await world.arm('settlement', 'events:earlier', 0)
})

test('I8: messages of versions after and before all that is known are kept; the session claims its money again', async () => {
  await world.arm('gateway', 'claims:foreign')
  await world.arm('gateway', 'events:beside')
  await world.arm('settlement', 'consumer:hurried', 1_000_000)
  await world.arm('control', 'consumer:hurried', 1_000_000)
  await caller.calls(1)
  const kept = await until(
    'all are kept',
    async () => {
      const found = await letters()
      return found.length === 4 && found
    },
    40_000,
  )
  const all = [...Array(2).fill('claims: unknown'), ...Array(2).fill('events: unknown')]
  expect(kept.map(({ queue, kind }) => `${queue}: ${kind}`).sort()).toEqual(all)
  // This release cannot read them any better when it is asked again, and keeps them.
  for (const { id } of kept)
    expect(await world.ops('POST', `/dead-letters/${id}/replay`)).toMatchObject({ kind: 'kept' })
  expect(await letters()).toHaveLength(4)
  await drained(world, { incidents: ['event_dead_letter', 'unknown_message'], timeoutMs: 60_000 })
})

/** Takes from the tables what came after the first release. */
const first = (() => {
  const columns = ['key_stopped_at', 'key_over', 'seen_block', 'settle_amount', 'settle_age_ms']
  const dropped = [...columns, 'session_epoch', 'session_until', 'provider_id'].map(
    (name) => `channel DROP COLUMN ${name}`,
  )
  const altered = [...dropped, ...['why', 'usage', 'country', 'place'].map((name) => `journal DROP COLUMN ${name}`)]
  altered.push(...['period', 'epoch', 'metered', 'asked'].map((name) => `reservation DROP COLUMN ${name}`))
  const guarding = ['set', 'scope', 'snooze', 'state', 'log', 'decision', 'stop', 'failure']
  const newer = ['policy', 'lease', 'session_nonce', 'usage_count', ...guarding.map((of) => `sentinel_${of}`)]
  const gone = newer.map((name) => `DROP TABLE ${name};`)
  const alters = altered.map((change) => `ALTER TABLE ${change};`)
  return `${alters.join('')} ${gone.join('')} UPDATE meta SET value = '1' WHERE key = 'schema'`
})()

test.each(['throws', 'aborted'])(
  'I1: a change of the tables that is interrupted (%s) leaves all of them as they were, and the next start makes it',
  async (how) => {
    const { stack } = world
    let before: string[] = []
    await stack.restart(async () => {
      expect(await rewrite(first)).toBe(1)
      before = await tables()
    })
    await world.arm('gateway', `migrate:${how}`, 1_000_000)
    const served = stack.upstream.calls('/work')
    expect(await caller.call()).toBe(503)
    expect(stack.upstream.calls('/work')).toBe(served)
    expect((await world.struck('gateway'))[`migrate:${how}`]).toBeGreaterThan(0)
    await stack.restart(async () => {
      expect(await tables()).toEqual(before)
    })
    await caller.calls(1)
    await drained(world, { incidents: ['event_dead_letter', 'unknown_message'] })
    await stack.restart(async () => {
      expect((await tables()).find((row) => row.startsWith('schema'))).toBe(`schema ${SCHEMA_VERSION}`)
    })
  },
)

test('I1: tables of the release before are brought up to date; those of a later one are left alone', async () => {
  const { stack } = world
  await stack.restart(async () => {
    expect(await rewrite(first)).toBe(1)
  })
  await caller.calls(2)
  // What is served when a system ends may be uncharged: here all of it is on disk.
  await drained(world, { incidents: ['event_dead_letter', 'unknown_message'] })
  const served = stack.upstream.calls('/work')
  await stack.restart(async () => {
    expect(await rewrite("UPDATE meta SET value = '99' WHERE key = 'schema'")).toBe(1)
  })
  expect(await caller.call()).toBe(503)
  expect(stack.upstream.calls('/work')).toBe(served)
  await stack.restart(async () => {
    expect(await rewrite(`UPDATE meta SET value = '${SCHEMA_VERSION}' WHERE key = 'schema'`)).toBe(1)
  })
  await caller.calls(1)
  await drained(world, { incidents: ['event_dead_letter', 'unknown_message'] })
})
