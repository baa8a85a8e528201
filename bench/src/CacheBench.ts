import { mkdtemp, mkdir, rm } from 'node:fs/promises'
import { loadavg } from 'node:os'
import { join } from 'node:path'
import { upsertProvider, upsertRoute } from '@pbstream/db/Catalog'
import type { Database } from '@pbstream/db/Database'
import { bundleAll, root } from '@pbstream/local/Bundle'
import { Chain } from '@pbstream/local/Chain'
import { addressOf, loadKeys } from '@pbstream/local/Keys'
import { RedisBridge } from '@pbstream/local/RedisBridge'
import { RedisServer } from '@pbstream/local/RedisServer'
import { System } from '@pbstream/local/System'
import { originScript } from './Origin.ts'
import { facts, type Report } from './Report.ts'

export type CacheOptions = {
  routes: number
  keys: number
  /** Gateways that begin in each part. */
  isolates: number
  /** How long each is asked, after its first request. */
  seconds: number
  say: (line: string) => void
}

/** One isolate of a gateway: how its first request went, and all of them. Milliseconds. */
export type Isolate = {
  first_ms: number
  warm_ms: number
  requests: number
  counts: {
    catalog: { checks: number; redis: number; database: number; ms: Record<'version' | 'redis' | 'database', number> }
    redis: { state: string; hits?: number; misses?: number }
  }
}

export type CacheReport = {
  /** Isolates that begin with nothing in Redis, then as many after control has prewarmed it. */
  before: Isolate[]
  after: Isolate[]
  prewarm_ms: number
  routes: number
  keys: number
  facts: Report['facts']
}

const token = 'a token of the benchmark'

/** Gateways that begin one after another, each asked by one caller. Both parts in one run, in one workerd. */
export async function cacheBench(options: CacheOptions): Promise<CacheReport> {
  const { routes, keys, isolates, say } = options
  const closers: (() => Promise<unknown>)[] = []
  const [load = 0] = loadavg()
  try {
    const parent = join(root, '.wrangler')
    await mkdir(parent, { recursive: true })
    const directory = await mkdtemp(join(parent, 'bench-'))
    closers.push(() => rm(directory, { recursive: true, force: true }))
    const server = await RedisServer.start(process.env['REDIS_SERVER'] ?? 'redis-server')
    closers.push(() => server.stop())
    const bridge = await RedisBridge.start({ redis: server.port, token })
    closers.push(() => bridge.stop())
    say('bundling the Workers, starting gateways')
    const { bundles, dispose } = await bundleAll()
    closers.push(dispose)
    const ours = await loadKeys()
    const chain = await Chain.start({ accounts: [addressOf(ours.gas), addressOf(ours.facilitatorGas)] })
    closers.push(() => chain.stop())
    const system = await System.start({
      rpcUrl: chain.rpcUrl,
      bundles,
      keys: ours,
      directory,
      gateways: 2 * isolates + 1,
      vars: {
        UPSTASH_REDIS_REST_URL: bridge.url,
        UPSTASH_REDIS_REST_TOKEN: token,
        CACHE_SECRET: 'a cache secret of the benchmark, long enough',
      },
      upstreams: { UPSTREAM_BENCH: originScript },
    })
    closers.push(() => system.stop())
    say(`writing ${routes} routes and ${keys} keys`)
    await fill(system.database, addressOf(ours.provider), routes, keys)
    // The first pays for what all share: compiled code, an open database.
    const [warmUp, ...others] = system.gateways
    await isolate(warmUp!, 0.5)
    const measure = async (urls: string[]) => {
      const measured: Isolate[] = []
      for (const url of urls) measured.push(await isolate(url, options.seconds))
      return measured
    }
    say('isolates that begin while Redis is empty')
    const before = await measure(others.slice(0, isolates))
    const began = performance.now()
    await system.scheduled('control')
    const prewarm_ms = performance.now() - began
    say('isolates that begin after control has prewarmed it')
    const after = await measure(others.slice(isolates))
    return { before, after, prewarm_ms, routes, keys, facts: await facts(directory, load) }
  } finally {
    for (const close of closers.reverse()) await close()
  }
}

/** Asks a gateway for a price, one request after another. */
async function isolate(url: string, seconds: number): Promise<Isolate> {
  const ask = async () => {
    const began = performance.now()
    const response = await fetch(`${url}/paid/0`)
    await response.arrayBuffer()
    if (response.status !== 402) throw new Error(`status ${response.status}`)
    return performance.now() - began
  }
  const first_ms = await ask()
  const warm: number[] = []
  const end = performance.now() + 1000 * seconds
  while (performance.now() < end) warm.push(await ask())
  const { cache } = (await (await fetch(`${url}/healthz`)).json()) as { cache: Isolate['counts'] }
  warm.sort((a, b) => a - b)
  return { first_ms, warm_ms: warm[Math.floor(warm.length / 2)] ?? 0, requests: warm.length + 1, counts: cache }
}

async function fill(database: Database, payTo: `0x${string}`, routes: number, keys: number): Promise<void> {
  const by = { actor: 'bench', at: Date.now() }
  await upsertProvider(database, { id: 'bench', name: 'Benchmark', payTo }, by)
  const origin = { kind: 'service' as const, binding: 'UPSTREAM_BENCH' }
  const rate = { v: 1 as const, kind: 'flat' as const, amount: '1000' }
  const first = { id: 'paid-0', providerId: 'bench', path: '/paid/0', origin, chainIds: [Chain.id], rate }
  await upsertRoute(database, first, by)
  const { route, rateCard } = database.tables
  const [row] = await database.orm.select().from(route)
  if (row === undefined) throw new Error('the route was not written')
  const others = Array.from({ length: routes - 1 }, (_, i) => ({ ...row, id: `paid-${i + 1}`, path: `/paid/${i + 1}` }))
  await inSteps(others, 4, (some) => database.orm.insert(route).values(some))
  const cards = others.map(({ id }) => ({ routeId: id, version: 1, rule: rate, createdAt: row.createdAt }))
  await inSteps(cards, 20, (some) => database.orm.insert(rateCard).values(some))
  const { sessionKey, streamSession } = database.tables
  const address = (n: number) => `0x${n.toString(16).padStart(40, '0')}` as const
  // Older than what isolates ask for once more.
  const at = new Date(by.at - 3_600_000)
  const rows = Array.from({ length: keys }, (_, i) => {
    const ref = { chainId: Chain.id, contract: address(1), payer: address(2) }
    const id = `${ref.chainId}:${ref.contract}:${ref.payer}:${address(i + 3)}`
    return { ref, id, key: address(i + 3) }
  })
  const managed = rows.map(({ ref, id, key }) => {
    return { ...ref, id, session: id, key, status: 'active' as const, version: 1, updatedAt: at }
  })
  const sessions = rows.map(({ ref, id, key }) => ({ ...ref, id, payerAuthorizer: key, lastSeq: 1, lastAt: at }))
  await inSteps(managed, 8, (some) => database.orm.insert(sessionKey).values(some))
  await inSteps(sessions, 10, (some) => database.orm.insert(streamSession).values(some))
}

/** D1 binds at most 100 values in a statement. */
async function inSteps<T>(all: T[], rows: number, write: (some: T[]) => PromiseLike<unknown>): Promise<void> {
  for (let i = 0; i < all.length; i += rows) await write(all.slice(i, i + rows))
}
