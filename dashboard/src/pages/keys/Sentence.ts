/** The limits of a key in one sentence: what an owner reads before signing, and later to remember. */
import { formatAmount } from '../../format/Money.ts'
import { formatTime } from '../../format/Time.ts'
import { perPeriod } from './Period.ts'
import { sentenceWords as w } from './words.ts'

/** Amounts in atomic units, times in Unix seconds; 0: no such limit. */
export type Terms = {
  spendCap: bigint
  periodAmount: bigint
  periodDuration: number
  perPaymentMax: bigint
  /** Left out: at once. */
  start?: number
  expiry: number
}

/** The limits of a key as the API has them. */
export function limitsOf(key: {
  spendCap: string
  periodAmount: string
  periodDuration: number
  perPaymentMax: string
  start: number
  expiry: number
}): Terms {
  const { periodDuration, start, expiry } = key
  return {
    spendCap: BigInt(key.spendCap),
    periodAmount: BigInt(key.periodAmount),
    perPaymentMax: BigInt(key.perPaymentMax),
    ...{ periodDuration, start, expiry },
  }
}

/** `Spend up to 5.00 USDC per day, 50.00 USDC in all, at most 0.10 USDC a payment, until 14 Feb 2027, 08:00.` */
export function sentence(terms: Terms, now: number, symbol = 'USDC'): string {
  const { spendCap, periodAmount, periodDuration, perPaymentMax, start, expiry } = terms
  const money = (amount: bigint) => `${formatAmount(amount)} ${symbol}`
  const at = (seconds: number) => formatTime(seconds * 1_000, { seconds: false })
  const total = money(spendCap)
  const windowed = periodDuration > 0 && periodAmount > 0n
  const parts = [
    windowed
      ? w.perPeriod({ amount: money(periodAmount), period: perPeriod(periodDuration), total })
      : w.inAll({ total }),
    ...(perPaymentMax > 0n ? [w.perPayment({ amount: money(perPaymentMax) })] : []),
    start !== undefined && start > now
      ? w.fromUntil({ start: at(start), end: at(expiry) })
      : w.until({ end: at(expiry) }),
  ]
  return w.whole({ parts: parts.join(w.comma()) })
}

export type Warning = 'noPerPayment' | 'noPeriod' | 'long' | 'periodAboveCap' | 'paymentAbovePeriod'

const LONG_S = 90 * 86_400

/** What is allowed and worth a second look. */
export function warnings(terms: Terms, now: number): Warning[] {
  const { spendCap, periodAmount, perPaymentMax, expiry } = terms
  const found: Warning[] = []
  if (periodAmount === 0n) found.push('noPeriod')
  if (perPaymentMax === 0n) found.push('noPerPayment')
  if (expiry - now > LONG_S) found.push('long')
  if (periodAmount > spendCap) found.push('periodAboveCap')
  if (periodAmount > 0n && perPaymentMax > periodAmount) found.push('paymentAbovePeriod')
  return found
}
