/** `batch-settlement` for facilitator callers: is this voucher, with or without a deposit, good? */
import * as ChannelConfig from '@pbstream/core/ChannelConfig'
import { x402Reason } from '@pbstream/core/Errors'
import { zeroAddress } from '@pbstream/core/Hex'
import * as Voucher from '@pbstream/core/Voucher'
import * as Check from '../Check.ts'
import * as Contract from '../Contract.ts'
import type { Chain, Deps } from '../Deps.ts'
import {
  type Asked,
  type DepositPayload,
  depositPayload,
  type Terms,
  type VerifyResponse,
  type VoucherPayload,
  voucherPayload,
} from './Wire.ts'

const reason = (name: string) => `invalid_batch_settlement_evm_${name}`

/** Verifies what a client has sent. Changes nothing, signs nothing. */
export async function verify(deps: Deps, chain: Chain, asked: Asked, terms: Terms): Promise<VerifyResponse> {
  const deposit = depositPayload.safeParse(asked.payload)
  if (deposit.success) return verifyDeposit(deps, chain, asked, deposit.data, terms)
  const voucher = voucherPayload.safeParse(asked.payload)
  if (voucher.success) return verifyVoucher(chain, asked, voucher.data)
  return { isValid: false, invalidReason: reason('payload_type') }
}

async function verifyVoucher(chain: Chain, asked: Asked, payload: VoucherPayload): Promise<VerifyResponse> {
  const { channelConfig: config, voucher } = payload
  const payer = config.payer
  const problem = channelProblem(chain, asked, payload)
  if (problem !== undefined) return { isValid: false, invalidReason: problem, payer }
  const state = await Contract.readChannel(chain.rpc, chain.canonical.address, voucher.channelId)
  const max = voucher.maxClaimableAmount
  const wrong = (name: string) => ({ isValid: false, invalidReason: reason(name), payer })
  if (state.balance === 0n) return wrong('channel_not_found')
  if (max > state.balance) return wrong('cumulative_exceeds_balance')
  // A refund's voucher promises nothing new.
  const least = payload.type === 'refund' ? state.totalClaimed : state.totalClaimed + 1n
  if (max < least) return wrong('cumulative_below_claimed')
  return { isValid: true, payer, extra: channelState(voucher.channelId, state) }
}

/** Whether a deposit would go through now, and its voucher with it. */
export async function verifyDeposit(
  deps: Deps,
  chain: Chain,
  asked: Asked,
  payload: DepositPayload,
  terms: Terms,
): Promise<VerifyResponse> {
  const { channelConfig: config, voucher } = payload
  const payer = config.payer
  const wrong = (invalidReason: string) => ({ isValid: false, invalidReason, payer })
  const problem = depositProblem(deps, chain, asked, payload, terms)
  if (problem !== undefined) return wrong(problem)
  const [state, funds] = await Promise.all([
    Contract.readChannel(chain.rpc, chain.canonical.address, voucher.channelId),
    Contract.balanceOf(chain.rpc, chain.token, payer),
  ])
  const max = voucher.maxClaimableAmount
  if (funds < payload.deposit.amount) return wrong(reason('insufficient_balance'))
  if (max > state.balance + payload.deposit.amount) return wrong(reason('cumulative_exceeds_balance'))
  if (max <= state.totalClaimed) return wrong(reason('cumulative_below_claimed'))
  const order = depositOrder(payload)
  const from = deps.keys.facilitatorGas.address
  const simulated = await chain.rpc.call({
    from,
    to: chain.canonical.address,
    data: depositCalldata(chain, payload),
    gas: Contract.MAX_DEPOSIT_GAS,
  })
  if (simulated.kind === 'returned') return { isValid: true, payer, extra: channelState(voucher.channelId, state) }
  const why = await Check.whyNoDeposit(chain, chain.canonical, order)
  return wrong(why.code === 'deposit_failed' ? reason('deposit_simulation_failed') : x402Reason(why.code))
}

/** What is wrong with a deposit by itself, without a look at the chain. */
function depositProblem(
  deps: Deps,
  chain: Chain,
  asked: Asked,
  payload: DepositPayload,
  terms: Terms,
): string | undefined {
  const problem = channelProblem(chain, asked, payload)
  if (problem !== undefined) return problem
  const { amount, authorization } = payload.deposit
  if (amount < terms.minAmount || amount < chain.minDeposit) return x402Reason('deposit_below_min_deposit')
  const untimely = Check.times(authorization.erc3009Authorization, deps.now())
  if (untimely === 'early') return reason('payload_authorization_valid_after')
  return untimely === 'late' ? reason('payload_authorization_valid_before') : undefined
}

/** What is wrong with a channel or its voucher, without a look at the chain. */
function channelProblem(
  chain: Chain,
  asked: Asked,
  payload: Pick<VoucherPayload, 'channelConfig' | 'voucher'>,
): string | undefined {
  const { channelConfig: config, voucher } = payload
  const { receiverAuthorizer, withdrawDelay } = asked.extra
  if (!Check.isChannel(chain.canonical, config, voucher.channelId)) return x402Reason('channel_id_mismatch')
  if (config.receiver !== asked.payTo) return x402Reason('receiver_mismatch')
  const wanted = typeof receiverAuthorizer === 'string' ? receiverAuthorizer.toLowerCase() : undefined
  if (wanted === zeroAddress || wanted !== config.receiverAuthorizer) return x402Reason('receiver_authorizer_mismatch')
  if (config.token !== asked.asset || config.token !== chain.token) return x402Reason('token_mismatch')
  if (withdrawDelay !== undefined && Number(withdrawDelay) !== config.withdrawDelay) {
    return x402Reason('withdraw_delay_mismatch')
  }
  const { MIN_WITHDRAW_DELAY, MAX_WITHDRAW_DELAY } = ChannelConfig
  if (config.withdrawDelay < MIN_WITHDRAW_DELAY || config.withdrawDelay > MAX_WITHDRAW_DELAY) {
    return reason('withdraw_delay_out_of_range')
  }
  if (config.payerAuthorizer === zeroAddress) return x402Reason('payer_authorizer_missing')
  const digest = Voucher.digest(chain.canonical.domain, voucher.channelId, voucher.maxClaimableAmount)
  if (!Check.signedBy(config.payerAuthorizer, digest, voucher.signature)) return x402Reason('voucher_signature_invalid')
  return undefined
}

export function depositOrder({ channelConfig: config, voucher, deposit }: DepositPayload) {
  const { amount, authorization } = deposit
  return { channelId: voucher.channelId, config, amount, authorization: authorization.erc3009Authorization }
}

export function depositCalldata(chain: Chain, payload: DepositPayload) {
  return Check.depositCalldata(chain.canonical, depositOrder(payload))
}

/** A channel as x402 writes it. */
export function channelState(channelId: string, state: Contract.FullChannelState) {
  return {
    channelId,
    balance: state.balance.toString(),
    totalClaimed: state.totalClaimed.toString(),
    withdrawRequestedAt: state.withdrawRequestedAt,
    refundNonce: state.refundNonce.toString(),
  }
}
