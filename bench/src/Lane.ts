import { QUOTE_EXTENSION, type Extensions } from '@pbstream/core/Challenge'
import type { Hex } from '@pbstream/core/Hex'
import type { SessionLane } from './SessionLane.ts'

/** What is different from one paid request of a channel to the next. */
export type Ticket = {
  /** The voucher: a total in atomic units, signed. */
  max: string
  signature: Hex
  /** A quote of its own, when the server signs quotes. */
  quote?: string
}

/** What one connection sends, one request after the other. */
export type Lane = {
  /** Request line and headers, each with its line end, without the payment. */
  head: string
  /** Absent: the same unpaid request for ever. */
  payment?: { template: PaymentTemplate; tickets: Ticket[] }
  /** Paid in session mode, without an end. */
  session?: SessionLane
}

/** PAYMENT-SIGNATURE as the official client sent it; every request fills in a ticket of its own. */
export type PaymentTemplate = {
  accepted: { amount: string }
  payload: {
    type: string
    channelConfig: unknown
    voucher: { channelId: Hex; maxClaimableAmount: string; signature: Hex }
  }
  extensions?: Extensions
}

/** The head of a GET that keeps its connection. */
export function head(url: string): string {
  const { host, pathname } = new URL(url)
  return `GET ${pathname} HTTP/1.1\r\nHost: ${host}\r\nAccept: */*\r\n`
}

/** Every request of a lane as bytes, in order; one alone if it is unpaid. */
export function requests(lane: Lane): Buffer[] {
  if (lane.payment === undefined) return [Buffer.from(`${lane.head}\r\n`, 'latin1')]
  const { template, tickets } = lane.payment
  return tickets.map((ticket) => {
    const encoded = Buffer.from(JSON.stringify(fill(template, ticket))).toString('base64')
    return Buffer.from(`${lane.head}PAYMENT-SIGNATURE: ${encoded}\r\n\r\n`, 'latin1')
  })
}

/** The quote that the client echoed, if the server signs quotes. */
export function quoteOf(template: PaymentTemplate): string | undefined {
  const quote = template.extensions?.[QUOTE_EXTENSION]?.info['quote']
  return typeof quote === 'string' ? quote : undefined
}

function fill(template: PaymentTemplate, { max, signature, quote }: Ticket): PaymentTemplate {
  const voucher = { ...template.payload.voucher, maxClaimableAmount: max, signature }
  const filled = { ...template, payload: { ...template.payload, voucher } }
  const echoed = template.extensions?.[QUOTE_EXTENSION]
  if (quote === undefined || echoed === undefined) return filled
  return { ...filled, extensions: { ...template.extensions, [QUOTE_EXTENSION]: { ...echoed, info: { quote } } } }
}
