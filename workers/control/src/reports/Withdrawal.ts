/** A withdrawal that the payer has begun on chain: how much, from when it can be finalised, and until when. */
import { batchSettlementAbi as abi } from '@pbstream/core/abi/BatchSettlement'
import { decodeFunctionResult, encodeFunctionData } from 'viem'
import type { Env } from '../Env.ts'
import type { Standing } from './ChannelStanding.ts'

export type Withdrawal = {
  amount: string | null
  requestedAt: string
  availableAt: string
  lapsesAt: string | null
}

/** null when none is pending. Only a channel that its session says has one is looked for on chain. */
export async function withdrawalOf(
  env: Env,
  standing: Standing,
  kind: 'escrow' | 'canonical' | 'other',
  now: Date,
): Promise<Withdrawal | null> {
  const { config, withdrawRequestedAt: requestedAt } = standing
  if (config === undefined || requestedAt === 0) return null
  // The escrow lets go of a request that nobody finalised for as long again as it had to wait.
  const lapsesAt = kind === 'escrow' ? requestedAt + 2 * config.withdrawDelay : null
  if (lapsesAt !== null && now.getTime() >= lapsesAt * 1_000) return null
  return {
    amount: await amountOf(env, standing, requestedAt),
    requestedAt: iso(requestedAt),
    availableAt: iso(requestedAt + config.withdrawDelay),
    lapsesAt: lapsesAt === null ? null : iso(lapsesAt),
  }
}

/** As the chain has it at the depth at which it is final; null when it cannot be asked, or has this request not yet. */
async function amountOf(env: Env, { id, ref }: Standing, requestedAt: number): Promise<string | null> {
  const data = encodeFunctionData({ abi, functionName: 'pendingWithdrawals', args: [id] })
  try {
    const reply = await env.OPERATIONS?.view(1, { chainId: ref.chainId, contract: ref.contract, data })
    if (reply?.kind !== 'returned') return null
    const [amount, initiatedAt] = decodeFunctionResult({ abi, functionName: 'pendingWithdrawals', data: reply.data })
    return initiatedAt === requestedAt ? String(amount) : null
  } catch {
    return null
  }
}

function iso(seconds: number): string {
  return new Date(seconds * 1_000).toISOString()
}
