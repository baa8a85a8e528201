/** What a server says of a channel: believed only as far as this payer's own signatures prove it. */
import * as Amount from '@pbstream/core/Amount'
import { ChannelStateError } from '../errors/Payer.ts'
import type { Channel, ChannelNumbers } from './Channel.ts'
import { readChannel, type Rpc } from './Rpc.ts'

/** Cumulative numbers, and the voucher that the server says it has. */
export type Said = { charged: bigint; funds: bigint; voucher?: { max: bigint; signature: string } }

/** `channelState` and `voucherState` of an offer; `undefined` when there is none, or another channel's. */
export function saidIn(extra: Record<string, unknown>, channelId: string): Said | undefined {
  const state = (extra['channelState'] ?? {}) as Record<string, unknown>
  const charged = Amount.tryParse(state['chargedCumulativeAmount'])
  const funds = Amount.tryParse(state['balance'])
  if (charged === undefined || funds === undefined) return undefined
  if (typeof state['channelId'] === 'string' && state['channelId'].toLowerCase() !== channelId) return undefined
  const voucher = (extra['voucherState'] ?? {}) as Record<string, unknown>
  const max = Amount.tryParse(voucher['signedMaxClaimable'])
  const { signature } = voucher
  return max === undefined || typeof signature !== 'string'
    ? { charged, funds }
    : { charged, funds, voucher: { max, signature: signature.toLowerCase() } }
}

/**
 * Takes over what a server says. What is charged may be up to what this payer has signed; beyond what the store knows
 * of, the server has to show the signature, or the chain the claim.
 *
 * @throws {ChannelStateError} when it cannot.
 */
export async function adopt(channel: Channel, said: Said, rpc?: Rpc): Promise<ChannelNumbers> {
  const { voucher } = said
  if (rpc !== undefined && said.charged > (await channel.numbers()).signed) await adoptChain(channel, rpc)
  const isOurs = voucher !== undefined && voucher.signature === (await channel.signature(voucher.max))
  return channel.update(({ signed }) => {
    const proven = isOurs ? Amount.max(signed, voucher.max) : signed
    if (said.charged > proven) throw new ChannelStateError('more is said to be charged than was ever signed')
    return { signed: proven, charged: said.charged, funds: said.funds }
  })
}

/**
 * Takes over what the chain has: what is claimed there was signed for.
 *
 * @throws {ChannelStateError} without an RPC endpoint.
 */
export async function adoptChain(channel: Channel, rpc: Rpc | undefined): Promise<ChannelNumbers> {
  if (rpc === undefined) throw new ChannelStateError('the voucher was refused and nothing was said about why')
  const { balance, totalClaimed } = await readChannel(rpc, channel.record.trusted.contract, channel.id)
  return channel.update(({ signed, charged }) => ({
    signed: Amount.max(signed, totalClaimed),
    charged: Amount.max(charged, totalClaimed),
    funds: balance,
  }))
}
