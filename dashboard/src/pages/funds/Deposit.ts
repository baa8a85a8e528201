/** A top-up of a channel of our escrow: what the wallet signs (EIP-3009), and what the API relays for it. */
import * as Authorization from '@pbstream/core/Authorization'
import * as ChannelConfig from '@pbstream/core/ChannelConfig'
import type { Address, Hex } from '@pbstream/core/Hex'
import * as Voucher from '@pbstream/core/Voucher'

/** Tokens take an authorisation a little before its time on their clock. */
const SKEW_S = 600
/** Seconds that the wallet, the relay and the chain have together. */
const LIFE_S = 3_600

/** The domain in which the token checks signatures. */
export type Token = { address: Address; name: string; version: string }

export type Order = {
  chainId: number
  /** The escrow: it pulls its deposits itself. */
  escrow: Address
  config: ChannelConfig.ChannelConfig
  token: Token
  /** Atomic units. */
  amount: bigint
  /** Unix seconds. */
  now: number
  /** 32 random bytes: one authorisation, one deposit. */
  salt: Hex
}

const member = (name: string, type: string) => ({ name, type })
const types = {
  EIP712Domain: [
    member('name', 'string'),
    member('version', 'string'),
    member('chainId', 'uint256'),
    member('verifyingContract', 'address'),
  ],
  ReceiveWithAuthorization: [
    member('from', 'address'),
    member('to', 'address'),
    member('value', 'uint256'),
    member('validAfter', 'uint256'),
    member('validBefore', 'uint256'),
    member('nonce', 'bytes32'),
  ],
}

/** The parameter of `eth_signTypedData_v4`. Good for this channel and this amount, and only the escrow can hand it in. */
export function typedData({ chainId, escrow, config, token, amount, now, salt }: Order) {
  const channelId = ChannelConfig.id(config, Voucher.escrowDomainSeparator(chainId, escrow))
  return {
    types,
    primaryType: 'ReceiveWithAuthorization' as const,
    domain: { name: token.name, version: token.version, chainId, verifyingContract: token.address },
    message: {
      from: config.payer,
      to: escrow,
      value: amount.toString(),
      ...times(now),
      nonce: Authorization.depositNonce(channelId, salt),
    },
  }
}

/** The body of `POST /session-keys/{id}/deposits`. */
export function body({ config, amount, now, salt }: Order, signature: Hex) {
  const { receiver, receiverAuthorizer, withdrawDelay } = config
  const authorization = { ...times(now), salt, signature }
  return { receiver, receiverAuthorizer, withdrawDelay, amount: amount.toString(), authorization }
}

export function randomSalt(): Hex {
  const bytes = crypto.getRandomValues(new Uint8Array(32))
  return `0x${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')}`
}

function times(now: number) {
  return { validAfter: String(now - SKEW_S), validBefore: String(now + LIFE_S) }
}
