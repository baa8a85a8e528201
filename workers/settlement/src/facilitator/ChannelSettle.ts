/**
 * `batch-settlement` for facilitator callers: deposits, claims, payouts and refunds that they have signed.
 *
 * We lend gas, never a signature: what our receiver authorizer signs would be a claim on, or a refund of, money of
 * the providers behind our own gateway. Its channels are refused here even with a signature.
 */
import type { ChannelConfig } from '@pbstream/core/ChannelConfig'
import * as ChannelId from '@pbstream/core/ChannelConfig'
import { keccak256 } from '@pbstream/core/Eip712'
import { x402Reason } from '@pbstream/core/Errors'
import { type Address, fromBytes, type Hex, toBytes } from '@pbstream/core/Hex'
import { depositNonce } from '@pbstream/core/Authorization'
import type { LaneOrder } from '@pbstream/nonce-lane/Order'
import * as Check from '../Check.ts'
import * as Contract from '../Contract.ts'
import type { Chain, Deps } from '../Deps.ts'
import { submit } from '../Submit.ts'
import { channelState, depositCalldata, depositOrder, verifyDeposit } from './ChannelVerify.ts'
import {
  type Asked,
  type Claim,
  type ClaimPayload,
  claimPayload,
  type DepositPayload,
  depositPayload,
  type RefundPayload,
  refundPayload,
  type SettlePayload,
  type SettleResponse,
  settlePayload,
  type Terms,
  Unavailable,
} from './Wire.ts'

type Call = { deps: Deps; chain: Chain; asked: Asked; terms: Terms; waitMs: number }

/** What a settled action adds to the plain answer. */
type Extras = Pick<SettleResponse, 'payer' | 'amount' | 'extra'>

const reason = (name: string) => `invalid_batch_settlement_evm_${name}`
const GAS_PER_CLAIM = 60_000n

export async function settle(
  deps: Deps,
  chain: Chain,
  asked: Asked,
  terms: Terms,
  waitMs: number,
): Promise<SettleResponse> {
  const call = { deps, chain, asked, terms, waitMs }
  const deposit = depositPayload.safeParse(asked.payload)
  if (deposit.success) return settleDeposit(call, deposit.data)
  const claim = claimPayload.safeParse(asked.payload)
  if (claim.success) return settleClaim(call, claim.data)
  const payout = settlePayload.safeParse(asked.payload)
  if (payout.success) return settlePayout(call, payout.data)
  const refund = refundPayload.safeParse(asked.payload)
  if (refund.success) return settleRefund(call, refund.data)
  return refused(call, reason('payload_type'))
}

async function settleDeposit(call: Call, payload: DepositPayload): Promise<SettleResponse> {
  const { deps, chain, asked, terms } = call
  const { channelId, config, amount, authorization } = depositOrder(payload)
  const { payer } = config
  const id = `deposit:${channelId}:${depositNonce(channelId, authorization.salt)}`
  // One that is journaled already is joined, also after its authorisation was used or ran out.
  if (!(await isKnown(call, id))) {
    const { isValid, invalidReason } = await verifyDeposit(deps, chain, asked, payload, terms)
    if (!isValid) return { ...refused(call, invalidReason ?? reason('payload_type')), payer }
  }
  const data = depositCalldata(chain, payload)
  return send(
    call,
    { id, data, amount, maxGas: Contract.MAX_DEPOSIT_GAS, channels: 1 },
    { failed: 'deposit_transaction_failed', wouldRevert: 'deposit_simulation_failed', payer },
    async () => ({ payer, amount: amount.toString(), extra: { channelState: await stateOf(chain, channelId) } }),
  )
}

async function settleClaim(call: Call, payload: ClaimPayload): Promise<SettleResponse> {
  const { chain, terms } = call
  const { claims, claimAuthorizerSignature: signature } = payload
  if (claims.length === 0) return refused(call, reason('payload_type'))
  const problem = claimsProblem(call, claims)
  if (problem !== undefined) return refused(call, problem)
  if (signature === undefined) return refused(call, reason('authorizer_not_configured'))
  const data = Contract.claimWithSignature(rows(claims), Check.forContract(signature))
  const id = `claim:${fromBytes(keccak256(toBytes(data)))}`
  // Replayed claims change nothing on chain and cost gas all the same.
  const worth = await newlyClaimed(chain, claims)
  if (worth < terms.minAmount && !(await isKnown(call, id))) return refused(call, terms.tooSmall)
  const maxGas = 100_000n + GAS_PER_CLAIM * BigInt(claims.length)
  return send(
    call,
    { id, data, amount: worth, maxGas, channels: claims.length },
    { failed: 'claim_transaction_failed', wouldRevert: 'claim_simulation_failed' },
    async () => ({}),
  )
}

async function settlePayout(call: Call, { receiver, token }: SettlePayload): Promise<SettleResponse> {
  const { chain, terms } = call
  if (token !== chain.token) return refused(call, x402Reason('token_mismatch'))
  const { receivers } = await Contract.readStates(
    chain.rpc,
    chain.canonical.address,
    [],
    [{ receiver, token }],
    'latest',
  )
  const { totalClaimed, totalSettled } = receivers[0] ?? { totalClaimed: 0n, totalSettled: 0n }
  const amount = totalClaimed - totalSettled
  if (amount === 0n) return refused(call, reason('nothing_to_settle'))
  if (amount < terms.minAmount) return refused(call, terms.tooSmall)
  return send(
    call,
    {
      // A payout that is asked for twice is one; after further claims it is another.
      id: `settle:${receiver}:${token}:${totalClaimed}`,
      data: Contract.settle(receiver, token),
      amount,
      maxGas: Contract.MAX_SETTLE_GAS,
      channels: 0,
    },
    { failed: 'settle_transaction_failed', wouldRevert: 'settle_simulation_failed' },
    async () => ({ amount: amount.toString() }),
  )
}

async function settleRefund(call: Call, payload: RefundPayload): Promise<SettleResponse> {
  const { chain, terms } = call
  const { channelConfig: config, amount, refundNonce, claims } = payload
  const { payer } = config
  const no = (errorReason: string) => ({ ...refused(call, errorReason), payer })
  const problem = authorizerProblem(call, config) ?? claimsProblem(call, claims)
  if (problem !== undefined) return no(problem)
  const { refundAuthorizerSignature, claimAuthorizerSignature } = payload
  if (refundAuthorizerSignature === undefined) return no(reason('authorizer_not_configured'))
  if (claims.length > 0 && claimAuthorizerSignature === undefined) return no(reason('authorizer_not_configured'))
  if (amount === 0n) return no(x402Reason('refund_no_balance'))
  const channelId = idOf(chain, config)
  const id = `refund:${channelId}:${refundNonce}`
  if (!(await isKnown(call, id))) {
    const back = await refundable(chain, channelId, payload)
    if (back === 0n) return no(x402Reason('refund_no_balance'))
    if (back < terms.minAmount) return no(terms.tooSmall)
  }
  const signature = Check.forContract(refundAuthorizerSignature)
  const calls = [Contract.refundWithSignature(config, amount, refundNonce, signature)]
  if (claims.length > 0 && claimAuthorizerSignature !== undefined) {
    calls.unshift(Contract.claimWithSignature(rows(claims), Check.forContract(claimAuthorizerSignature)))
  }
  const before = await Contract.readChannel(chain.rpc, chain.canonical.address, channelId)
  const maxGas = Contract.MAX_REFUND_GAS + GAS_PER_CLAIM * BigInt(claims.length)
  return send(
    call,
    { id, data: Contract.multicall(calls), amount, maxGas, channels: 1 },
    { failed: 'refund_transaction_failed', wouldRevert: 'refund_simulation_failed', payer },
    async () => {
      const after = await Contract.readChannel(chain.rpc, chain.canonical.address, channelId)
      // When the answer to a first request was lost, `before` is after it: then what was asked for was given.
      const returned = before.balance > after.balance ? before.balance - after.balance : amount
      return { payer, amount: returned.toString(), extra: { channelState: channelState(channelId, after) } }
    },
  )
}

type Work = Pick<LaneOrder, 'id' | 'data' | 'amount' | 'maxGas' | 'channels'>

async function send(
  call: Call,
  work: Work,
  on: { failed: string; wouldRevert: string; payer?: Address },
  mined: () => Promise<Extras>,
): Promise<SettleResponse> {
  const { deps, chain, asked, waitMs } = call
  const { network } = asked
  const outcome = await submit(
    deps,
    chain,
    {
      ...work,
      chainId: chain.chainId,
      signer: deps.keys.facilitatorGas.address,
      purpose: 'facilitator',
      to: chain.canonical.address,
      acks: [],
      keys: [],
    },
    { ms: waitMs, again: true },
  )
  const base = { network, ...(on.payer === undefined ? {} : { payer: on.payer }) }
  switch (outcome.kind) {
    case 'mined':
      return { ...base, success: true, transaction: outcome.transaction, ...(await mined()) }
    case 'pending': {
      const errorReason = x402Reason('settlement_pending')
      return { ...base, success: false, errorReason, transaction: outcome.transaction ?? '' }
    }
    case 'reverted':
    case 'by_another': {
      const transaction = 'transaction' in outcome ? (outcome.transaction ?? '') : ''
      return { ...base, success: false, errorReason: reason(on.failed), transaction }
    }
    case 'would_revert':
      return { ...base, success: false, errorReason: reason(on.wouldRevert), transaction: '' }
    case 'unavailable':
      throw new Unavailable()
  }
}

function refused({ asked }: Call, errorReason: string): SettleResponse {
  return { success: false, errorReason, transaction: '', network: asked.network }
}

function claimsProblem(call: Call, claims: readonly Claim[]): string | undefined {
  for (const { voucher } of claims) {
    const problem = authorizerProblem(call, voucher.channel)
    if (problem !== undefined) return problem
  }
  return undefined
}

function authorizerProblem({ deps, chain }: Call, config: ChannelConfig): string | undefined {
  if (config.token !== chain.token) return x402Reason('token_mismatch')
  if (config.receiverAuthorizer !== deps.keys.receiverAuthorizer.address) return undefined
  return reason('authorizer_not_configured')
}

async function isKnown({ deps, chain }: Call, id: string): Promise<boolean> {
  return (await deps.lane(chain.chainId, deps.keys.facilitatorGas.address).status(1, id)) !== undefined
}

function rows(claims: readonly Claim[]): Contract.ClaimRow[] {
  return claims.map(({ voucher, signature, totalClaimed }) => ({
    config: voucher.channel,
    max: voucher.maxClaimableAmount,
    total: totalClaimed,
    signature: Check.forContract(signature),
  }))
}

/** How much these claims would add to what is on chain. */
async function newlyClaimed(chain: Chain, claims: readonly Claim[]): Promise<bigint> {
  const totals = new Map<Hex, bigint>()
  for (const { voucher, totalClaimed } of claims) {
    const id = idOf(chain, voucher.channel)
    totals.set(id, most(totals.get(id) ?? 0n, totalClaimed))
  }
  const ids = [...totals.keys()]
  const { channels } = await Contract.readStates(chain.rpc, chain.canonical.address, ids, [], 'latest')
  return ids.reduce((sum, id, i) => sum + most((totals.get(id) ?? 0n) - (channels[i]?.totalClaimed ?? 0n), 0n), 0n)
}

/** What a refund would pay back: the contract caps it at what is unclaimed. */
async function refundable(chain: Chain, channelId: Hex, { amount, claims }: RefundPayload): Promise<bigint> {
  const state = await Contract.readChannel(chain.rpc, chain.canonical.address, channelId)
  const own = claims.filter(({ voucher }) => idOf(chain, voucher.channel) === channelId)
  const claimed = own.reduce((total, { totalClaimed }) => most(total, totalClaimed), state.totalClaimed)
  const left = most(state.balance - claimed, 0n)
  return amount < left ? amount : left
}

async function stateOf(chain: Chain, channelId: Hex) {
  return channelState(channelId, await Contract.readChannel(chain.rpc, chain.canonical.address, channelId))
}

function idOf(chain: Chain, config: ChannelConfig): Hex {
  return ChannelId.id(config, chain.canonical.domain)
}

function most(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}
