/** Exact numbers of prices as people read them. No floats: `12`, `-0.5` and `1/3` are atomic units of USDC. */
import { parseAmount, plainAmount } from '../../format/Money.ts'

const DECIMALS = 6
/** Of USDC, where a fraction does not end. */
const SHOWN = 12

/** `6001.5` → `0.0060015`; `1/3` → `≈ 0.000000333333`. */
export function usdc(exact: string): string {
  const [numerator = '0', denominator] = exact.split('/')
  if (denominator === undefined) return shifted(numerator, DECIMALS)
  const scaled = (BigInt(numerator) * 10n ** BigInt(SHOWN - DECIMALS)) / BigInt(denominator)
  return `≈ ${shifted(String(scaled), SHOWN)}`
}

/** An amount in atomic units of what a person types in USDC; undefined where it is none, or finer than an atomic unit. */
export function atomic(text: string): string | undefined {
  return parseAmount(text)?.toString()
}

/** What a person would have typed for an atomic amount; other texts as they are. */
export function typed(amount: string): string {
  return /^[0-9]{1,39}$/.test(amount) ? plainAmount(amount) : amount
}

/** `amount / per`, in USDC for a million units: `3` for 3 atomic units each. Undefined where they are no numbers. */
export function perMillion(amount: string, per = '1'): string | undefined {
  if (!/^[0-9]{1,39}$/.test(amount) || !/^[1-9][0-9]{0,38}$/.test(per)) return undefined
  const [n, d] = [BigInt(amount), BigInt(per)]
  return (n * 10n ** 12n) % d === 0n ? shifted(String((n * 10n ** 12n) / d), 12) : usdc(`${n * 10n ** 6n}/${d}`)
}

/** The point moved to the left; zeros that say nothing are left out. */
function shifted(number: string, places: number): string {
  const sign = number.startsWith('-') ? '-' : ''
  const [whole = '0', fraction = ''] = number.replace('-', '').split('.')
  const digits = whole.padStart(places + 1, '0')
  const head = digits.slice(0, digits.length - places)
  const tail = (digits.slice(digits.length - places) + fraction).replace(/0+$/, '')
  return tail === '' ? `${sign}${head}` : `${sign}${head}.${tail}`
}
