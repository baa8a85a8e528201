/** Rows of tiers, as they are edited: where each begins, and what adding and taking out does. */

/** A row of any tiered price. `upTo` null is the end of all. */
export type Tier = {
  upTo: string | null
  amount?: string | undefined
  per?: string | undefined
  flat?: string | undefined
}

/** The first unit of a row: 1 after the end of the one before; undefined where that is no number. */
export function begin(tiers: readonly Tier[], index: number): bigint | undefined {
  if (index === 0) return 1n
  const before = tiers[index - 1]?.upTo
  return before != null && /^[0-9]{1,39}$/.test(before) ? BigInt(before) + 1n : undefined
}

/** A row below `index`. Below the last one it becomes the last, and the old one gets an end to be changed. */
export function added<T extends Tier>(tiers: readonly T[], index: number): T[] {
  const row = tiers[index]
  if (row === undefined) return [...tiers]
  const start = begin(tiers, index) ?? 1n
  const next = tiers[index + 1]?.upTo ?? null
  const end = row.upTo ?? String(start === 1n ? 1000n : (start - 1n) * 10n)
  const upTo = row.upTo === null ? null : halfway(row.upTo, next)
  return [...tiers.slice(0, index), { ...row, upTo: end }, { ...row, upTo }, ...tiers.slice(index + 1)]
}

/** Without a row; the last that is left has no end. The only row stays. */
export function removed<T extends Tier>(tiers: readonly T[], index: number): T[] {
  if (tiers.length <= 1) return [...tiers]
  const rest = tiers.filter((_, place) => place !== index)
  return rest.map((tier, place) => (place === rest.length - 1 ? { ...tier, upTo: null } : tier))
}

/** Between the end of a row and that of the next one. */
function halfway(end: string, next: string | null): string {
  if (!/^[0-9]{1,39}$/.test(end)) return end
  const from = BigInt(end)
  if (next === null || !/^[0-9]{1,39}$/.test(next)) return String(from * 10n)
  return String((from + BigInt(next) + 1n) / 2n)
}
