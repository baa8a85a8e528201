/** The same as `Check` for session mode and leases. */
import { isCounts } from '@pbstream/core/message/Counts'
import type {
  LeaseReport,
  SessionAsk,
  SessionOpen,
  SessionRaise,
  SessionReserve,
} from '@pbstream/core/message/PaidSession'
import { ID } from '@pbstream/core/session/Lease'
import * as Check from './Check.ts'

const { BYTES32, is, isAmount, isFields, isName, isPositive, isText, isTime } = Check
const REQUESTS_MAX = 20_000
const NUMBER_MAX = 999_999_999
/** No isolate serves more requests of one kind in a second. */
const PER_SECOND_MAX = 1e6

type Fields = Record<string, unknown>

export function isSessionAsk(value: unknown): value is SessionAsk {
  return isFields(value) && asks(value)
}

export function isReceiptAsk(value: unknown): value is SessionAsk & { requestId: string } {
  return isFields(value) && asks(value) && isName(value['requestId'])
}

export function isSessionOpen(value: unknown): value is SessionOpen {
  if (!isFields(value) || !Check.isSigned(value) || !isDeposit(value['deposit'])) return false
  const { nonce, nonceExpiresAt, expiresAt, settle } = value
  if (!is(BYTES32, nonce) || !isTime(nonceExpiresAt) || !isTime(expiresAt)) return false
  return settle === undefined || Check.isSettlementPolicy(settle)
}

export function isSessionRaise(value: unknown): value is SessionRaise {
  return isFields(value) && asks(value) && Check.isVoucher(value['voucher']) && isDeposit(value['deposit'])
}

export function isSessionReserve(value: unknown): value is SessionReserve {
  if (!isFields(value) || !asks(value) || !Check.isPriced(value) || !isName(value['requestId'])) return false
  const { voucher, lease } = value
  return (voucher === undefined || Check.isVoucher(voucher)) && (lease === undefined || isWish(lease))
}

export function isLeaseReport(value: unknown): value is LeaseReport {
  if (!isFields(value) || !is(ID, value['leaseId']) || typeof value['final'] !== 'boolean') return false
  const { charges, kept = [], wish, failed } = value
  if (failed !== undefined && !isTime(failed)) return false
  if (!Array.isArray(charges) || !Array.isArray(kept) || charges.length + kept.length > REQUESTS_MAX) return false
  return charges.every(isCharge) && kept.every(isKept) && (wish === undefined || isWish(wish))
}

function asks({ session, channelId, epoch }: Fields): boolean {
  return Check.isSession(session) && is(BYTES32, channelId) && isTime(epoch)
}

function isCharge(value: unknown): boolean {
  if (!isNumbered(value) || !isAmount(value['amount'])) return false
  if (value['usage'] !== undefined && !isCounts(value['usage'])) return false
  if (value['at'] !== undefined && !isTime(value['at'])) return false
  return value['receipt'] === undefined || isText(value['receipt'], Check.RECEIPT_MAX)
}

function isKept(value: unknown): boolean {
  return isNumbered(value) && isPositive(value['hold'])
}

function isNumbered(value: unknown): value is Fields {
  if (!isFields(value) || !isTime(value['n']) || !is(BYTES32, value['digest'])) return false
  return (value['n'] as number) > 0 && (value['n'] as number) <= NUMBER_MAX
}

function isWish(value: unknown): boolean {
  if (!isFields(value) || !isName(value['isolate']) || !isPositive(value['price'])) return false
  const { perSecond } = value
  return typeof perSecond === 'number' && perSecond >= 0 && perSecond <= PER_SECOND_MAX
}

function isDeposit(value: unknown): boolean {
  return value === undefined || (isFields(value) && isPositive(value['amount']))
}
