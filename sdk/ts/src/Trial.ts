/** Would a call go through now? Asked of the node before anything is sent. */
import { streamChannelEscrowAbi } from '@pbstream/core/abi/StreamChannelEscrow'
import type { Address, Hex } from '@pbstream/core/Hex'
import { BaseError, decodeErrorResult, ExecutionRevertedError, parseAbi } from 'viem'
import type { Chain } from './Chain.ts'

/** Errors that the canonical contract declares; those of the escrow are in its ABI. */
const canonicalErrors = parseAbi([
  'error InvalidChannel()',
  'error NotAuthorizedToClaim()',
  'error ClaimExceedsCeiling()',
  'error ClaimExceedsBalance()',
  'error WithdrawalAlreadyPending()',
  'error WithdrawalNotPending()',
  'error NotAuthorizedToFinalizeWithdraw()',
  'error WithdrawDelayNotElapsed()',
  'error NothingToWithdraw()',
  'error WithdrawAmountExceedsAvailable()',
])
const abi = [...streamChannelEscrowAbi, ...canonicalErrors]

/** The error with which a contract refuses; without a name when it gives none that is known. */
export type Refusal = { name: string | undefined; args: readonly unknown[] }

/**
 * What the call returns now, or why it would be refused. Nothing is sent.
 *
 * @throws viem's error when the node does not say.
 */
export async function call(
  { client }: Chain,
  { from, to, data }: { from?: Address; to: Address; data: Hex },
): Promise<{ data: Hex } | { refusal: Refusal }> {
  try {
    const answer = await client.call({ to, data, ...(from === undefined ? {} : { account: from }) })
    return { data: answer.data ?? '0x' }
  } catch (error) {
    const refusal = revertOf(error)
    if (refusal === undefined) throw error
    return { refusal }
  }
}

/** Why the call would be refused; `undefined` when it would go through. */
export async function refusal(chain: Chain, from: Address, to: Address, data: Hex): Promise<Refusal | undefined> {
  const answer = await call(chain, { from, to, data })
  return 'refusal' in answer ? answer.refusal : undefined
}

/**
 * The rows that would go through together, and why each of the others would not, by halving: rows do not depend on one
 * another.
 */
export async function isolate<Row>(
  rows: readonly Row[],
  refused: (rows: readonly Row[]) => Promise<Refusal | undefined>,
): Promise<{ good: Row[]; bad: { row: Row; refusal: Refusal }[] }> {
  if (rows.length === 0) return { good: [], bad: [] }
  const why = await refused(rows)
  if (why === undefined) return { good: [...rows], bad: [] }
  const [only] = rows
  if (rows.length === 1 && only !== undefined) return { good: [], bad: [{ row: only, refusal: why }] }
  const middle = Math.ceil(rows.length / 2)
  const left = await isolate(rows.slice(0, middle), refused)
  const right = await isolate(rows.slice(middle), refused)
  return { good: [...left.good, ...right.good], bad: [...left.bad, ...right.bad] }
}

function revertOf(error: unknown): Refusal | undefined {
  if (!(error instanceof BaseError)) return undefined
  const deepest = error.walk() as { data?: Hex | { data?: Hex } }
  const data = typeof deepest.data === 'object' ? deepest.data.data : deepest.data
  if (data === undefined || data === '0x') {
    const isRevert = error.walk((cause) => cause instanceof ExecutionRevertedError) !== null
    return isRevert ? { name: undefined, args: [] } : undefined
  }
  try {
    const { errorName, args } = decodeErrorResult({ abi, data })
    return { name: errorName, args: args ?? [] }
  } catch {
    return { name: undefined, args: [] }
  }
}
