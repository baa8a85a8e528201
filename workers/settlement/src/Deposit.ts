/** A deposit that a caller waits for: checked, journaled in the lane, then seen mined. */
import { sessionName } from '@pbstream/core/message/Session'
import type { DepositOrder, SubmitReply } from '@pbstream/core/message/Settlement'
import { type AckEvent, chainEvent, type LaneOrder } from '@pbstream/nonce-lane/Order'
import * as ChannelContract from './ChannelContract.ts'
import * as Check from './Check.ts'
import * as Contract from './Contract.ts'
import { type Chain, type Deps, tell } from './Deps.ts'
import { transactionOf, submit } from './Submit.ts'

/**
 * Sends the deposit once per `depositId`. Its StreamSession is told before this answers: by the lane when it was sent,
 * from here when it never will be.
 */
export async function deposit(deps: Deps, order: DepositOrder): Promise<SubmitReply> {
  const chain = deps.chain(order.session.chainId)
  if (chain === undefined) return unsent(deps, order, { code: 'network_mismatch' })
  const contract = ChannelContract.find(chain, order.session.contract)
  if (contract === undefined) return unsent(deps, order, { code: 'channel_id_mismatch' })
  const problem = refusal(deps, chain, contract, order)
  if (problem !== undefined) return unsent(deps, order, problem)
  const { session, channelId, config } = order
  await deps.watch(chain.chainId, [{ session, channelId, config }])
  const outcome = await submit(deps, chain, laneOrder(deps, chain, contract, order), { ms: order.waitMs })
  switch (outcome.kind) {
    case 'mined':
      return outcome
    case 'pending':
      return { kind: 'pending', transaction: outcome.transaction ?? '0x' }
    case 'reverted':
      return { kind: 'failed', code: 'deposit_failed', detail: outcome.error, ...transactionOf(outcome) }
    case 'by_another':
      return { kind: 'failed', code: 'deposit_failed' }
    case 'would_revert':
      return unsent(deps, order, await Check.whyNoDeposit(chain, contract, order))
    case 'unavailable':
      return unsent(deps, order, { code: 'temporarily_unavailable', detail: outcome.message })
  }
}

/** Nothing was sent: the session need not wait for it. */
async function unsent(deps: Deps, order: DepositOrder, problem: Check.Problem): Promise<SubmitReply> {
  await tell(deps, sessionName(order.session), chainEvent(ack(order), 'failed', undefined))
  return { kind: 'failed', ...problem }
}

function ack({ channelId, depositId, amount }: DepositOrder): AckEvent {
  return { kind: 'deposit', channelId, depositId, amount }
}

function laneOrder(
  deps: Deps,
  chain: Chain,
  contract: ChannelContract.ChannelContract,
  order: DepositOrder,
): LaneOrder {
  return {
    chainId: chain.chainId,
    signer: deps.keys.gas.address,
    id: `deposit:${order.depositId}`,
    purpose: 'deposit',
    to: contract.address,
    data: Check.depositCalldata(contract, order),
    acks: [{ session: sessionName(order.session), event: ack(order) }],
    keys: [],
    maxGas: Contract.MAX_DEPOSIT_GAS,
    channels: 1,
    amount: order.amount,
  }
}

function refusal(
  deps: Deps,
  chain: Chain,
  contract: ChannelContract.ChannelContract,
  { channelId, config, amount, authorization }: DepositOrder,
): Check.Problem | undefined {
  if (!Check.isChannel(contract, config, channelId)) return { code: 'channel_id_mismatch' }
  if (config.token !== chain.token) return { code: 'token_mismatch' }
  if (config.receiverAuthorizer !== deps.keys.receiverAuthorizer.address) {
    return { code: 'receiver_authorizer_mismatch' }
  }
  if (amount <= 0n || amount < chain.minDeposit) return { code: 'deposit_below_min_deposit' }
  const untimely = Check.times(authorization, deps.now())
  if (untimely === undefined) return undefined
  const detail = untimely === 'early' ? 'it is not valid yet' : 'it is not valid for long enough'
  return { code: 'deposit_authorization_invalid', detail }
}
