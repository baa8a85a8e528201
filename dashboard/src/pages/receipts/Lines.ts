/** A payment line by line: each with its value and what it means. What is not known has no line. */
import { formatAmount } from '../../format/Money.ts'
import { formatTime } from '../../format/Time.ts'
import type { PaymentDetail, Said } from './Receipt.ts'
import { lineWords as w } from './words.ts'

/** `kind`: how the value is to be shown. */
export type Line = { label: string; value: string; meaning: string; kind: 'text' | 'id' }

export function linesOf(payment: PaymentDetail, claims: Said | undefined): Line[] {
  return [...sale(payment, claims), ...parties(payment, claims), ...money(payment, claims)]
}

function sale(payment: PaymentDetail, claims: Said | undefined): Line[] {
  const free = payment.price === '0'
  const { at, price, service, path, route, rateVersion, reservationId, requestId } = payment
  return [
    text(w.price(), `${formatAmount(price)} USDC`, free ? w.priceFree() : w.priceText()),
    text(w.iat(), formatTime(at), w.iatText()),
    text(w.service(), service, w.serviceText()),
    text(w.route(), path ?? route, w.routeText()),
    text(w.rate(), rateVersion === null ? null : String(rateVersion), w.rateText()),
    text(w.rev(), claims?.rev === undefined ? null : String(claims.rev), w.revText()),
    text(w.use(), useText(payment.usage), w.useText()),
    id(w.digest(), claims?.digest, w.digestText()),
    id(w.request(), requestId, w.requestText()),
    id(w.jti(), reservationId ?? claims?.jti, w.jtiText()),
  ].flat()
}

function parties(payment: PaymentDetail, claims: Said | undefined): Line[] {
  const { payer, key, keyName, receiver } = payment
  return [
    id(w.payer(), payer, w.payerText()),
    keyName === null ? id(w.key(), key, w.keyText()) : text(w.key(), keyName, w.keyText()),
    text(w.policy(), claims?.key === undefined ? null : String(claims.key), w.policyText()),
    id(w.receiver(), receiver, w.receiverText()),
  ].flat()
}

function money(payment: PaymentDetail, claims: Said | undefined): Line[] {
  const { channel, cumulative, network, token } = payment
  return [
    id(w.channel(), channel, w.channelText()),
    text(w.cumulative(), cumulative === null ? null : `${formatAmount(cumulative)} USDC`, w.cumulativeText()),
    text(w.network(), network, w.networkText()),
    id(w.asset(), token, w.assetText()),
    id(w.lease(), claims?.lease, w.leaseText()),
    id(w.tx(), claims?.tx, w.txText()),
  ].flat()
}

/** `input_token 1200, output_token 300`; seconds are counted in milliseconds. */
function useText(usage: Record<string, string> | null): string | null {
  if (usage === null) return null
  const units = Object.entries(usage)
  return units.length === 0 ? null : units.map(([unit, count]) => `${unit} ${count}`).join(', ')
}

function text(label: string, value: string | null | undefined, meaning: string): Line[] {
  return value === null || value === undefined ? [] : [{ label, value, meaning, kind: 'text' }]
}

function id(label: string, value: string | null | undefined, meaning: string): Line[] {
  return value === null || value === undefined ? [] : [{ label, value, meaning, kind: 'id' }]
}
