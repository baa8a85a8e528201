import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { loadavg } from 'node:os'
import { join } from 'node:path'
import type { Hex } from '@pbstream/core/Hex'
import { bundleAll, root } from '@pbstream/local/Bundle'
import { Chain } from '@pbstream/local/Chain'
import { type Keys, addressOf, loadKeys } from '@pbstream/local/Keys'
import { type Channel, openChannel } from './Channel.ts'
import { chunkCost } from './ChunkCost.ts'
import { Child, cores } from './Child.ts'
import { decisionCost } from './DecisionCost.ts'
import { type Contestant, type Helpers, type Slice, lanes, slice } from './Contestant.ts'
import { processFamily } from './Cpu.ts'
import type { FirstByteResult } from './FirstByte.ts'
import type { GatewayOptions } from './GatewayServer.ts'
import type { HonoOptions } from './HonoServer.ts'
import { head } from './Lane.ts'
import { openSession } from './Session.ts'
import { connections, deposit, guess, leastSeconds, openers, price, probes } from './Settings.ts'
import { type FirstByte, type Report, facts, quantiles, ratios, row } from './Report.ts'

export type BenchOptions = {
  /** How long each row is measured. */
  seconds: number
  say: (line: string) => void
}

/** Everything that has to be ended, in the order it was started. */
type Started = (() => Promise<unknown>)[]

/** Measures everything and answers what `npm run bench` prints. */
export async function bench({ seconds, say }: BenchOptions): Promise<Report> {
  const started: Started = []
  const [load = 0] = loadavg()
  try {
    const arena = await setUp(started, seconds, say)
    const slices = await measure(arena, seconds, say)
    const rows = [...slices].map(([name, each]) => row(name, each))
    const voucher = rows.find(({ name }) => name === 'voucher')
    say('time to the first byte')
    const first = await firstByte(arena, seconds, (voucher?.rps ?? 0) / 2)
    say('chunks of streams')
    const cost = await chunkCost(arena.streams, arena.helpers.signers, seconds)
    say('decisions of Sentinel')
    const sentinel = await decisionCost(seconds, rows)
    const about = await facts(arena.directory, load)
    return { rows, ratios: ratios(rows), first_byte: first, chunk_us: cost, sentinel, facts: about }
  } finally {
    for (const stop of started.reverse()) await stop()
  }
}

type Arena = {
  directory: string
  helpers: Helpers
  /** Measured in turns, so that a noisy moment hits all of them. */
  main: Contestant[]
  variants: Contestant[]
  probe: { url: string; channels: Channel[]; metered: Contestant; freeUrl: string; gatewayKey: string }
  streams: { unpaid: Contestant; flat: Contestant; metered: Contestant }
}

async function setUp(started: Started, seconds: number, say: (line: string) => void): Promise<Arena> {
  // Beside the repository, which is on a disk: temporary folders often are not.
  const parent = join(root, '.wrangler')
  await mkdir(parent, { recursive: true })
  const directory = await mkdtemp(join(parent, 'bench-'))
  started.push(() => rm(directory, { recursive: true, force: true }))
  const keys = await loadKeys()
  say('bundling the Workers, starting a chain')
  const { bundles, dispose } = await bundleAll()
  started.push(dispose)
  const chain = await Chain.start({ accounts: [addressOf(keys.gas), addressOf(keys.facilitatorGas)] })
  started.push(() => chain.stop())
  const child = (name: string, core?: 'server' | 'load') => {
    const one = Child.start(name, core)
    started.push(() => one.stop())
    return one
  }
  const helpers = { load: child('Load', 'load'), signers: [child('Sign'), child('Sign')] }
  const gateway = child('GatewayServer', 'server')
  const hono = child('HonoServer', 'server')
  const { rpcUrl } = chain
  const gatewayOptions: GatewayOptions = { rpcUrl, keys, bundles, directory, price: String(price) }
  const gatewayUrl = await gateway.call<string>('start', gatewayOptions)
  const honoUrl = await hono.call<string>('start', honoOptions(rpcUrl, keys))
  // Miniflare's own process only started workerd; it has no part in a request.
  const workerd = processFamily(gateway.pid)[1] ?? gateway.pid

  const isSmoke = seconds < leastSeconds
  say(`opening channels: ${(isSmoke ? 2 : 4) * connections + probes} at the gateway, ${connections} at x402-hono`)
  const ours = (sessions: number, path = '/paid', count = connections, firstUrl = gatewayUrl + path) =>
    openChannels(chain, gatewayUrl + path, { sessions, count, parallel: openers, firstUrl })
  const paid = (name: string, channels: Channel[]): Contestant => {
    return { name, url: `${gatewayUrl}/paid`, pid: workerd, channels, gatewayKey: keys.gateway }
  }
  const inSession = await ours(8)
  const open = await Promise.all(inSession.map((channel) => openSession(gatewayUrl, channel)))
  // Each on a route of its own: leases are for one route, and the gateway asks for none where they are not used.
  const session = (name: string, path: string, leases: boolean): Contestant => {
    return { name, url: gatewayUrl + path, pid: workerd, channels: inSession, sessions: { open, leases } }
  }
  const byTokens = (path: string, count: number) => ours(count, path, count, `${gatewayUrl}/paid`)
  const streaming = (name: string, path: string, channels: Channel[] | number): Contestant => {
    return { name, url: gatewayUrl + path, pid: workerd, channels, gatewayKey: keys.gateway }
  }
  const official = await openChannels(chain, `${honoUrl}/paid`, { sessions: 8, count: connections, parallel: 1 })
  return {
    directory,
    helpers,
    main: [
      { name: 'unpaid', url: `${gatewayUrl}/free`, pid: workerd, channels: connections },
      paid('voucher', await ours(8)),
      session('session-strict', '/paid/strict', false),
      session('session', '/paid', true),
      { name: 'x402-hono', url: `${honoUrl}/paid`, pid: hono.pid, channels: official },
    ],
    variants: isSmoke
      ? []
      : [paid('voucher-1-session', await ours(1)), paid('voucher-64-sessions', await ours(connections))],
    probe: {
      url: `${gatewayUrl}/paid/sse`,
      freeUrl: `${gatewayUrl}/free/sse`,
      channels: await ours(probes, '/paid/sse', probes),
      metered: streaming('metered', '/metered/sse', await byTokens('/metered/sse', probes)),
      gatewayKey: keys.gateway,
    },
    streams: {
      unpaid: streaming('unpaid', '/free/chunks', 1),
      flat: streaming('flat', '/paid/chunks', await ours(1, '/paid/chunks', 1)),
      metered: streaming('metered', '/metered/chunks', await byTokens('/metered/chunks', 1)),
    },
  }
}

function honoOptions(rpcUrl: string, keys: Keys): HonoOptions {
  return {
    rpcUrl,
    gasKey: keys.facilitatorGas,
    payTo: addressOf(keys.provider),
    receiverAuthorizerKey: keys.receiverAuthorizer,
    price: String(price),
  }
}

/** `count` channels of `sessions` new keys in turn: channels of one key differ by salt and share one object. */
async function openChannels(
  chain: Chain,
  url: string,
  { sessions, count, parallel, ...where }: { sessions: number; count: number; parallel: number; firstUrl?: string },
): Promise<Channel[]> {
  const keys = Array.from({ length: sessions }, () => `0x${randomBytes(32).toString('hex')}` as Hex)
  await chain.fund(keys.map(addressOf), { usdc: BigInt(Math.ceil(count / sessions)) * deposit })
  const channels: Channel[] = []
  let next = 0
  const opener = async () => {
    for (let i = next++; i < count; i = next++) {
      const salt: Hex = `0x${Math.floor(i / sessions)
        .toString(16)
        .padStart(64, '0')}`
      const key = keys[i % sessions] as Hex
      channels[i] = await openChannel({ rpcUrl: chain.rpcUrl, url, ...where, key, salt, deposit })
    }
  }
  await Promise.all(Array.from({ length: parallel }, opener))
  return channels
}

/** Every row in some slices, after one that is thrown away and says how much to sign. */
async function measure(
  { helpers, main, variants }: Arena,
  seconds: number,
  say: (line: string) => void,
): Promise<Map<string, Slice[]>> {
  const expected = new Map<string, number>()
  const slices = new Map<string, Slice[]>([...main, ...variants].map(({ name }) => [name, []]))
  const once = async (contestant: Contestant, length: number, keep: boolean) => {
    const { name } = contestant
    const rate = expected.get(name) ?? (name === 'x402-hono' ? guess.official : guess.paid)
    const one = await slice(contestant, helpers, { seconds: length }, rate)
    expected.set(name, Math.max(one.answered / one.seconds, rate / 4))
    const note = one.busy > 0.9 && cores !== undefined ? ', the load generator was the limit' : ''
    const leased = one.leased > 0 ? `, ${(100 * one.leased).toFixed(0)} % under leases` : ''
    say(
      `${keep ? 'measured' : 'warmed up'} ${name}: ${(one.answered / one.seconds).toFixed(0)} requests/s${leased}${note}`,
    )
    if (keep) slices.get(name)?.push(one)
  }
  const rounds = seconds < leastSeconds ? 1 : 3
  for (const contestant of main) await once(contestant, seconds / 2, false)
  for (let i = 0; i < rounds; i++) {
    for (const contestant of main) await once(contestant, seconds / rounds, true)
  }
  for (const contestant of variants) {
    await once(contestant, seconds / 4, false)
    await once(contestant, seconds / 2, true)
  }
  return slices
}

/** Unpaid, paid and metered streams in turn while half of what the voucher path can do goes on beside them. */
async function firstByte({ helpers, main, probe }: Arena, seconds: number, rate: number): Promise<FirstByte> {
  const background = main.find(({ name }) => name === 'voucher')
  if (background === undefined) throw new Error('there is no voucher row')
  const child = Child.start('FirstByte', 'load')
  try {
    const { url, freeUrl, channels, metered, gatewayKey } = probe
    const perLane = Math.ceil(20 * seconds)
    const paid = await lanes({ name: 'probe', url, pid: 0, channels, gatewayKey }, helpers.signers, perLane)
    const byTokens = await lanes(metered, helpers.signers, perLane)
    const options = { url, unpaid: { head: head(freeUrl) }, paid, metered: byTokens, seconds }
    const [result, load] = await Promise.all([
      child.call<FirstByteResult>('measure', options),
      slice(background, helpers, { seconds, rate }, rate),
    ])
    return {
      load_rps: load.answered / load.seconds,
      unpaid: quantiles(result.unpaid),
      voucher: quantiles(result.paid),
      metered: quantiles(result.metered),
    }
  } finally {
    await child.stop()
  }
}
