/** Channels of the wallet's keys: where its money lies. */
import * as ChannelConfig from '@pbstream/core/ChannelConfig'
import type { Address, Hex } from '@pbstream/core/Hex'
import type { components } from '../../api/Schema.d.ts'

export type Channel = components['schemas']['PayerChannel']

/** What a channel has to be for its money to be taken out: its config known, and in a contract that we know. */
export type Known = Channel & { config: NonNullable<Channel['config']> }

export function isKnown(channel: Channel): channel is Known {
  return channel.config !== null && channel.kind !== 'other'
}

/** The config with checked members. @throws {ChannelConfig.InvalidChannelConfigError} */
export function configOf(channel: Known): ChannelConfig.ChannelConfig {
  return ChannelConfig.parse(channel.config)
}

export type Sums = { free: bigint; held: bigint; spent: bigint; returning: bigint }

/** What all channels come to, each at its best known numbers. */
export function sumsOf(channels: readonly Channel[]): Sums {
  const sums: Sums = { free: 0n, held: 0n, spent: 0n, returning: 0n }
  for (const { free, held, spent, pendingWithdrawal } of channels) {
    sums.free += BigInt(free ?? '0')
    sums.held += BigInt(held ?? '0')
    sums.spent += BigInt(spent)
    sums.returning += BigInt(pendingWithdrawal?.amount ?? '0')
  }
  return sums
}

/** Terms of a new channel of an escrow key toward one of its payees. */
export type Terms = { receiverAuthorizer: Address; withdrawDelay: number }

/**
 * Those of a channel that there is (more money goes into the same one), else those of the service. The receiver is paid from
 * channels with its own delay only, if it has one.
 *
 * @returns undefined where neither says what they are.
 */
export function termsFor(
  channels: readonly Channel[],
  receiver: string,
  service: { receiverAuthorizer: Address | undefined; withdrawDelay: number | undefined } | undefined,
  delays: readonly { payee: string; withdrawDelay: number | null }[] = [],
): Terms | undefined {
  const own = delays.find(({ payee }) => payee === receiver)
  const withdrawDelay = own?.withdrawDelay ?? service?.withdrawDelay
  for (const channel of channels) {
    if (channel.receiver !== receiver || !isKnown(channel)) continue
    const terms = configOf(channel)
    const isSold = own === undefined || withdrawDelay === undefined || terms.withdrawDelay === withdrawDelay
    if (isSold) return { receiverAuthorizer: terms.receiverAuthorizer, withdrawDelay: terms.withdrawDelay }
  }
  const { receiverAuthorizer } = service ?? {}
  // A delay that was guessed would make a channel that no offer fits: money there could not be spent.
  if (receiverAuthorizer === undefined || withdrawDelay === undefined) return undefined
  return { receiverAuthorizer, withdrawDelay }
}

/** The channel of an escrow key: its salt is the key's id there. @throws {ChannelConfig.InvalidChannelConfigError} */
export function escrowConfig(
  key: { account: string; key: string; token: string; keyId: string | null },
  receiver: string,
  terms: Terms,
): ChannelConfig.ChannelConfig {
  const { account: payer, key: payerAuthorizer, token, keyId: salt } = key
  return ChannelConfig.parse({ payer, payerAuthorizer, receiver, token, salt: salt as Hex | null, ...terms })
}
