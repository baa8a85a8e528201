import * as TokenAuthorization from '@pbstream/core/Authorization'
import type { Hash } from '@pbstream/core/Eip712'
import { type Address, isAddress, lower } from '@pbstream/core/Hex'
import * as Network from '@pbstream/core/Network'
import * as OpenSession from '@pbstream/core/session/OpenSession'
import * as Voucher from '@pbstream/core/Voucher'

/** One chain on which payment is taken: a row of the variable CHAINS, with what is computed from it once. */
export type Chain = {
  chainId: number
  /** CAIP-2. */
  network: string
  contract: Address
  collector: Address
  token: Address
  tokenName: string
  tokenVersion: string
  /** Seconds. */
  withdrawDelay: number
  /** Whether its money is worth nothing; where that is not said, no provider's own server takes payment on it. */
  testnet?: boolean
  /** How long a payment that needs the chain may take, in seconds. */
  maxTimeoutSeconds: number
  voucherDomain: Hash
  /** In which sessions are opened. */
  sessionDomain: Hash
  tokenDomain: Hash
}

export type Chains = ReadonlyMap<number, Chain>

/**
 * Reads the variable CHAINS.
 *
 * @throws {TypeError} that names the member at fault: a mistake of the deployment, not of a caller.
 */
export function parse(json: string): Chains {
  const rows: unknown = JSON.parse(json)
  if (!Array.isArray(rows) || rows.length === 0) throw new TypeError('CHAINS is not an array of chains')
  return new Map(rows.map(chain).map((each) => [each.chainId, each]))
}

function chain(row: unknown): Chain {
  if (typeof row !== 'object' || row === null) throw new TypeError('CHAINS holds something that is not a chain')
  const from = row as Record<string, unknown>
  const chainId = positive(from, 'chainId')
  const contract = address(from, 'contract')
  const token = address(from, 'token')
  const tokenName = text(from, 'tokenName')
  const tokenVersion = text(from, 'tokenVersion')
  return {
    chainId,
    network: Network.fromChainId(chainId),
    contract,
    collector: address(from, 'collector'),
    token,
    tokenName,
    tokenVersion,
    withdrawDelay: positive(from, 'withdrawDelay'),
    maxTimeoutSeconds: positive(from, 'maxTimeoutSeconds'),
    ...(typeof from['testnet'] === 'boolean' ? { testnet: from['testnet'] } : {}),
    voucherDomain: Voucher.domainSeparator(chainId, contract),
    sessionDomain: OpenSession.domainSeparator(chainId, contract),
    tokenDomain: TokenAuthorization.domainSeparator({ chainId, token, tokenName, tokenVersion }),
  }
}

function positive(from: Record<string, unknown>, member: string): number {
  const value = from[member]
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value <= 0)
    throw new TypeError(`CHAINS: ${member} is not a positive integer`)
  return value
}

function address(from: Record<string, unknown>, member: string): Address {
  const value = from[member]
  if (!isAddress(value)) throw new TypeError(`CHAINS: ${member} is not an address`)
  return lower(value)
}

function text(from: Record<string, unknown>, member: string): string {
  const value = from[member]
  if (typeof value !== 'string' || value === '') throw new TypeError(`CHAINS: ${member} is not a text`)
  return value
}
