/**
 * A database of the release before, filled; the migrations of now over it, each in bounded time; and every list of the API
 * on what they leave, none of which may read more than its page. `SIZE_ROWS` micro-payments (a million in the long form),
 * on SQLite and, with PBSTREAM_POSTGRES_URL, on PostgreSQL. `SIZE_REPORT`: the folder for the results.
 */
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { availableParallelism, platform, release } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fillAfter, fillBefore } from './fill.ts'
import { queries } from './queries.ts'
import { migrations, openPostgres, openSqlite, type Store } from './Store.ts'

const ROWS = Number(process.env['SIZE_ROWS'] ?? '30000')
const SERVER = process.env['PBSTREAM_POSTGRES_URL']
/** The last migration of the release before. */
const BEFORE = '0002'
/** What D1 gives one statement, and what an operator should have to wait for all. */
const STATEMENT_MS = 30_000
const ALL_MS = 180_000
const QUERY_MS = 1_000

/** Reading a whole table, or sorting all that was found: both grow with the table. Sorting within one channel does not. */
// PostgreSQL chooses by its statistics: it rightly reads and sorts what is small.
const UNBOUNDED = {
  sqlite: /SCAN (?!.* USING )|TEMP B-TREE FOR ORDER BY/,
  postgres: /Seq Scan on micro_payment|Sort Method: external/,
}

const stores: [string, () => Promise<Store>][] = [
  ['SQLite', async () => openSqlite()],
  ...(SERVER === undefined ? [] : [['PostgreSQL', () => openPostgres(SERVER)] as [string, () => Promise<Store>]]),
]

type Timed = { name: string; ms: number }

describe.each(stores)(`${ROWS} micro-payments on %s`, (_, start) => {
  let store: Store
  const migrated: (Timed & { statement: string })[] = []
  const asked: (Timed & { rows: number; plan: string })[] = []

  beforeAll(async () => {
    store = await start()
    for (const { name, statements } of migrations(store.dialect)) {
      if (name.slice(0, 4) <= BEFORE) for (const statement of statements) await store.run(statement)
    }
    await fillBefore(store, ROWS)
  }, 900_000)

  afterAll(async () => {
    record(store, migrated, asked)
    await store.close()
  })

  test('the migrations of this release run forward in bounded time', async () => {
    for (const { name, statements } of migrations(store.dialect)) {
      if (name.slice(0, 4) <= BEFORE) continue
      for (const statement of statements) {
        const { ms } = await timed(() => store.run(statement))
        migrated.push({ name, ms, statement: statement.replaceAll(/\s+/g, ' ').slice(0, 120) })
      }
    }
    const slowest = migrated.toSorted((a, b) => b.ms - a.ms)[0]!
    const all = migrated.reduce((sum, { ms }) => sum + ms, 0)
    console.log(
      `${store.version}, ${ROWS} payments: ${migrated.length} statements in ${all} ms, the slowest ${slowest.ms} ms: ${slowest.statement}`,
    )
    expect(slowest.ms).toBeLessThan(STATEMENT_MS)
    expect(all).toBeLessThan(ALL_MS)
  }, 900_000)

  test('every list finds its page by an index, and in order', async () => {
    await fillAfter(store, ROWS)
    for (const [name, query] of queries(store, ROWS)) {
      await store.rows(query)
      const { ms, result } = await timed(() => store.rows(query))
      asked.push({ name, ms, rows: result.length, plan: await store.plan(query) })
    }
    const slowest = asked.toSorted((a, b) => b.ms - a.ms)[0]!
    console.log(`the slowest list: ${slowest.name}, ${slowest.rows} rows in ${slowest.ms} ms\n${slowest.plan}`)
    const unbounded = asked.filter(({ plan }) => UNBOUNDED[store.dialect].test(plan))
    expect(unbounded.map(({ name, plan }) => `${name}\n${plan}`)).toEqual([])
    expect(asked.filter(({ rows }) => rows === 0).map(({ name }) => name)).toEqual(['session keys of a status'])
    expect(slowest.ms).toBeLessThan(QUERY_MS)
  }, 900_000)
})

async function timed<T>(work: () => Promise<T>): Promise<{ ms: number; result: T }> {
  const began = performance.now()
  const result = await work()
  return { ms: Math.round((performance.now() - began) * 10) / 10, result }
}

/** Writes what was measured to the folder of reports, if there is one. */
function record(store: Store, migrated: Timed[], asked: (Timed & { plan: string })[]): void {
  const folder = process.env['SIZE_REPORT']
  if (folder === undefined) return
  const git = (...args: string[]) => execFileSync('git', args, { encoding: 'utf8' }).trim()
  const commit = git('rev-parse', 'HEAD')
  const report = {
    what: `db at size, ${ROWS} micro-payments`,
    commit,
    uncommittedChanges: git('status', '--porcelain', '--', ':/', ':(top,exclude)docs/evidence') !== '',
    at: new Date().toISOString(),
    machine: { node: process.version, system: `${platform()} ${release()}`, cores: availableParallelism() },
    database: store.version,
    migrationsMs: Math.round(migrated.reduce((sum, { ms }) => sum + ms, 0)),
    slowestStatements: migrated.toSorted((a, b) => b.ms - a.ms).slice(0, 5),
    lists: asked.toSorted((a, b) => b.ms - a.ms).map(({ plan, ...each }, i) => (i < 5 ? { ...each, plan } : each)),
  }
  const file = join(folder, `size-${store.dialect}-${commit.slice(0, 12)}.json`)
  writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`)
}
