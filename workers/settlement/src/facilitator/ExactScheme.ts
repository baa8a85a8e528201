/** `exact` by EIP-3009 for facilitator callers: their money, our gas, in a lane of its own. */
import { x402Reason } from '@pbstream/core/Errors'
import type { Authorization } from '@pbstream/core/message/Settlement'
import type { Chain, Deps } from '../Deps.ts'
import { checkExact, exact } from '../Exact.ts'
import { type Asked, exactPayload, type SettleResponse, type Terms, Unavailable, type VerifyResponse } from './Wire.ts'

export async function verify(deps: Deps, chain: Chain, asked: Asked, terms: Terms): Promise<VerifyResponse> {
  const read = readPayment(chain, asked, terms)
  if ('reason' in read) return { isValid: false, invalidReason: read.reason, ...payerOf(read.authorization) }
  const { authorization } = read
  const order = { v: 1, chainId: chain.chainId, token: chain.token, authorization } as const
  const checked = await checkExact(deps, order, deps.keys.facilitatorGas.address)
  const payer = authorization.from
  if (checked.ok) return { isValid: true, payer }
  if (checked.code === 'temporarily_unavailable') throw new Unavailable()
  return { isValid: false, invalidReason: x402Reason(checked.code), payer }
}

export async function settle(
  deps: Deps,
  chain: Chain,
  asked: Asked,
  terms: Terms,
  waitMs: number,
): Promise<SettleResponse> {
  const { network } = asked
  const read = readPayment(chain, asked, terms)
  if ('reason' in read) {
    return { success: false, errorReason: read.reason, transaction: '', network, ...payerOf(read.authorization) }
  }
  const { authorization } = read
  const payer = authorization.from
  const reply = await exact(
    deps,
    { v: 1, chainId: chain.chainId, token: chain.token, authorization, waitMs },
    { signer: deps.keys.facilitatorGas.address, purpose: 'facilitator' },
  )
  const { transaction = '' } = reply
  if (reply.kind === 'mined') {
    return { success: true, transaction, network, payer, amount: authorization.value.toString() }
  }
  if (reply.kind === 'pending') {
    return { success: false, errorReason: x402Reason('settlement_pending'), transaction, network, payer }
  }
  if (reply.code === 'temporarily_unavailable') throw new Unavailable()
  return { success: false, errorReason: x402Reason(reply.code), transaction, network, payer }
}

type Read = { authorization: Authorization } | { reason: string; authorization?: Authorization }

function readPayment(chain: Chain, asked: Asked, terms: Terms): Read {
  const parsed = exactPayload.safeParse(asked.payload)
  if (!parsed.success) return { reason: x402Reason('malformed_payment') }
  const authorization = { ...parsed.data.authorization, signature: parsed.data.signature }
  const reason = mismatch(chain, asked, authorization, terms)
  return reason === undefined ? { authorization } : { reason, authorization }
}

function mismatch(chain: Chain, asked: Asked, authorization: Authorization, terms: Terms): string | undefined {
  const { name, version } = asked.extra
  if (asked.asset !== chain.token) return x402Reason('offer_mismatch')
  if (name !== undefined && name !== chain.tokenName) return 'invalid_exact_evm_token_name_mismatch'
  if (version !== undefined && version !== chain.tokenVersion) return 'invalid_exact_evm_token_version_mismatch'
  if (authorization.to !== asked.payTo) return x402Reason('exact_recipient_mismatch')
  if (authorization.value !== asked.amount) return x402Reason('exact_value_mismatch')
  return authorization.value < terms.minAmount ? terms.tooSmall : undefined
}

function payerOf(authorization: Authorization | undefined) {
  return authorization === undefined ? {} : { payer: authorization.from }
}
