/** The movements of a period, newest first. */
import { type ExportQuery, type Part, partsOf } from './Export.ts'
import { CsvRecords, cursorOf } from './CsvRecords.ts'
import { type Movement, readerOf } from './Movement.ts'

/** So many are held here at once: a table of them is fast, and a year of most providers fits. */
export const MOVEMENTS_MAX = 100_000

export type Movements = { items: Movement[]; whole: boolean }

/** `told`: how many there are so far. */
export function movements(query: ExportQuery, signal: AbortSignal, told: (n: number) => void): Promise<Movements> {
  return readMovements(partsOf('movements', query, signal), MOVEMENTS_MAX, (n) => {
    if (!signal.aborted) told(n)
  })
}

/** @throws {ApiProblem} when the API refused or was cut off: sums of a part would mislead. */
export async function readMovements(
  part: Part,
  most: number,
  told: (n: number) => void = () => {},
): Promise<Movements> {
  const items: Movement[] = []
  let cursor: string | undefined
  for (;;) {
    const before = items.length
    const records = new CsvRecords()
    const decoder = new TextDecoder()
    let last = ''
    let read: ((line: string) => Movement) | undefined
    for await (const bytes of await part(cursor)) {
      for (const line of records.feed(decoder.decode(bytes, { stream: true }))) {
        if (read === undefined) read = readerOf(line)
        else {
          items.push(read(line))
          last = line
        }
      }
      told(items.length)
      if (items.length >= most) return { items: newestFirst(items.slice(0, most)), whole: false }
    }
    cursor = cursorOf(last)
    if (items.length === before) return { items: newestFirst(items), whole: true }
  }
}

function newestFirst(items: Movement[]): Movement[] {
  return items.toSorted((a, b) => b.at - a.at)
}
