/** Amounts of a token for people: exact, grouped as their language does, never by way of a float. */
import * as Amount from '@pbstream/core/Amount'
import { type Locale, tagOf } from '../text/Locale.ts'

/** Longer names of tokens are cut. */
export const MAX_SYMBOL = 12

export type Token = { address: `0x${string}`; symbol: string; decimals: number }

/** `1234500000` with 6 decimals is `1,234.50`: at least two decimals, all that there are. */
export function formatAmount(atomic: bigint, decimals: number, locale: Locale): string {
  const exact = Amount.format(atomic, decimals) as `${number}`
  return new Intl.NumberFormat(tagOf(locale), {
    minimumFractionDigits: Math.min(2, decimals),
    maximumFractionDigits: decimals,
  }).format(exact)
}

/** `5.00 USDC` */
export function money(atomic: bigint, token: Token, locale: Locale): string {
  return `${formatAmount(atomic, token.decimals, locale)}\u00a0${token.symbol}`
}

/** What a person typed, in atomic units; `undefined` when it is no amount. A comma is taken between thousands only. */
export function parseAmount(text: string, decimals: number): bigint | undefined {
  const plain = text.trim()
  const grouped = /^\$?\d{1,3}(?:,\d{3})+(?:\.\d+)?$/.test(plain)
  try {
    return Amount.parseUnits(grouped ? plain.replaceAll(',', '') : plain, decimals)
  } catch {
    return undefined
  }
}

/** As it stands in a field: without grouping, so that it can be edited. */
export function editable(atomic: bigint, decimals: number): string {
  return Amount.format(atomic, decimals)
}

/** How much of a whole is used, 0 to 1, for a bar; a share of nothing is 1. */
export function share(part: bigint, whole: bigint): number {
  if (whole <= 0n) return 1
  return Math.min(1, Number((part * 10_000n) / whole) / 10_000)
}
