/** Exact sums of amounts in SQL, where adding up rows one by one would be too many. */
import { type AnyColumn, sql } from 'drizzle-orm'
import type { Database } from './Database.ts'

/** Digits that are added up together: no sum of them leaves what an integer of SQLite holds. */
const DIGITS = 9
/** So many digits hold an amount (39). */
const PARTS = 5
const BASE = 10n ** BigInt(DIGITS)
const ZEROS = '0'.repeat(DIGITS * PARTS)

/** What `sumOf` selected, as it came: the lowest digits first; null where there were no rows. */
export type Parts = Record<`part${0 | 1 | 2 | 3 | 4}`, string | null>

/** The sum of a column of amounts, to be selected. SQLite has no numbers of 39 digits: it adds parts of the digits. */
export function sumOf(db: Database, column: AnyColumn) {
  const part = (i: number) => {
    if (db.dialect !== 'd1') return i === 0 ? sql<string | null>`cast(sum(${column}) as text)` : sql<string | null>`'0'`
    const digits = sql.raw(`${-DIGITS * (i + 1)}, ${DIGITS}`)
    return sql<
      string | null
    >`cast(sum(cast(substr(${sql.raw(`'${ZEROS}'`)} || ${column}, ${digits}) as integer)) as text)`
  }
  return { part0: part(0), part1: part(1), part2: part(2), part3: part(3), part4: part(4) }
}

export function sumFrom({ part0, part1, part2, part3, part4 }: Parts): bigint {
  return [part4, part3, part2, part1, part0].reduce((sum, part) => sum * BASE + BigInt(part ?? '0'), 0n)
}
