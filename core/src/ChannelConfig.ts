import { typeStrings } from './abi/TypedData.ts'
import * as Eip712 from './Eip712.ts'
import { type Address, fromBytes, type Hex, isAddress, isBytes32, lower } from './Hex.ts'

/** The escrowed money of one payer toward one receiver, as x402 `batch-settlement` defines it. All hex lower case. */
export type ChannelConfig = {
  payer: Address
  /** The session key that signs vouchers. */
  payerAuthorizer: Address
  receiver: Address
  /** The key that signs claims and refunds for the receiver. */
  receiverAuthorizer: Address
  token: Address
  /** Seconds between asking for a withdrawal and getting it: 900 to 2,592,000. */
  withdrawDelay: number
  salt: Hex
}

/** The contract's bounds of `withdrawDelay`, in seconds. */
export const MIN_WITHDRAW_DELAY = 900
export const MAX_WITHDRAW_DELAY = 2_592_000

const UINT40_MAX = 2 ** 40 - 1

/** A value that is no channel config; `field` says where. */
export class InvalidChannelConfigError extends Error {
  override readonly name = 'InvalidChannelConfigError'
  readonly field: string
  constructor(field: string, what: string) {
    super(`${field} is not ${what}`)
    this.field = field
  }
}

/**
 * Reads a config from JSON. Addresses may be in any case and come out in lower case; unknown members are dropped.
 *
 * A `withdrawDelay` outside the contract's bounds still has an id: whether it is acceptable is the offer's matter.
 *
 * @throws {InvalidChannelConfigError}
 */
export function parse(value: unknown): ChannelConfig {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InvalidChannelConfigError('channelConfig', 'an object')
  }
  const from = value as Record<string, unknown>
  const withdrawDelay = from['withdrawDelay']
  if (typeof withdrawDelay !== 'number' || !Number.isInteger(withdrawDelay)) {
    throw new InvalidChannelConfigError('withdrawDelay', 'an integer')
  }
  if (withdrawDelay < 0 || withdrawDelay > UINT40_MAX) throw new InvalidChannelConfigError('withdrawDelay', 'a uint40')
  const salt = from['salt']
  if (!isBytes32(salt)) throw new InvalidChannelConfigError('salt', '32 bytes of hex')
  return {
    payer: address(from, 'payer'),
    payerAuthorizer: address(from, 'payerAuthorizer'),
    receiver: address(from, 'receiver'),
    receiverAuthorizer: address(from, 'receiverAuthorizer'),
    token: address(from, 'token'),
    withdrawDelay,
    salt: lower(salt),
  }
}

const TYPE = Eip712.typeHash(typeStrings.ChannelConfig)

/** The channel id: the EIP-712 hash of the config in the domain of its contract (`Voucher.domainSeparator`). */
export function id(config: ChannelConfig, domainSeparator: Eip712.Hash): Hex {
  const struct = Eip712.hashStruct(
    TYPE,
    config.payer,
    config.payerAuthorizer,
    config.receiver,
    config.receiverAuthorizer,
    config.token,
    BigInt(config.withdrawDelay),
    config.salt,
  )
  return fromBytes(Eip712.digest(domainSeparator, struct))
}

function address(from: Record<string, unknown>, field: string): Address {
  const value = from[field]
  if (!isAddress(value)) throw new InvalidChannelConfigError(field, 'an address')
  return lower(value)
}
