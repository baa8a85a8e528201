import type { CacheReport, Isolate } from './CacheBench.ts'

/** Rows that the database reads for one whole catalog: each route with its provider and its card. */
const ROWS_A_ROUTE = 3

/** The tiers and both parts side by side. */
export function cacheTable({ before, after, prewarm_ms, routes, keys, facts }: CacheReport): string {
  const line = (...cells: string[]) => cells.map((cell, i) => (i === 0 ? cell.padEnd(44) : cell.padStart(14))).join('')
  const row = (name: string, of: (isolates: Isolate[]) => number) => line(name, number(of(before)), number(of(after)))
  const all = [...before, ...after]
  const mean = (isolates: Isolate[], of: (each: Isolate) => number) => sum(isolates, of) / isolates.length
  return [
    '',
    line('', 'before', 'prewarmed'),
    row('an isolate’s first request, median ms', (each) => median(each.map(({ first_ms }) => first_ms))),
    row('rows of the database for it', (each) => mean(each, ({ counts }) => 1 + read(counts, routes, keys))),
    row('requests an isolate', (each) => mean(each, ({ requests }) => requests)),
    row('answered from memory, %', (each) => 100 * (1 - sum(each, checks) / sum(each, ({ requests }) => requests))),
    row('reads of the database a request', (each) => sum(each, databaseReads) / sum(each, ({ requests }) => requests)),
    row('reads of Redis a request', (each) => each.length / sum(each, ({ requests }) => requests)),
    row('entries found in Redis, %', (each) => (100 * sum(each, hits)) / sum(each, (one) => hits(one) + misses(one))),
    '',
    line('one reading, mean ms', 'ms'),
    line('memory: a whole request that reads nothing', number(median(all.map(({ warm_ms }) => warm_ms)))),
    line(
      `Redis: catalog, bulletins, ${Math.min(keys, 200)} keys`,
      number(mean(after, ({ counts }) => counts.catalog.ms.redis)),
    ),
    line('database: the version', number(sum(all, ({ counts }) => counts.catalog.ms.version) / sum(all, checks))),
    line(`database: ${routes} routes`, number(mean(before, ({ counts }) => counts.catalog.ms.database))),
    line('control: prewarming', number(prewarm_ms)),
    '',
    `commit ${facts['commit']}${facts['changed'] === true ? ' with changes' : ''}, ${facts['cpu']}, ${facts['cores']} cores, load before ${facts['load_before']}`,
  ].join('\n')
}

const checks = ({ counts }: Isolate) => counts.catalog.checks
/** Each check asks for the version and for the changes of keys. */
const databaseReads = ({ counts }: Isolate) => 2 * counts.catalog.checks + counts.catalog.database
const hits = ({ counts }: Isolate) => counts.redis.hits ?? 0
const misses = ({ counts }: Isolate) => counts.redis.misses ?? 0

/** Rows of an isolate's first reading beside the version: the tables, and the changes of keys if nobody else told them. */
function read({ catalog }: Isolate['counts'], routes: number, keys: number): number {
  return catalog.database > 0 ? ROWS_A_ROUTE * routes + Math.min(keys, 500) : 0
}

function sum(isolates: Isolate[], of: (each: Isolate) => number): number {
  return isolates.reduce((total, each) => total + of(each), 0)
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}

function number(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(value < 0.1 ? 4 : 2)
}
