/**
 * What is signed about a channel: vouchers by the payer's session key, claims and refunds by the receiver authorizer.
 *
 * Types and addresses are those of x402 `batch-settlement` on EVM. Our escrow takes the same types under its own domain.
 */
import { typeStrings } from './abi/TypedData.ts'
import * as Eip712 from './Eip712.ts'
import type { Address, Hex } from './Hex.ts'

/** The canonical deployment: the same addresses on every chain. */
export const BATCH_SETTLEMENT = {
  scheme: 'batch-settlement',
  name: 'x402 Batch Settlement',
  version: '1',
  contract: '0x4020074e9df2ce1dee5a9c1b5c3f541d02a10003',
  /** Pulls a deposit by EIP-3009 `receiveWithAuthorization`. */
  collector: '0x4020806089470a89826cb9fb1f4059150b550004',
} as const

/** Our escrow. Its address follows from its code, so it comes from the deployment and not from here. */
export const ESCROW = { name: 'PB-Stream Escrow', version: '1' } as const

/** A cumulative promise: at most `max` of this channel may be claimed in total. */
export type Voucher = { channelId: Hex; max: bigint; signature: Hex }

/** One row of a claim: record `total` of this channel as claimed, on a voucher for `max`. */
export type ClaimEntry = { channelId: Hex; max: bigint; total: bigint }

const VOUCHER = Eip712.typeHash(typeStrings.Voucher)
const REFUND = Eip712.typeHash(typeStrings.Refund)
const ENTRY = Eip712.typeHash(typeStrings.ClaimEntry)
const BATCH = Eip712.typeHash(typeStrings.ClaimBatch)
const CANCEL_WITHDRAW = Eip712.typeHash(typeStrings.CancelWithdraw)

/** The domain of the canonical contract, or of a stand-in: computed once per chain, then passed to everything below. */
export function domainSeparator(chainId: number, contract: Address = BATCH_SETTLEMENT.contract): Eip712.Hash {
  const { name, version } = BATCH_SETTLEMENT
  return Eip712.domainSeparator({ name, version, chainId, verifyingContract: contract })
}

/** The domain of an escrow of ours, as a wallet shows it. */
export function escrowDomain(chainId: number, contract: Address): Eip712.Domain {
  return { ...ESCROW, chainId, verifyingContract: contract }
}

/** As `domainSeparator`, for an escrow of ours: session keys live in this domain too. */
export function escrowDomainSeparator(chainId: number, contract: Address): Eip712.Hash {
  return Eip712.domainSeparator(escrowDomain(chainId, contract))
}

/** What the payer authorizer signs to raise what may be claimed to `max`. 32 bytes. */
export function digest(separator: Eip712.Hash, channelId: Hex, max: bigint): Eip712.Hash {
  return Eip712.digest(separator, Eip712.hashStruct(VOUCHER, channelId, max))
}

/** What the receiver authorizer signs for `claimWithSignature`. 32 bytes. */
export function claimBatchDigest(separator: Eip712.Hash, entries: readonly ClaimEntry[]): Eip712.Hash {
  const hashes = new Uint8Array(32 * entries.length)
  entries.forEach((entry, i) => {
    hashes.set(Eip712.hashStruct(ENTRY, entry.channelId, entry.max, entry.total), 32 * i)
  })
  return Eip712.digest(separator, Eip712.hashStruct(BATCH, Eip712.keccak256(hashes)))
}

/** What the receiver authorizer signs for `refundWithSignature`. 32 bytes. */
export function refundDigest(
  separator: Eip712.Hash,
  refund: { channelId: Hex; nonce: bigint; amount: bigint },
): Eip712.Hash {
  return Eip712.digest(separator, Eip712.hashStruct(REFUND, refund.channelId, refund.nonce, refund.amount))
}

/** What the payer signs for `cancelWithdrawWithSignature` of the escrow, for one request only. 32 bytes. */
export function cancelWithdrawDigest(
  separator: Eip712.Hash,
  cancel: { channelId: Hex; initiatedAt: number },
): Eip712.Hash {
  const struct = Eip712.hashStruct(CANCEL_WITHDRAW, cancel.channelId, BigInt(cancel.initiatedAt))
  return Eip712.digest(separator, struct)
}
