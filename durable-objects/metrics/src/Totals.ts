/** Sums by family and labels. Amounts pass 2^53, so they are TEXT in the table and added as bigint, here. */
import type { Sql } from './Sql.ts'

export type Labels = Readonly<Record<string, string | number>>

/** Labels as they stand between the braces, in the order of their names. */
export function labelText(labels: Labels): string {
  return Object.entries(labels)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}="${escaped(String(value))}"`)
    .join()
}

function escaped(value: string): string {
  return value
    .replaceAll('\\', String.raw`\\`)
    .replaceAll('"', String.raw`\"`)
    .replaceAll('\n', String.raw`\n`)
}

/** Differences of one feed, written at its end: a row a sum, however many events changed it. */
export class Totals {
  readonly #sql: Sql
  readonly #changes = new Map<string, { family: string; labels: string; by: bigint }>()

  constructor(sql: Sql) {
    this.#sql = sql
  }

  add(family: string, labels: string, by: bigint | number): void {
    const key = `${family}{${labels}}`
    const change = this.#changes.get(key) ?? { family, labels, by: 0n }
    change.by += BigInt(by)
    this.#changes.set(key, change)
  }

  /** Call it in the transaction of the rows that the differences come from. */
  write(): void {
    for (const { family, labels, by } of this.#changes.values()) {
      const row = this.#sql('SELECT value FROM total WHERE family = ? AND labels = ?', family, labels)[0]
      const value = BigInt((row?.['value'] as string | undefined) ?? '0') + by
      this.#sql('INSERT OR REPLACE INTO total (family, labels, value) VALUES (?, ?, ?)', family, labels, String(value))
    }
    this.#changes.clear()
  }
}
