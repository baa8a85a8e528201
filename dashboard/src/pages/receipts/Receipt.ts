/** A signed receipt as text: what it says, without asking whether its signature is good. */
import { decodeUrl } from '@pbstream/core/Base64'
import type { Claims } from '@pbstream/core/Receipt'
import type { components } from '../../api/Schema.d.ts'

export type Payment = components['schemas']['PaidCharge']
export type PaymentDetail = components['schemas']['PaidChargeDetail']

/** What any of the kinds of receipts may say. */
export type Said = Partial<
  Claims & { session: string; key: number; channel: string; cumulative: string; lease: string; request: string }
>

/** The claims of a compact JWS; undefined for what is none. */
export function claimsOf(receipt: string): Said | undefined {
  const [, payload, signature, ...more] = receipt.split('.')
  if (payload === undefined || signature === undefined || more.length > 0) return undefined
  const bytes = decodeUrl(payload)
  if (bytes === undefined) return undefined
  try {
    const claims = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as unknown
    return typeof claims === 'object' && claims !== null && !Array.isArray(claims) ? (claims as Said) : undefined
  } catch {
    return undefined
  }
}

/** In which members the receipt and the row differ; they should in none. */
export function mismatches(payment: PaymentDetail, claims: Said): string[] {
  const pairs: [string, unknown, unknown][] = [
    ['price', claims.price, payment.price],
    ['payer', claims.payer, payment.payer],
    ['channel', claims.channel ?? payment.channel, payment.channel],
    ['route', claims.route, payment.route ?? claims.route],
    ['rate', claims.rate, payment.rateVersion ?? claims.rate],
    ['network', claims.network, payment.network],
    // Under a lease a receipt does not say the total of the channel.
    ['cumulative', claims.cumulative ?? payment.cumulative, payment.cumulative ?? claims.cumulative],
  ]
  return pairs.filter(([, said, known]) => said !== known).map(([name]) => name)
}
