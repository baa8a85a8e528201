/**
 * Reads payments and signatures from JSON that a caller sent. Every function throws `Refused` for what it cannot use,
 * and nothing else; the message names the member at fault and never quotes its value.
 */
import * as Amount from './Amount.ts'
import * as ChannelConfig from './ChannelConfig.ts'
import type { ErrorCode } from './Errors.ts'
import { type Address, type Hex, isAddress, isBytes32, lower } from './Hex.ts'
import type { DepositOrder } from './message/Settlement.ts'
import * as Signature from './Signature.ts'

export type Json = Record<string, unknown>

/** A deposit that came along with a payment. */
export type Deposit = { amount: bigint; authorization: DepositOrder['authorization'] }

/** Why there is nothing in it that could be used. */
export type Failure = { error: ErrorCode; detail: string }

/** What cannot be used. Without a code it is simply malformed. */
export class Refused extends Error {
  readonly code: ErrorCode | undefined
  constructor(detail: string, code?: ErrorCode) {
    super(detail)
    this.code = code
  }
}

/** Runs a reader; `malformed` is the code of what has none of its own. */
export function attempt<T>(malformed: ErrorCode, read: () => T): T | Failure {
  try {
    return read()
  } catch (error) {
    if (error instanceof Refused) return { error: error.code ?? malformed, detail: error.message }
    throw error
  }
}

export function object(value: unknown, path: string): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Refused(`${path} is not an object`)
  return value as Json
}

export function text(value: unknown, path: string): string {
  if (typeof value !== 'string' || value === '') throw new Refused(`${path} is not a string`)
  return value
}

export function address(value: unknown, path: string): Address {
  if (!isAddress(value)) throw new Refused(`${path} is not an address`)
  return lower(value)
}

export function bytes32(value: unknown, path: string): Hex {
  if (!isBytes32(value)) throw new Refused(`${path} is not 32 bytes of hex`)
  return lower(value)
}

export function atomic(value: unknown, path: string): bigint {
  const amount = Amount.tryParse(value)
  if (amount === undefined) throw new Refused(`${path} is not a decimal string of atomic units below 2^128`)
  return amount
}

const UINT = /^(?:0|[1-9][0-9]{0,77})$/

/** Seconds and the like: tokens take any uint256 there, and some clients write the largest for "always". */
export function uint256(value: unknown, path: string): bigint {
  const number = typeof value === 'string' && UINT.test(value) ? BigInt(value) : undefined
  if (number === undefined || number >> 256n !== 0n) throw new Refused(`${path} is not a decimal string below 2^256`)
  return number
}

/** The config of a channel. */
export function config(value: unknown, path: string): ChannelConfig.ChannelConfig {
  try {
    return ChannelConfig.parse(value)
  } catch (error) {
    if (!(error instanceof ChannelConfig.InvalidChannelConfigError)) throw error
    throw new Refused(error.field === 'channelConfig' ? `${path} is not an object` : `${path}.${error.message}`)
  }
}

const SIGNATURE_65 = /^0x[0-9a-fA-F]{130}$/
/** Contract wallets sign at some length; more than 1 KiB is no payment. */
const SIGNATURE_ANY = /^0x(?:[0-9a-fA-F]{2}){65,1024}$/

/** Always by a key: 65 bytes. One that no key can have made is left as it is, for recovery to refuse. */
export function keySignature(value: unknown, path: string): Hex {
  if (typeof value !== 'string' || !SIGNATURE_65.test(value)) throw new Refused(`${path} is not 65 bytes of hex`)
  return Signature.normalise(value) ?? lower(value as Hex)
}

export function anySignature(value: unknown, path: string): Hex {
  if (typeof value !== 'string' || !SIGNATURE_ANY.test(value)) {
    throw new Refused(`${path} is not 65 to 1024 bytes of hex`)
  }
  return Signature.normalise(value) ?? lower(value as Hex)
}

/** The deposit of x402 `batch-settlement`: an amount and its EIP-3009 authorisation. */
export function deposit(value: Json, path: string): Deposit {
  const methods = object(value['authorization'], `${path}.authorization`)
  if (methods['erc3009Authorization'] === undefined && methods['permit2Authorization'] !== undefined) {
    throw new Refused('Permit2 deposits are not taken; send erc3009Authorization', 'deposit_authorization_invalid')
  }
  const at = (member: string) => `${path}.authorization.erc3009Authorization.${member}`
  const inner = object(methods['erc3009Authorization'], `${path}.authorization.erc3009Authorization`)
  return {
    amount: atomic(value['amount'], `${path}.amount`),
    authorization: {
      validAfter: uint256(inner['validAfter'], at('validAfter')),
      validBefore: uint256(inner['validBefore'], at('validBefore')),
      salt: bytes32(inner['salt'], at('salt')),
      signature: anySignature(inner['signature'], at('signature')),
    },
  }
}
