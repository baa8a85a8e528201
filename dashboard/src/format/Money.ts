/** Money for people: exact, from bigint to text and back. */

/**
 * Atomic units as a person reads them: grouped, all digits that there are, at least cents. `1500` with 6 decimals is
 * `0.0015`, `1234500000` is `1,234.50`. Both languages of the dashboard write numbers alike.
 */
export function formatAmount(atomic: bigint | string, decimals = 6): string {
  const value = BigInt(atomic)
  const digits = (value < 0n ? -value : value).toString().padStart(decimals + 1, '0')
  const whole = digits.slice(0, digits.length - decimals)
  const fraction = digits.slice(digits.length - decimals).replace(/0+$/, '')
  const cents = decimals === 0 ? '' : `.${fraction.padEnd(Math.min(2, decimals), '0')}`
  return `${value < 0n ? '−' : ''}${whole.replace(/\B(?=(\d{3})+$)/g, ',')}${cents}`
}

/** As `formatAmount`, but without grouping and without zeros at the end: what stands in a field. */
export function plainAmount(atomic: bigint | string, decimals = 6): string {
  const text = formatAmount(atomic, decimals).replaceAll(',', '').replace('−', '-')
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text
}

/**
 * The atomic units of what a person typed: `1,234.5`, `$0.001`, also with the full-width digits of Chinese keyboards.
 * `undefined` when it is no amount, is negative, or is finer than the token.
 */
export function parseAmount(text: string, decimals = 6): bigint | undefined {
  const plain = text
    .normalize('NFKC')
    .replaceAll('。', '.')
    .replace(/^\s*\$/, '')
    .trim()
  const match = /^(\d{1,3}(?:[,\s]\d{3})+|\d+)?(?:\.(\d*))?$/.exec(plain)
  if (match === null || plain === '' || plain === '.') return undefined
  const fraction = (match[2] ?? '').replace(/0+$/, '')
  if (fraction.length > decimals) return undefined
  const whole = (match[1] ?? '0').replaceAll(/[,\s]/g, '')
  return whole.length > 30 ? undefined : BigInt(whole + fraction.padEnd(decimals, '0'))
}
