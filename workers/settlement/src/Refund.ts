/** A refund: what is charged is claimed and paid out, and the rest goes back to the payer, in one transaction. */
import type { ErrorCode } from '@pbstream/core/Errors'
import { sessionName } from '@pbstream/core/message/Session'
import type { RefundSubmission, SubmitReply } from '@pbstream/core/message/Settlement'
import * as Voucher from '@pbstream/core/Voucher'
import { RpcUnavailable } from '@pbstream/nonce-lane/ChainRpc'
import { type AckEvent, chainEvent, eventByAnother, type LaneAck, type LaneOrder } from '@pbstream/nonce-lane/Order'
import * as ChannelContract from './ChannelContract.ts'
import * as Check from './Check.ts'
import * as Contract from './Contract.ts'
import { type Chain, type Deps, tell } from './Deps.ts'
import { type Outcome, submit, transactionOf } from './Submit.ts'

const BY_ANOTHER = 'it was executed by another transaction'

/**
 * Signs and sends the refund once per `refundId`. Its StreamSession is told before this answers: by the lane when it was
 * sent, from here when it never will be.
 */
export async function refund(deps: Deps, order: RefundSubmission): Promise<SubmitReply> {
  const chain = deps.chain(order.session.chainId)
  if (chain === undefined) return unsent(deps, order, { code: 'network_mismatch' })
  const contract = ChannelContract.find(chain, order.session.contract)
  if (contract === undefined) return unsent(deps, order, { code: 'channel_id_mismatch' })
  const problem = refusal(deps, contract, order)
  if (problem !== undefined) return unsent(deps, order, { code: problem })
  try {
    const code = await unsound(deps, chain, contract, order)
    if (code !== undefined) return await unsent(deps, order, { code })
  } catch (error) {
    if (error instanceof RpcUnavailable) return unsent(deps, order, { code: 'temporarily_unavailable' })
    throw error
  }
  const send = async (what: RefundSubmission) =>
    submit(deps, chain, await laneOrder(deps, chain, contract, what), { ms: order.waitMs })
  const outcome = await send(order)
  const { claim, ...without } = order
  // A session key's ceiling or stop holds up the claim, not the payer's money: what is charged stays in the channel.
  const again = outcome.kind === 'would_revert' && !outcome.proven && claim !== undefined && contract.kind === 'escrow'
  return reply(deps, order, again ? await send(without) : outcome)
}

/**
 * Whether a refund will never be mined by us: its transaction has failed for good, or its lane has none and takes none on
 * any more. False while a lane has it, and when the lane does not answer.
 */
export async function isOver(deps: Deps, chain: Chain, refundId: string): Promise<boolean> {
  try {
    const item = await deps.lane(chain.chainId, deps.keys.gas.address).giveUp(1, itemId({ refundId }))
    return item === undefined || item.state === 'failed'
  } catch (error) {
    deps.log('lane_unanswered', { refundId, message: error instanceof Error ? error.message : 'unknown' })
    return false
  }
}

function refusal(
  deps: Deps,
  contract: ChannelContract.ChannelContract,
  order: RefundSubmission,
): ErrorCode | undefined {
  const { config, channelId, amount } = order
  if (!Check.isChannel(contract, config, channelId)) return 'channel_id_mismatch'
  if (config.receiverAuthorizer !== deps.keys.receiverAuthorizer.address) return 'receiver_authorizer_mismatch'
  return amount <= 0n ? 'refund_no_balance' : undefined
}

/** Nothing was sent: the channel may take charges again. */
async function unsent(deps: Deps, order: RefundSubmission, problem: Check.Problem): Promise<SubmitReply> {
  await tell(deps, sessionName(order.session), chainEvent(ack(order), 'failed', undefined))
  return { kind: 'failed', ...problem }
}

/**
 * The contract pays back less than asked when there is less; the session would then book too much. And in the canonical
 * contract a refund's signature outlives a withdrawal: both together could return what the receiver has earned. Such
 * refunds are not sent.
 * An item that is journaled already is not looked at again: its own transaction has changed the channel.
 */
async function unsound(
  deps: Deps,
  chain: Chain,
  contract: ChannelContract.ChannelContract,
  order: RefundSubmission,
): Promise<ErrorCode | undefined> {
  const lane = deps.lane(chain.chainId, deps.keys.gas.address)
  if ((await lane.status(1, itemId(order))) !== undefined) return undefined
  const state = await Check.standing(chain, contract, order.config, order.channelId)
  // Executed by another, or out of order: the lane's own test of the transaction tells which.
  if (state.refundNonce !== order.nonce) return undefined
  if (state.withdrawRequestedAt !== 0) return 'withdrawal_pending'
  const total = order.claim?.total ?? 0n
  const claimed = total > state.totalClaimed ? total : state.totalClaimed
  return order.amount > state.balance - claimed ? 'refund_amount_invalid' : undefined
}

async function laneOrder(
  deps: Deps,
  chain: Chain,
  contract: ChannelContract.ChannelContract,
  order: RefundSubmission,
): Promise<LaneOrder> {
  const { channelId, config, amount, nonce, claim } = order
  const { sign } = deps.keys.receiverAuthorizer
  const refundSignature = await sign(Voucher.refundDigest(contract.domain, { channelId, nonce, amount }))
  const calls = [Contract.refundWithSignature(config, amount, nonce, refundSignature)]
  const session = sessionName(order.session)
  const acks: LaneAck[] = [{ session, event: ack(order) }]
  if (claim !== undefined) {
    const { max, total, signature } = claim
    const batch = await sign(Voucher.claimBatchDigest(contract.domain, [{ channelId, max, total }]))
    calls.unshift(
      Contract.claimWithSignature([{ config, max, total, signature }], batch),
      // What is claimed is paid out at once: this may be the last that the chain sees of the channel.
      Contract.settle(config.receiver, config.token),
    )
    acks.push({ session, event: { kind: 'payout', channelId, total } })
  }
  return {
    chainId: chain.chainId,
    signer: deps.keys.gas.address,
    id: itemId(order),
    purpose: 'refund',
    to: contract.address,
    data: Contract.multicall(calls),
    acks,
    keys: [],
    maxGas: Contract.MAX_REFUND_GAS,
    // Signatures are public in the pool: whoever copies them first makes ours revert, with the money gone back.
    proof: { to: contract.address, data: Contract.refundNonceCall(channelId), above: nonce },
    channels: 1,
    amount,
  }
}

function ack({ channelId, refundId, amount, nonce, claim }: RefundSubmission): AckEvent {
  return { kind: 'refund', channelId, refundId, amount, claimed: claim?.total ?? 0n, nonce }
}

async function reply(deps: Deps, order: RefundSubmission, outcome: Outcome): Promise<SubmitReply> {
  switch (outcome.kind) {
    case 'mined':
      return outcome
    case 'pending':
      return { kind: 'pending', transaction: outcome.transaction ?? '0x' }
    case 'reverted':
      return { kind: 'failed', code: 'refund_failed', detail: outcome.error, ...transactionOf(outcome) }
    case 'by_another':
      return { kind: 'failed', code: 'refund_failed', detail: BY_ANOTHER }
    case 'would_revert':
      if (!outcome.proven) return unsent(deps, order, { code: 'refund_failed' })
      await tell(deps, sessionName(order.session), eventByAnother(ack(order)))
      return { kind: 'failed', code: 'refund_failed', detail: BY_ANOTHER }
    case 'unavailable':
      return unsent(deps, order, { code: 'temporarily_unavailable', detail: outcome.message })
  }
}

function itemId({ refundId }: Pick<RefundSubmission, 'refundId'>): string {
  return `refund:${refundId}`
}
