import * as TokenAuthorization from '@pbstream/core/Authorization'
import type { ExactCredential } from '@pbstream/core/Credential'
import type { ErrorCode } from '@pbstream/core/Errors'
import { exactClaimName, type TakeExact, type TakeReply } from '@pbstream/core/message/ExactClaim'
import type { Authorization } from '@pbstream/core/message/Settlement'
import * as Rate from '@pbstream/core/Rate'
import { replay } from './Answer.ts'
import { UNNAMED } from './Body.ts'
import { refuse } from './BatchSettlement.ts'
import { chainsOf, type PaidCall, seconds } from './Call.ts'
import type { Chain } from './Chains.ts'
import { HOLD_MS, open, type Transfer } from './Transfer.ts'
import { deliverKept, deliverTaken, join, redeliver } from './ExactDelivery.ts'
import { offer } from './Offer.ts'
import { pinned } from './Pinned.ts'
import { problemResponse } from './Problem.ts'
import { begin } from './sentinel/Pass.ts'

type Refusal = { code: ErrorCode; detail?: string }

/** `validBefore` may lie this many seconds beyond `maxTimeoutSeconds`. */
const SLACK = 60n
/** Seconds that a transfer must still be good for, or there is no time to mine it. */
const LEAST_VALIDITY = 6n
/** Hex characters of a signature by a key: 65 bytes. */
const KEY_SIGNATURE = 132

/** Pays a call by one EIP-3009 transfer: check, take, call the upstream, have it mined, deliver. */
export async function payExact(call: PaidCall, credential: ExactCredential): Promise<Response> {
  if (call.body.digest === UNNAMED)
    return problemResponse('payload_too_large', call.id, 'a body over 1 MiB needs a Content-Digest header with sha-256')
  const transfer = await check(call, credential)
  if ('code' in transfer) return offer(call, transfer)
  const reply = await open(call, transfer.name).take(command(call, transfer))
  return answer(call, transfer, reply)
}

async function check(call: PaidCall, credential: ExactCredential): Promise<Transfer | Refusal> {
  if (Rate.fixed(call.rate.rule) === undefined) return { code: 'unsupported_scheme' }
  const chain = chainsOf(call).find((each) => each.network === credential.network)
  if (chain === undefined) return { code: 'network_mismatch' }
  const { authorization } = credential
  const { payTo } = call.route
  if (credential.version === 2 && (credential.accepted.asset !== chain.token || credential.accepted.payTo !== payTo)) {
    return { code: 'offer_mismatch', detail: 'another asset or payTo' }
  }
  // One that has run out can only join what it has paid for: its quote had to be good as long as it was.
  const at = Math.min(seconds(call), Number(authorization.validBefore))
  const price = await pinned(call, credential.version === 2 ? credential.quote : undefined, chain.network, at)
  if ('code' in price) return price
  if (authorization.to !== payTo) return { code: 'exact_recipient_mismatch' }
  if (authorization.value !== price.amount) return { code: 'exact_value_mismatch' }
  const now = BigInt(seconds(call))
  if (authorization.validAfter > now) return { code: 'exact_valid_after' }
  if (authorization.validBefore > now + BigInt(chain.maxTimeoutSeconds) + SLACK) return { code: 'exact_valid_before' }
  const fresh = authorization.validBefore > now + LEAST_VALIDITY
  const signed = await checkSignature(call, chain, authorization, fresh)
  if (signed !== undefined) return signed
  return {
    chain,
    authorization,
    rate: price.rate,
    ...(price.callId === undefined ? {} : { callId: price.callId }),
    version: credential.version,
    name: exactClaimName(chain.chainId, chain.token, authorization.from),
    fresh,
    checked: authorization.signature.length !== KEY_SIGNATURE,
  }
}

/** Signatures by a key are checked here; those of contract wallets only the chain can check. */
async function checkSignature(
  call: PaidCall,
  chain: Chain,
  authorization: Authorization,
  fresh: boolean,
): Promise<Refusal | undefined> {
  if (authorization.signature.length === KEY_SIGNATURE) {
    const signer = call.gateway.recover(
      TokenAuthorization.transferDigest(chain.tokenDomain, authorization),
      authorization.signature,
    )
    return signer === authorization.from ? undefined : { code: 'exact_signature_invalid' }
  }
  // One that has been mined already would fail here; a contract wallet cannot join late, and signs again.
  if (!fresh) return { code: 'exact_valid_before' }
  const result = await call.gateway.env.SETTLEMENT.checkExact({
    v: 1,
    chainId: chain.chainId,
    token: chain.token,
    authorization,
  })
  return result.ok ? undefined : { code: result.code }
}

function command(call: PaidCall, transfer: Transfer): TakeExact {
  return {
    v: 1,
    authorization: transfer.authorization,
    digest: call.digest,
    ...(call.requestId === undefined ? {} : { requestId: call.requestId }),
    ...(transfer.callId === undefined ? {} : { callId: transfer.callId }),
    holdMs: HOLD_MS,
    fresh: transfer.fresh,
  }
}

async function answer(call: PaidCall, transfer: Transfer, reply: TakeReply): Promise<Response> {
  switch (reply.kind) {
    case 'taken': {
      const barred = begin({ call, caller: transfer.authorization.from })
      if (barred === undefined) return deliverTaken(call, transfer, reply)
      await open(call, transfer.name).release(1, reply, true)
      return barred
    }
    case 'submitted':
      return join(call, transfer, reply)
    case 'mined':
      return deliverKept(
        call,
        transfer,
        { nonce: reply.nonce, attempt: reply.attempt },
        reply.transaction,
        reply.answer,
      )
    case 'mined_undelivered':
      return redeliver(call, transfer, { nonce: reply.nonce, attempt: reply.attempt }, reply.transaction)
    case 'in_flight':
      return problemResponse('request_in_flight', call.id)
    case 'replay':
      return replay(call, reply.answer)
    case 'duplicate': {
      const response = problemResponse('request_id_used', call.id)
      if (reply.receipt !== undefined) response.headers.set('pbstream-receipt', reply.receipt)
      return response
    }
    case 'id_mismatch':
      return problemResponse('request_id_mismatch', call.id)
    case 'used':
    case 'digest_mismatch':
      return refuse(call, 'exact_used')
    case 'expired':
      return refuse(call, 'exact_valid_before')
  }
}
