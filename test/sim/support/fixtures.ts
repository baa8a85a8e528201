/** The one session of every history, and its two channels. */
import * as ChannelConfig from '@pbstream/core/ChannelConfig'
import type { Hex } from '@pbstream/core/Hex'
import { type SessionRef, sessionName } from '@pbstream/core/message/Session'
import * as Voucher from '@pbstream/core/Voucher'

const hex = (digit: string, bytes: number): Hex => `0x${digit.repeat(2 * bytes)}`

export const session: SessionRef = {
  chainId: 84532,
  contract: hex('4', 20),
  payer: hex('a', 20),
  payerAuthorizer: hex('b', 20),
}
export const name = sessionName(session)

/** Seconds; the shortest that the contracts allow. */
export const WITHDRAW_DELAY = 900

/** As deployed on the fake chain; ids are the contract's own hashes, so the real handlers take them. */
export const contractDomain = Voucher.domainSeparator(session.chainId, session.contract)

const config = (salt: Hex): ChannelConfig.ChannelConfig => ({
  payer: session.payer,
  payerAuthorizer: session.payerAuthorizer,
  receiver: hex('c', 20),
  receiverAuthorizer: hex('d', 20),
  token: hex('e', 20),
  withdrawDelay: WITHDRAW_DELAY,
  salt,
})

const salts = [`0x${'0'.repeat(64)}`, `0x${'0'.repeat(63)}1`] as const
export const configs = [config(salts[0]), config(salts[1])] as const
/** The escrow hashes with another domain; where a history plays there, the same ids stand for its channels. */
export const channelIds = [
  ChannelConfig.id(configs[0], contractDomain),
  ChannelConfig.id(configs[1], contractDomain),
] as const
export const indexOf = (channelId: Hex): number => (channelId === channelIds[0] ? 0 : 1)
export const indexOfSalt = (salt: Hex): number => (salt === salts[0] ? 0 : 1)

const heads = [`0x${'0'.repeat(63)}1`, `0x${'0'.repeat(63)}2`] as const

const made: [Hex[], Hex[]] = [[], []]

/** Stands for the payer's signature: nobody but the simulated payer makes one, and the fake contract checks it. */
export function signatureOf(channel: number, max: bigint): Hex {
  const known = made[channel as 0 | 1]
  return (known[Number(max)] ??= `${heads[channel as 0 | 1]}${max.toString(16).padStart(64, '0')}1b`)
}
