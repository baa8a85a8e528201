/**
 * Whether what arrives by RPC has the shape that its type says. Callers are our own Workers, perhaps of another
 * version; anything else is refused before it reaches the books. Cheap: no parsing, no copies.
 */
import type { ChannelConfig } from '@pbstream/core/ChannelConfig'
import { isCounts, isPeriod } from '@pbstream/core/message/Counts'
import {
  isScope,
  type ReleaseOrder,
  releasers,
  type Snooze,
  stopKinds,
  type StopOrder,
} from '@pbstream/core/message/Sentinel'
import type { TermsInForce } from '@pbstream/core/message/Operations'
import type { ChainEvent, RefundRequest, Report, Reserve, SessionRef } from '@pbstream/core/message/Session'

const ADDRESS = /^0x[0-9a-f]{40}$/
export const BYTES32 = /^0x[0-9a-f]{64}$/
const SIGNATURE = /^0x[0-9a-f]{2,512}$/
const UINT128_MAX = 2n ** 128n - 1n
const ANSWER_BYTES_MAX = 262_144
const HEADERS_MAX = 65_536
export const RECEIPT_MAX = 16_384
const NAME_MAX = 256
const CHANNELS_MAX = 1_000

type Fields = Record<string, unknown>

export function isReserve(value: unknown): value is Reserve {
  if (!isFields(value) || !isSigned(value)) return false
  const { deposit, callId, requestId } = value
  return (
    isPriced(value) &&
    (deposit === undefined || (isFields(deposit) && isPositive(deposit['amount']))) &&
    (callId === undefined || isName(callId)) &&
    (requestId === undefined || isName(requestId))
  )
}

/** What every request for money has: what it may cost and for what. */
export function isPriced(value: Fields): boolean {
  const { hold, digest, providerId, routeId, rateVersion, period, settle, rules, origin } = value
  return (
    isPositive(hold) &&
    is(BYTES32, digest) &&
    isName(providerId) &&
    isName(routeId) &&
    Number.isSafeInteger(rateVersion) &&
    (period === undefined || isPeriod(period)) &&
    (settle === undefined || isSettlementPolicy(settle)) &&
    (rules === undefined || (isFields(rules) && isTime(rules['platform']) && isTime(rules['provider']))) &&
    (origin === undefined || isOrigin(origin))
  )
}

function isOrigin(value: unknown): boolean {
  return isFields(value) && is(/^([A-Z][A-Z0-9])?$/, value['country']) && is(/^([0-9a-f]{16})?$/, value['place'])
}

export function isSettlementPolicy(value: unknown): boolean {
  if (!isFields(value)) return false
  const { amount, ageMs } = value
  return (amount === undefined || isPositive(amount)) && (ageMs === undefined || (isTime(ageMs) && ageMs !== 0))
}

export function isSnooze(value: unknown): value is Snooze {
  return isFields(value) && isScope(value['scope']) && isName(value['rule']) && isTime(value['until'])
}

export function isStopOrder(value: unknown): value is StopOrder {
  if (!isFields(value) || !isScope(value['scope']) || !oneOf(value['kind'], ...stopKinds)) return false
  return isName(value['rule']) && isTime(value['version']) && isText(value['cause'], 500) && isName(value['decisionId'])
}

export function isReleaseOrder(value: unknown): value is ReleaseOrder {
  if (!isFields(value) || !isName(value['id']) || !isTime(value['snoozeSeconds'])) return false
  return isReleaser(value['by']) && isText(value['reason'], 500)
}

export function isReleaser(value: unknown): boolean {
  return oneOf(value, ...releasers)
}

export function isTerms(value: unknown): value is TermsInForce {
  return isFields(value) && is(ADDRESS, value['receiver']) && isTime(value['withdrawDelay'])
}

export function isRefundRequest(value: unknown): value is RefundRequest {
  if (!isFields(value) || !isSigned(value)) return false
  const { amount, callId } = value
  return (amount === undefined || isPositive(amount)) && (callId === undefined || isName(callId))
}

export function isReport(value: unknown): value is Report {
  if (!isFields(value) || !isName(value['reservationId'])) return false
  const { usage, receipt } = value
  if (usage !== undefined && !isCounts(usage)) return false
  switch (value['kind']) {
    case 'post':
      return isAmount(value['amount']) && (receipt === undefined || isText(receipt, RECEIPT_MAX))
    case 'mark':
      return isAmount(value['amount'])
    case 'grow':
      return isPositive(value['to'])
    case 'time':
      return oneOf(value['op'], 'beat', 'pause', 'resume', 'stop')
    case 'void':
      return typeof value['freesId'] === 'boolean' && (value['failed'] === undefined || value['failed'] === true)
    case 'answer':
      return isAnswer(value['answer'])
    default:
      return false
  }
}

/** Who asks for vouchers, and for which channels. */
export function isVouchersRequest(receiver: unknown, channelIds: unknown): boolean {
  if (!is(ADDRESS, receiver) || !Array.isArray(channelIds) || channelIds.length > CHANNELS_MAX) return false
  return channelIds.every((id) => is(BYTES32, id))
}

export function isChainEvent(value: unknown): value is ChainEvent {
  if (!isFields(value) || !is(BYTES32, value['channelId'])) return false
  if (value['transaction'] !== undefined && !is(BYTES32, value['transaction'])) return false
  if (value['block'] !== undefined && !isTime(value['block'])) return false
  const { kind, status } = value
  switch (kind) {
    case 'observed': {
      const amounts = isAmount(value['balance']) && isAmount(value['totalClaimed']) && isWord(value['refundNonce'])
      const { keyStoppedAt, keyOver } = value
      const key = (keyStoppedAt === undefined || isTime(keyStoppedAt)) && /^(undefined|boolean)$/.test(typeof keyOver)
      return amounts && key && isConfig(value['config']) && isTime(value['withdrawRequestedAt'])
    }
    case 'deposit':
      return isName(value['depositId']) && isAmount(value['amount']) && oneOf(status, 'mined', 'confirmed', 'failed')
    case 'claim':
      if (value['waitMs'] !== undefined && !isTime(value['waitMs'])) return false
      if (!isAmount(value['total']) || typeof value['settled'] !== 'boolean') return false
      return oneOf(status, 'confirmed', 'failed', 'deferred')
    case 'refund': {
      const amounts = isAmount(value['amount']) && isAmount(value['claimed']) && isWord(value['nonce'])
      return amounts && isName(value['refundId']) && oneOf(status, 'mined', 'failed', 'overtaken')
    }
    default:
      return false
  }
}

export function isSession(value: unknown): value is SessionRef {
  return (
    isFields(value) &&
    isTime(value['chainId']) &&
    value['chainId'] !== 0 &&
    is(ADDRESS, value['contract']) &&
    is(ADDRESS, value['payer']) &&
    is(ADDRESS, value['payerAuthorizer'])
  )
}

/** What commands with a voucher share: whose session, which channel, and the voucher. */
export function isSigned({ session, channelId, config, voucher }: Fields): boolean {
  return isSession(session) && is(BYTES32, channelId) && isConfig(config) && isVoucher(voucher)
}

export function isVoucher(value: unknown): boolean {
  return isFields(value) && isAmount(value['max']) && is(SIGNATURE, value['signature'])
}

function isConfig(value: unknown): value is ChannelConfig {
  if (!isFields(value)) return false
  const { payer, payerAuthorizer, receiver, receiverAuthorizer, token, withdrawDelay, salt } = value
  const addresses = [payer, payerAuthorizer, receiver, receiverAuthorizer, token].every((address) =>
    is(ADDRESS, address),
  )
  return addresses && isTime(withdrawDelay) && is(BYTES32, salt)
}

function isAnswer(value: unknown): boolean {
  if (!isFields(value)) return false
  const { status, headers, body } = value
  return (
    Number.isSafeInteger(status) &&
    isHeaders(headers) &&
    body instanceof Uint8Array &&
    body.byteLength <= ANSWER_BYTES_MAX
  )
}

function isHeaders(value: unknown): boolean {
  if (!Array.isArray(value)) return false
  let length = 0
  for (const header of value) {
    if (!Array.isArray(header) || header.length !== 2) return false
    const [name, text] = header as unknown[]
    if (typeof name !== 'string' || typeof text !== 'string') return false
    length += name.length + text.length
  }
  return length <= HEADERS_MAX
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null
}

export function is(pattern: RegExp, value: unknown): boolean {
  return typeof value === 'string' && pattern.test(value)
}

export function isName(value: unknown): boolean {
  return isText(value, NAME_MAX)
}

export function isText(value: unknown, max: number): boolean {
  return typeof value === 'string' && value.length > 0 && value.length <= max
}

export function isTime(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

export function isAmount(value: unknown): value is bigint {
  return typeof value === 'bigint' && value >= 0n && value <= UINT128_MAX
}

export function isPositive(value: unknown): boolean {
  return isAmount(value) && value > 0n
}

function isWord(value: unknown): boolean {
  return typeof value === 'bigint' && value >= 0n && value < 2n ** 256n
}

function oneOf(value: unknown, ...names: string[]): boolean {
  return typeof value === 'string' && names.includes(value)
}
