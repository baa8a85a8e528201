/** Everything that handlers reach outside for, made from `Env` once an isolate. */
import type { Hash } from '@pbstream/core/Eip712'
import * as Authorization from '@pbstream/core/Authorization'
import type { Address, Hex } from '@pbstream/core/Hex'
import { type ChainWatcherApi, type Watched, watcherName } from '@pbstream/chain-watcher/Port'
import type { PbEvent } from '@pbstream/core/message/Event'
import type { ChannelStanding, SessionOperationsApi } from '@pbstream/core/message/Operations'
import type { ChainEvent, StreamSessionApi } from '@pbstream/core/message/Session'
import type { ChainReader } from '@pbstream/nonce-lane/ChainRpc'
import { connect } from '@pbstream/nonce-lane/JsonRpc'
import { laneName, type NonceLaneApi } from '@pbstream/nonce-lane/Order'
import * as ChannelContract from './ChannelContract.ts'
import { type ChainConfig, type Env, parseChains } from './Env.ts'
import * as Keys from './Keys.ts'

/** One chain: its configuration, its node, its contracts and the domains that are signed for on it. */
export type Chain = Omit<ChainConfig, 'contract' | 'collector' | 'escrow'> & {
  rpc: ChainReader
  /** x402's contract: the only one that the facilitator serves. */
  canonical: ChannelContract.ChannelContract
  /** All that hold channels here; which one is meant, a session says. */
  contracts: readonly ChannelContract.ChannelContract[]
  /** EIP-712 domain of the token. */
  tokenDomain: Hash
}

export type Deps = {
  keys: Keys.Keys
  chains: readonly Chain[]
  chain(chainId: number): Chain | undefined
  /** A fresh stub each time: a broken one stays broken. */
  lane(chainId: number, signer: Address): NonceLaneApi
  acknowledge(session: string, events: ChainEvent[]): Promise<void>
  /** How a session says that a channel of it stands; throws when it cannot be asked. */
  standing(session: string, channelId: Hex): Promise<ChannelStanding | undefined>
  publish(events: PbEvent[]): Promise<void>
  /** Has these channels followed on their chain. Never throws: whoever serves them looks for himself, only later. */
  watch(chainId: number, channels: Watched[]): Promise<void>
  /** Unix milliseconds. */
  now(): number
  sleep(ms: number): Promise<void>
  /** One line for operators. Nothing secret, no voucher, no payer. */
  log(event: string, detail: Record<string, string | number>): void
}

const made = new WeakMap<Env, Deps>()

/** @throws Error when the configuration cannot be used. */
export function deps(env: Env): Deps {
  const known = made.get(env)
  if (known !== undefined) return known
  const chains = parseChains(env.CHAINS).map(connected)
  const fresh: Deps = {
    keys: Keys.load(env),
    chains,
    chain: (chainId) => chains.find((chain) => chain.chainId === chainId),
    lane: (chainId, signer) => env.NONCE_LANE.getByName(laneName(chainId, signer)) as unknown as NonceLaneApi,
    acknowledge: (session, events) => acknowledge(env, session, events),
    standing: (session, channelId) => standing(env, session, channelId),
    publish: (events) => publish(env, events),
    watch: (chainId, channels) => watch(env, chainId, channels),
    now: () => Date.now(),
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    log,
  }
  made.set(env, fresh)
  return fresh
}

/** Reports to a session what no lane will; when the session cannot be reached it finds out by looking at the chain. */
export async function tell(on: Deps, session: string, event: ChainEvent | undefined): Promise<void> {
  if (event === undefined) return
  try {
    await on.acknowledge(session, [event])
  } catch (error) {
    on.log('ack_lost', { kind: event.kind, message: error instanceof Error ? error.message : 'unknown' })
  }
}

/** Tells the StreamSession of that name; throws when it has not taken the news. */
export async function acknowledge(env: Env, session: string, events: ChainEvent[]): Promise<void> {
  const stub = env.STREAM_SESSION.getByName(session) as unknown as Pick<StreamSessionApi, 'acknowledge'>
  await stub.acknowledge(1, events)
}

function standing(env: Env, session: string, channelId: Hex): Promise<ChannelStanding | undefined> {
  const stub = env.STREAM_SESSION.getByName(session) as unknown as Pick<SessionOperationsApi, 'standing'>
  return stub.standing(1, channelId)
}

/** Channels that a watcher has taken on lately, and when. In memory: asking again is harmless, and watchers forget too. */
const followed = new Map<Hex, number>()
const FOLLOWED = 20_000
const FOLLOWED_MS = 3_600_000

async function watch(env: Env, chainId: number, channels: Watched[]): Promise<void> {
  const now = Date.now()
  const fresh = channels.filter(({ channelId }) => (followed.get(channelId) ?? 0) <= now - FOLLOWED_MS)
  if (fresh.length === 0) return
  try {
    const watcher = env.CHAIN_WATCHER.getByName(watcherName(chainId)) as unknown as ChainWatcherApi
    await watcher.watch(1, chainId, fresh)
    if (followed.size > FOLLOWED) followed.clear()
    for (const { channelId } of fresh) followed.set(channelId, now)
  } catch (error) {
    log('watch_delayed', { channels: fresh.length, message: error instanceof Error ? error.message : 'unknown' })
  }
}

const BATCH = 100

/** Puts events on the events queue; throws when it has not taken them all. */
export async function publish(env: Env, events: PbEvent[]): Promise<void> {
  for (let i = 0; i < events.length; i += BATCH) {
    await env.EVENTS.sendBatch(events.slice(i, i + BATCH).map((body) => ({ body })))
  }
}

export function log(event: string, detail: Record<string, string | number>): void {
  console.error(JSON.stringify({ event, ...detail }))
}

function connected({ contract, collector, escrow, ...config }: ChainConfig): Chain {
  const { chainId, rpcUrl, rpcTimeoutMs } = config
  const canonical = ChannelContract.canonical(chainId, contract, collector)
  return {
    ...config,
    rpc: connect({ url: rpcUrl, timeoutMs: rpcTimeoutMs }),
    canonical,
    contracts: escrow === undefined ? [canonical] : [canonical, ChannelContract.escrow(chainId, escrow)],
    tokenDomain: Authorization.domainSeparator(config),
  }
}
