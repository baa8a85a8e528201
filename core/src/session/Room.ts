/**
 * Headers that tell how much a session may still spend, and that raise it. Structured fields (RFC 9651) in one form only:
 * what `encode…` writes is what `parse…` reads. Amounts are quoted decimal strings, since a structured integer is too
 * small for them.
 */
import * as Amount from '../Amount.ts'
import * as Base64 from '../Base64.ts'
import { fromBytes, type Hex, toBytes } from '../Hex.ts'
import type { VerifiedVoucher } from '../message/Session.ts'
import * as Signature from '../Signature.ts'

/** Where the channel of a session stands, in atomic units. */
export type Room = {
  /** What may still be charged: the lower of `accepted` and `funds`, less `charged`. */
  room: bigint
  /** The highest voucher that was accepted. */
  accepted: bigint
  /** Deposits less what went back. */
  funds: bigint
  /** Charged and set aside; the next voucher lies above it. */
  charged: bigint
  /** What the request that was refused would have needed. */
  needed?: bigint
}

/** Room as it follows from the other numbers; none where a loss has left less than nothing. */
export function room(accepted: bigint, funds: bigint, charged: bigint, needed?: bigint): Room {
  const left = Amount.max(Amount.min(accepted, funds) - charged, 0n)
  return { room: left, accepted, funds, charged, ...(needed === undefined ? {} : { needed }) }
}

/**
 * The `PBStream-Room` header of an answer.
 *
 * @throws {Amount.InvalidAmountError} when a number is no amount.
 */
export function encodeRoom({ room: left, accepted, funds, charged, needed }: Room): string {
  const members = { room: left, accepted, funds, charged, ...(needed === undefined ? {} : { needed }) }
  return Object.entries(members)
    .map(([name, amount]) => `${name}="${Amount.toString(amount)}"`)
    .join(', ')
}

const AMOUNT = '"(0|[1-9][0-9]{0,38})"'
const ROOM = new RegExp(
  `^room=${AMOUNT}, accepted=${AMOUNT}, funds=${AMOUNT}, charged=${AMOUNT}(?:, needed=${AMOUNT})?$`,
)

/** Reads `PBStream-Room`; undefined for any text that is not in its one form. */
export function parseRoom(text: string | null): Room | undefined {
  const match = ROOM.exec(text ?? '')
  if (match === null) return undefined
  const [left, accepted, funds, charged, needed] = match.slice(1).map(Amount.tryParse)
  if (left === undefined || accepted === undefined || funds === undefined || charged === undefined) return undefined
  if (needed === undefined) return match[5] === undefined ? { room: left, accepted, funds, charged } : undefined
  return { room: left, accepted, funds, charged, needed }
}

/**
 * The `PBStream-Voucher` header of a request: a raise. The signature is canonical: 65 bytes, low s, v 27 or 28.
 *
 * @throws {TypeError} for a signature of another form.
 * @throws {Amount.InvalidAmountError} when the maximum is no amount.
 */
export function encodeVoucher({ max, signature }: VerifiedVoucher): string {
  if (Signature.normalise(signature) !== signature) throw new TypeError('not a canonical signature')
  return `max="${Amount.toString(max)}", signature=:${Base64.encode(toBytes(signature))}:`
}

const VOUCHER = new RegExp(`^max=${AMOUNT}, signature=:([A-Za-z0-9+/]{87}=):$`)

/** Reads `PBStream-Voucher`, unverified; undefined for any text that is not in its one form. */
export function parseVoucher(text: string | null): { max: bigint; signature: Hex } | undefined {
  const match = VOUCHER.exec(text ?? '')
  const max = Amount.tryParse(match?.[1])
  const bytes = Base64.decode(match?.[2] ?? '')
  if (max === undefined || bytes === undefined) return undefined
  const signature = fromBytes(bytes)
  return Signature.normalise(signature) === signature ? { max, signature } : undefined
}
