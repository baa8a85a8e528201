/** Calldata for the channel contracts and the token, and what is read from them. */
import { batchSettlementAbi } from '@pbstream/core/abi/BatchSettlement'
import { streamChannelEscrowAbi } from '@pbstream/core/abi/StreamChannelEscrow'
import { testUsdcAbi } from '@pbstream/core/abi/TestUSDC'
import type { ChannelConfig } from '@pbstream/core/ChannelConfig'
import { type Address, type Hex, toBytes } from '@pbstream/core/Hex'
import type { Authorization } from '@pbstream/core/message/Settlement'
import * as PackedRows from '@pbstream/core/PackedRows'
import { type At, type ChainRpc, RpcUnavailable } from '@pbstream/nonce-lane/ChainRpc'
import { MAX_GAS_LIMIT } from '@pbstream/nonce-lane/Lane'
import { decodeErrorResult, decodeFunctionResult, encodeAbiParameters, encodeFunctionData } from 'viem'

/** What both channel contracts understand. */
const abi = batchSettlementAbi
const escrowAbi = streamChannelEscrowAbi
const tokenAbi = testUsdcAbi

/** Gas that these may take at most, several times what they take with keys that are no contracts. */
export const MAX_TRANSFER_GAS = 400_000n
export const MAX_DEPOSIT_GAS = 500_000n
export const MAX_REFUND_GAS = 500_000n
export const MAX_SETTLE_GAS = 200_000n
/** For trials of claims: the most that a transaction may take (EIP-7825). */
export const MAX_TRIAL_GAS = MAX_GAS_LIMIT

/** One voucher and the running total that is to be recorded of it. */
export type ClaimRow = { config: ChannelConfig; max: bigint; total: bigint; signature: Hex }

export function claimWithSignature(rows: readonly ClaimRow[], signature: Hex): Hex {
  const claims = rows.map(({ config, max, total, signature: voucher }) => ({
    voucher: { channel: config, maxClaimableAmount: max },
    signature: voucher,
    totalClaimed: total,
  }))
  return encodeFunctionData({ abi, functionName: 'claimWithSignature', args: [claims, signature] })
}

/** Rows with the same terms, for the escrow. */
export function settleBatch(rows: readonly ClaimRow[], signature: Hex): Hex {
  const { terms, rows: packed } = PackedRows.encode(rows)
  return encodeFunctionData({ abi: escrowAbi, functionName: 'settleBatch', args: [terms, packed, signature] })
}

/** What the escrow says of a row: its `RowOutcome`s in order. */
export const outcomes = [
  'claimed',
  'nothing_new',
  'exceeds_voucher',
  'unfunded',
  'key_stopped',
  'ceiling_reached',
  'invalid_voucher',
] as const
export type Outcome = (typeof outcomes)[number]

/** The outcomes of each batch, by what one call or a multicall of several has returned. */
export function readOutcomes(batches: number, data: Hex): Outcome[][] {
  const answers = batches === 1 ? [data] : decodeFunctionResult({ abi, functionName: 'multicall', data })
  return answers.map((answer) => {
    const bytes = decodeFunctionResult({ abi: escrowAbi, functionName: 'settleBatch', data: answer })
    return [...toBytes(bytes)].map((code) => outcomes[code] ?? 'invalid_voucher')
  })
}

export function settle(receiver: Address, token: Address): Hex {
  return encodeFunctionData({ abi, functionName: 'settle', args: [receiver, token] })
}

export function refundWithSignature(config: ChannelConfig, amount: bigint, nonce: bigint, signature: Hex): Hex {
  return encodeFunctionData({ abi, functionName: 'refundWithSignature', args: [config, amount, nonce, signature] })
}

/** The calls as one: all of them are done, or none. */
export function together(calls: Hex[]): Hex {
  const [only] = calls
  return calls.length === 1 && only !== undefined ? only : multicall(calls)
}

/** All calls in one transaction, or none. */
export function multicall(calls: Hex[]): Hex {
  return encodeFunctionData({ abi, functionName: 'multicall', args: [calls] })
}

export type DepositAuthorization = { validAfter: bigint; validBefore: bigint; salt: Hex; signature: Hex }

export function deposit(config: ChannelConfig, amount: bigint, collector: Address, by: DepositAuthorization): Hex {
  const data = encodeAbiParameters(
    [{ type: 'uint256' }, { type: 'uint256' }, { type: 'uint256' }, { type: 'bytes' }],
    [by.validAfter, by.validBefore, BigInt(by.salt), by.signature],
  )
  return encodeFunctionData({ abi, functionName: 'deposit', args: [config, amount, collector, data] })
}

/** EIP-3009 with the signature as bytes, so that contract wallets may sign too. */
export function transferWithAuthorization(a: Authorization): Hex {
  const args = [a.from, a.to, a.value, a.validAfter, a.validBefore, a.nonce, a.signature] as const
  return encodeFunctionData({ abi: tokenAbi, functionName: 'transferWithAuthorization', args })
}

export type ChannelState = { balance: bigint; totalClaimed: bigint }
export type ReceiverState = { totalClaimed: bigint; totalSettled: bigint }
export type FullChannelState = ChannelState & { withdrawRequestedAt: number; refundNonce: bigint }

/** The call whose answer, above a refund's nonce, shows that the refund has been executed. */
export function refundNonceCall(channelId: Hex): Hex {
  return encodeFunctionData({ abi, functionName: 'refundNonce', args: [channelId] })
}

/** Channels and receivers of one block, in one call. */
export async function readStates(
  rpc: ChainRpc,
  contract: Address,
  ids: readonly Hex[],
  pairs: readonly { receiver: Address; token: Address }[],
  at: At,
): Promise<{ channels: ChannelState[]; receivers: ReceiverState[] }> {
  const channelCalls = ids.map((id) => encodeFunctionData({ abi, functionName: 'channels', args: [id] }))
  const pairCalls = pairs.map(({ receiver, token }) =>
    encodeFunctionData({ abi, functionName: 'receivers', args: [receiver, token] }),
  )
  const results = await readMany(rpc, contract, [...channelCalls, ...pairCalls], at)
  const channels = results.slice(0, ids.length).map((data) => {
    const [balance, totalClaimed] = decodeFunctionResult({ abi, functionName: 'channels', data })
    return { balance, totalClaimed }
  })
  const receivers = results.slice(ids.length).map((data) => {
    const [totalClaimed, totalSettled] = decodeFunctionResult({ abi, functionName: 'receivers', data })
    return { totalClaimed, totalSettled }
  })
  return { channels, receivers }
}

/** All there is to know of one channel, in the newest block if no other is meant. */
export async function readChannel(
  rpc: ChainRpc,
  contract: Address,
  id: Hex,
  at: At = 'latest',
): Promise<FullChannelState> {
  const [state] = await readChannels(rpc, contract, [id], at)
  if (state === undefined) throw new RpcUnavailable('short answer')
  return state
}

/** The same of many, in one call. */
export async function readChannels(
  rpc: ChainRpc,
  contract: Address,
  ids: readonly Hex[],
  at: At,
): Promise<FullChannelState[]> {
  const calls = ids.flatMap((id) => [
    encodeFunctionData({ abi, functionName: 'channels', args: [id] }),
    encodeFunctionData({ abi, functionName: 'pendingWithdrawals', args: [id] }),
    refundNonceCall(id),
  ])
  const results = await readMany(rpc, contract, calls, at)
  return ids.map((_, i) => {
    const [channel = '0x', pending = '0x', nonce = '0x'] = results.slice(3 * i, 3 * i + 3)
    const [balance, totalClaimed] = decodeFunctionResult({ abi, functionName: 'channels', data: channel })
    const [, initiatedAt] = decodeFunctionResult({ abi, functionName: 'pendingWithdrawals', data: pending })
    const refundNonce = decodeFunctionResult({ abi, functionName: 'refundNonce', data: nonce })
    return { balance, totalClaimed, withdrawRequestedAt: initiatedAt, refundNonce }
  })
}

/** What settlement has to know of a session key: when it stops. Undefined when it is not registered in that block. */
export async function readKeyStop(rpc: ChainRpc, contract: Address, keyId: Hex, at: At): Promise<number | undefined> {
  const data = encodeFunctionData({ abi: escrowAbi, functionName: 'getKey', args: [keyId] })
  const answer = await returned(rpc, contract, data, at)
  const key = decodeFunctionResult({ abi: escrowAbi, functionName: 'getKey', data: answer })
  return key.version === 0 ? undefined : key.limit.stoppedAt
}

export async function balanceOf(rpc: ChainRpc, token: Address, owner: Address): Promise<bigint> {
  const data = encodeFunctionData({ abi: tokenAbi, functionName: 'balanceOf', args: [owner] })
  return decodeFunctionResult({ abi: tokenAbi, functionName: 'balanceOf', data: await returned(rpc, token, data) })
}

/** Whether an EIP-3009 nonce was used or cancelled. */
export async function authorizationUsed(rpc: ChainRpc, token: Address, from: Address, nonce: Hex): Promise<boolean> {
  const data = encodeFunctionData({ abi: tokenAbi, functionName: 'authorizationState', args: [from, nonce] })
  const answer = await returned(rpc, token, data)
  return decodeFunctionResult({ abi: tokenAbi, functionName: 'authorizationState', data: answer })
}

/** The name of the error with which the escrow refuses a call; undefined when it goes through or says nothing. */
export async function errorOf(rpc: ChainRpc, call: { to: Address; data: Hex }): Promise<string | undefined> {
  const reply = await rpc.call(call)
  if (reply.kind === 'returned' || reply.data === undefined) return undefined
  try {
    return decodeErrorResult({ abi: escrowAbi, data: reply.data }).errorName
  } catch {
    return undefined
  }
}

/** The contract's own multicall, as a view: all answers are of the same block. */
async function readMany(rpc: ChainRpc, contract: Address, calls: Hex[], at: At): Promise<readonly Hex[]> {
  const answer = await returned(rpc, contract, multicall(calls), at)
  const results = decodeFunctionResult({ abi, functionName: 'multicall', data: answer })
  if (results.length !== calls.length) throw new RpcUnavailable('multicall: short answer')
  return results
}

async function returned(rpc: ChainRpc, to: Address, data: Hex, at: At = 'latest'): Promise<Hex> {
  const reply = await rpc.call({ to, data }, at)
  // Views do not revert: a node that says so does not have the contract or the block.
  if (reply.kind === 'reverted' || reply.data === '0x') throw new RpcUnavailable('a view returned nothing')
  return reply.data
}
