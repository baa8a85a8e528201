/**
 * The id of a charge for callers: its session and its place in the journal, which is where it is found. It opens nothing:
 * whose charge it is is asked each time.
 */
import { type Address, fromBytes, toBytes } from '@pbstream/core/Hex'
import { parseSessionName, sessionName } from '@pbstream/core/message/Session'
import { base64url } from '../api/Mac.ts'

export type PaymentPlace = { session: string; seq: number }

const NUMBER = 7
const ADDRESS = 20
const FORM = /^pay_([A-Za-z0-9_-]{99})$/

/** `session` is the name of a session. */
export function printPaymentId({ session, seq }: PaymentPlace): string {
  const ref = parseSessionName(session)
  if (ref === undefined) throw new TypeError('not the name of a session')
  const digits = [ref.contract, ref.payer, ref.payerAuthorizer].map((address) => address.slice(2)).join('')
  return `pay_${base64url(toBytes(`0x${digits}${number(ref.chainId)}${number(seq)}`))}`
}

/** Undefined for a text that is no id as it is printed. */
export function parsePaymentId(id: string): PaymentPlace | undefined {
  const text = FORM.exec(id)?.[1]
  if (text === undefined) return undefined
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  const digits = fromBytes(Uint8Array.from(binary, (char) => char.charCodeAt(0))).slice(2)
  const address = (i: number): Address => `0x${digits.slice(2 * ADDRESS * i, 2 * ADDRESS * (i + 1))}`
  const [chainId, seq] = [0, 1].map((i) =>
    parseInt(digits.slice(6 * ADDRESS + 2 * NUMBER * i).slice(0, 2 * NUMBER), 16),
  )
  if (!isNumber(chainId) || !isNumber(seq)) return undefined
  const session = sessionName({ chainId, contract: address(0), payer: address(1), payerAuthorizer: address(2) })
  // One charge has one id: bits that stand for nothing are not ignored.
  return printPaymentId({ session, seq }) === id ? { session, seq } : undefined
}

function number(value: number): string {
  return value.toString(16).padStart(2 * NUMBER, '0')
}

function isNumber(value: number | undefined): value is number {
  return value !== undefined && Number.isSafeInteger(value) && value > 0
}
