/** The channel contracts, x402's canonical one and our escrow, as anybody sees them: both understand all of this. */
import { batchSettlementAbi as abi } from '@pbstream/core/abi/BatchSettlement'
import { streamChannelEscrowAbi as escrowAbi } from '@pbstream/core/abi/StreamChannelEscrow'
import type { ChannelConfig } from '@pbstream/core/ChannelConfig'
import type { Address, Hex } from '@pbstream/core/Hex'
import { ESCROW } from '@pbstream/core/Voucher'
import { decodeFunctionResult, encodeFunctionData } from 'viem'
import type { Chain } from './Chain.ts'
import { Failure } from './Failure.ts'
import { call } from './Trial.ts'

/** A channel as the chain has it. Amounts in atomic units, times in Unix seconds. */
export type State = {
  /** What the contract makes of the config: the true id. */
  channelId: Hex
  /** Deposits less refunds and withdrawals. */
  balance: bigint
  claimed: bigint
  withdrawal: { amount: bigint; initiatedAt: number } | undefined
}

export type Payee = { receiver: Address; token: Address }
export type Due = { claimed: bigint; settled: bigint }

/** One voucher, and the total that is to be recorded of it. */
export type ClaimRow = { config: ChannelConfig; max: bigint; signature: Hex; total: bigint }

/** Views asked for in one call; each takes a few thousand gas of the node's limit. */
const VIEWS = 100

/** The state of many channels of one contract, in their order. */
export async function states(chain: Chain, contract: Address, configs: readonly ChannelConfig[]): Promise<State[]> {
  const ids = await views(
    chain,
    contract,
    configs.map((config) => encodeFunctionData({ abi, functionName: 'getChannelId', args: [config] })),
    (data) => decodeFunctionResult({ abi, functionName: 'getChannelId', data }),
  )
  const balances = await views(
    chain,
    contract,
    ids.map((id) => encodeFunctionData({ abi, functionName: 'channels', args: [id] })),
    (data) => decodeFunctionResult({ abi, functionName: 'channels', data }),
  )
  const pending = await views(
    chain,
    contract,
    ids.map((id) => encodeFunctionData({ abi, functionName: 'pendingWithdrawals', args: [id] })),
    (data) => decodeFunctionResult({ abi, functionName: 'pendingWithdrawals', data }),
  )
  return ids.map((channelId, i) => {
    const [balance, claimed] = balances[i]!
    const [amount, initiatedAt] = pending[i]!
    return { channelId, balance, claimed, withdrawal: initiatedAt === 0 ? undefined : { amount, initiatedAt } }
  })
}

/** What receivers have earned and got in one contract, in their order. */
export function dues(chain: Chain, contract: Address, payees: readonly Payee[]): Promise<Due[]> {
  const calls = payees.map(({ receiver, token }) =>
    encodeFunctionData({ abi, functionName: 'receivers', args: [receiver, token] }),
  )
  return views(chain, contract, calls, (data) => {
    const [claimed, settled] = decodeFunctionResult({ abi, functionName: 'receivers', data })
    return { claimed, settled }
  })
}

/** Whether it is our escrow: only that says so by EIP-5267 under our name. */
export async function isEscrow(chain: Chain, contract: Address): Promise<boolean> {
  const of = { abi: escrowAbi, functionName: 'eip712Domain' } as const
  const answer = await call(chain, { to: contract, data: encodeFunctionData(of) })
  if ('refusal' in answer || answer.data === '0x') return false
  return decodeFunctionResult({ ...of, data: answer.data })[1] === ESCROW.name
}

export function claim(rows: readonly ClaimRow[]): Hex {
  const claims = rows.map(({ config, max, signature, total }) => ({
    voucher: { channel: config, maxClaimableAmount: max },
    signature,
    totalClaimed: total,
  }))
  return encodeFunctionData({ abi, functionName: 'claim', args: [claims] })
}

export function settle({ receiver, token }: Payee): Hex {
  return encodeFunctionData({ abi, functionName: 'settle', args: [receiver, token] })
}

export function initiateWithdraw(config: ChannelConfig, amount: bigint): Hex {
  return encodeFunctionData({ abi, functionName: 'initiateWithdraw', args: [config, amount] })
}

export function finalizeWithdraw(config: ChannelConfig): Hex {
  return encodeFunctionData({ abi, functionName: 'finalizeWithdraw', args: [config] })
}

/**
 * Views through the contract's own `multicall`, a page at a time.
 *
 * @throws {Failure} when there is no such contract.
 */
async function views<T>(
  chain: Chain,
  contract: Address,
  calls: readonly Hex[],
  decode: (data: Hex) => T,
): Promise<T[]> {
  const found: T[] = []
  for (let at = 0; at < calls.length; at += VIEWS) {
    const page = calls.slice(at, at + VIEWS)
    const data = encodeFunctionData({ abi, functionName: 'multicall', args: [page] })
    const answer = await call(chain, { to: contract, data })
    if ('refusal' in answer || answer.data === '0x') {
      throw new Failure(`There is no channel contract at ${contract} on chain ${chain.id}: check --rpc and the file.`)
    }
    found.push(...decodeFunctionResult({ abi, functionName: 'multicall', data: answer.data }).map(decode))
  }
  return found
}
