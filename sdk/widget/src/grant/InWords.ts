/** Limits as sentences: what a person grants, loud where there is no limit. */
import { money, type Token } from '../format/Money.ts'
import { period } from '../format/Time.ts'
import type { Locale } from '../text/Locale.ts'
import { say } from '../text/Text.ts'
import type { Amounts } from './Request.ts'

/** One sentence; `loud`: it says that something is not limited. */
export type Sentence = { text: string; loud: boolean }

/** As good as endless: more than any account has (a billion units of the token), or longer than a year. */
const ENDLESS_UNITS = 10n ** 9n
const LONG_S = 366 * 86_400

export function limitsInWords(limits: Amounts, token: Token, now: number, locale: Locale): Sentence[] {
  const shown = (amount: bigint) => money(amount, token, locale)
  const sentences: Sentence[] = []
  if (limits.periodAmount === 0n) sentences.push({ text: say(locale, 'noPeriodLimit'), loud: true })
  else {
    const values = { amount: shown(limits.periodAmount), period: period(limits.periodDuration, locale) }
    sentences.push({ text: say(locale, 'perPeriod', values), loud: false })
  }
  if (limits.perPaymentMax === 0n) sentences.push({ text: say(locale, 'noPaymentLimit'), loud: true })
  else sentences.push({ text: say(locale, 'perPayment', { amount: shown(limits.perPaymentMax) }), loud: false })
  if (isEndless(limits.spendCap, token)) sentences.push({ text: say(locale, 'noTotalLimit'), loud: true })
  else sentences.push({ text: say(locale, 'inTotal', { amount: shown(limits.spendCap) }), loud: false })
  if (limits.expiry - now > LONG_S) sentences.push({ text: say(locale, 'veryLong'), loud: true })
  return sentences
}

export function isEndless(amount: bigint, { decimals }: Pick<Token, 'decimals'>): boolean {
  return amount >= ENDLESS_UNITS * 10n ** BigInt(decimals)
}
