/** A channel as its session has it and as the chain has it, for the reconciliation. Reads only. */
import type { ChainStanding, ChannelRef, ChannelStanding, Comparison } from '@pbstream/core/message/Operations'
import { parseSessionName } from '@pbstream/core/message/Session'
import * as Check from './Check.ts'
import * as Contract from './Contract.ts'
import type { Deps } from './Deps.ts'

/** How a session says that a channel of it stands; throws when the session cannot be asked. */
export type AskSession = (channel: ChannelRef) => Promise<ChannelStanding | undefined>

export const CHANNELS_MAX = 50
/** A Worker may have so many connections at once. */
const AT_ONCE = 6

/**
 * Compares channels. The session is read before the chain: a session that is ahead of what is then seen of the chain
 * was ahead of it, and did not just learn of something newer.
 */
export async function compare(deps: Deps, ask: AskSession, channels: readonly ChannelRef[]): Promise<Comparison[]> {
  const all: Comparison[] = []
  const asked = channels.slice(0, CHANNELS_MAX)
  for (let i = 0; i < asked.length; i += AT_ONCE) {
    all.push(...(await Promise.all(asked.slice(i, i + AT_ONCE).map((channel) => compareOne(deps, ask, channel)))))
  }
  return all
}

async function compareOne(deps: Deps, ask: AskSession, channel: ChannelRef): Promise<Comparison> {
  let session: ChannelStanding | undefined
  try {
    session = await ask(channel)
  } catch (error) {
    deps.log('compare_unanswered', { channelId: channel.channelId, message: messageOf(error) })
    return { channel, answered: false }
  }
  if (session === undefined) return { channel, answered: true }
  try {
    const chain = await onChain(deps, channel, session)
    return { channel, answered: true, session, ...(chain === undefined ? {} : { chain }) }
  } catch (error) {
    deps.log('rpc_unavailable', { message: messageOf(error) })
    return { channel, answered: true, session }
  }
}

/** Undefined when this deployment does not settle on the channel's chain or contract. */
async function onChain(
  deps: Deps,
  { session: name, channelId }: ChannelRef,
  { config }: ChannelStanding,
): Promise<ChainStanding | undefined> {
  const ref = parseSessionName(name)
  const chain = ref && deps.chain(ref.chainId)
  const contract = chain?.contracts.find((known) => known.address === ref?.contract)
  if (chain === undefined || contract === undefined || !Check.isChannel(contract, config, channelId)) return undefined
  const deep = Math.max(0, (await chain.rpc.blockNumber()) - chain.confirmations + 1)
  const { channels } = await Contract.readStates(chain.rpc, contract.address, [channelId], [], deep)
  const { balance, totalClaimed, withdrawRequestedAt, refundNonce } = await Check.standing(
    chain,
    contract,
    config,
    channelId,
  )
  const finalClaimed = channels[0]?.totalClaimed ?? 0n
  return { balance, totalClaimed, finalClaimed, withdrawRequestedAt, refundNonce }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown'
}
