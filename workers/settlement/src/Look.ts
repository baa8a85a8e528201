/** Reads many channels at once for the chain watcher, and tells their sessions how they stand. */
import type { ChannelConfig } from '@pbstream/core/ChannelConfig'
import type { Hex } from '@pbstream/core/Hex'
import { type ChainEvent, sessionName } from '@pbstream/core/message/Session'
import type { Seen, Watched } from '@pbstream/chain-watcher/Port'
import { type Block, RpcUnavailable } from '@pbstream/nonce-lane/ChainRpc'
import * as SessionKey from '@pbstream/core/SessionKey'
import * as Batch from './Batch.ts'
import * as ChannelContract from './ChannelContract.ts'
import * as Check from './Check.ts'
import * as Contract from './Contract.ts'
import type { Chain, Deps } from './Deps.ts'

/** How one channel stands, in the newest block and at depth k. */
type Standing = {
  newest: Contract.FullChannelState & { block: number }
  /** Recorded at depth k, and whether all that is recorded for its receiver there is paid out. */
  claimed: bigint
  paid: boolean
  stop: { keyStoppedAt?: number; keyOver?: boolean }
}

/**
 * Tells the sessions of these channels what the chain says. The answers are in the order of `channels`; undefined where
 * a session has not taken the news, or the channel is none of a contract here.
 *
 * @throws {RpcUnavailable}
 */
export async function look(deps: Deps, chain: Chain, channels: readonly Watched[]): Promise<(Seen | undefined)[]> {
  const found = new Map<Hex, { seen: Seen; events: ChainEvent[] }>()
  for (const contract of chain.contracts) {
    const own = channels.filter(({ session }) => session.contract === contract.address)
    for (const [i, standing] of (await read(chain, contract, own)).entries()) {
      const watched = own[i]
      if (watched === undefined) continue
      found.set(watched.channelId, {
        seen: seenOf(contract, watched, standing),
        events: eventsOf(watched, standing),
      })
    }
  }
  return Promise.all(
    channels.map(async ({ session, channelId }) => {
      const news = found.get(channelId)
      if (news === undefined) return undefined
      try {
        await deps.acknowledge(sessionName(session), news.events)
        return news.seen
      } catch (error) {
        deps.log('ack_delayed', { channelId, message: error instanceof Error ? error.message : 'unknown' })
        return undefined
      }
    }),
  )
}

async function read(
  chain: Chain,
  contract: ChannelContract.ChannelContract,
  channels: readonly Watched[],
): Promise<Standing[]> {
  if (channels.length === 0) return []
  const { rpc, confirmations } = chain
  const head = await rpc.block('latest')
  const deep = head && (await rpc.block(Math.max(0, head.number - confirmations + 1)))
  if (head === undefined || deep === undefined) throw new RpcUnavailable('a block is not there')
  const ids = channels.map(({ channelId }) => channelId)
  const pairs = Batch.pairs(channels)
  const [newest, final, stops] = await Promise.all([
    Contract.readChannels(rpc, contract.address, ids, head.number),
    Contract.readStates(rpc, contract.address, ids, pairs, deep.number),
    keyStops(chain, contract, channels, deep),
  ])
  const paid = new Map(
    pairs.map((pair, i) => {
      const state = final.receivers[i]
      return [Batch.pairName(pair), state !== undefined && state.totalClaimed === state.totalSettled]
    }),
  )
  return channels.map(({ config }, i) => {
    const state = newest[i] ?? { balance: 0n, totalClaimed: 0n, withdrawRequestedAt: 0, refundNonce: 0n }
    return {
      newest: { ...Check.current(contract, config, state, head.time), block: head.number },
      claimed: final.channels[i]?.totalClaimed ?? 0n,
      paid: paid.get(Batch.pairName(config)) ?? false,
      stop: stops.get(stopName(config)) ?? {},
    }
  })
}

/** The stops of the session keys that govern these channels, by key and withdraw delay. */
async function keyStops(
  chain: Chain,
  contract: ChannelContract.ChannelContract,
  channels: readonly Watched[],
  deep: Block,
): Promise<Map<string, Standing['stop']>> {
  const stops = new Map<string, Standing['stop']>()
  for (const { config } of channels) {
    if (contract.kind !== 'escrow' || !SessionKey.governs(config.salt) || stops.has(stopName(config))) continue
    stops.set(stopName(config), await Check.keyStop(chain, contract, config, deep))
  }
  return stops
}

/** A key's stop bites by each channel's own delay. */
function stopName({ salt, withdrawDelay }: ChannelConfig): string {
  return `${salt}:${withdrawDelay}`
}

function eventsOf({ channelId, config }: Watched, { newest, claimed, paid, stop }: Standing): ChainEvent[] {
  const events: ChainEvent[] = [{ kind: 'observed', channelId, config, ...newest, ...stop }]
  // Whoever claimed it: what is recorded at depth k is recorded.
  if (claimed > 0n) events.push({ kind: 'claim', channelId, total: claimed, status: 'confirmed', settled: paid })
  return events
}

/** What the watcher keeps of it: among others when to look again, by the chain's clock. */
function seenOf(contract: ChannelContract.ChannelContract, { config }: Watched, standing: Standing): Seen {
  const { newest, claimed, paid, stop } = standing
  const { balance, totalClaimed, withdrawRequestedAt } = newest
  const times = [
    // In the escrow a request lapses, and no log says so.
    ...(withdrawRequestedAt === 0 || contract.kind !== 'escrow'
      ? []
      : [withdrawRequestedAt + Check.lapsesAfter(config)]),
    // When a stop bites, nothing on chain says so. After it has, there is nothing more to see until it is lifted.
    ...(stop.keyStoppedAt === undefined || stop.keyOver === true ? [] : [stop.keyStoppedAt + config.withdrawDelay]),
  ]
  return {
    empty: balance === totalClaimed && withdrawRequestedAt === 0,
    funded: balance > 0n || totalClaimed > 0n,
    awaitsPayout: claimed > 0n && !paid,
    ...(times.length === 0 ? {} : { lookAt: Math.min(...times) }),
  }
}
