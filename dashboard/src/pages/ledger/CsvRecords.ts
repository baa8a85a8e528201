/** Reading CSV (RFC 4180) as it arrives: whole lines and no halves, also where a quoted cell holds a line break. Pure. */

/** Cuts text that comes in pieces into whole lines, each with its line break. */
export class CsvRecords {
  #rest = ''
  /** How far `#rest` has been searched for line breaks. */
  #at = 0

  /** The lines that are whole now. What follows them waits for the next piece. */
  feed(piece: string): string[] {
    this.#rest += piece
    const lines: string[] = []
    let begin = 0
    for (;;) {
      const end = this.#rest.indexOf('\n', this.#at)
      if (end < 0) break
      this.#at = end + 1
      const line = this.#rest.slice(begin, end + 1)
      // Within quotes a line break is part of a cell.
      if (!isWhole(line)) continue
      lines.push(line)
      begin = end + 1
    }
    this.#rest = this.#rest.slice(begin)
    this.#at = this.#rest.length
    return lines
  }
}

/** Quotes come in pairs, also those that stand for one. */
function isWhole(line: string): boolean {
  let quotes = 0
  for (let at = line.indexOf('"'); at >= 0; at = line.indexOf('"', at + 1)) quotes++
  return quotes % 2 === 0
}

/** The cells of one line, without their quotes. */
export function cellsOf(line: string): string[] {
  const text = line.replace(/\r?\n$/, '')
  if (!text.includes('"')) return text.split(',')
  const cells: string[] = []
  const cell = /(?:"((?:[^"]|"")*)"|([^,]*))(,|$)/gy
  for (;;) {
    const found = cell.exec(text)
    if (found === null) return cells
    const [, quoted, plain, after] = found
    cells.push(quoted === undefined ? (plain ?? '') : quoted.replaceAll('""', '"'))
    if (after === '') return cells
  }
}

/** The last cell of a line of an export: where it goes on. Empty for a text without one. */
export function cursorOf(line: string): string {
  return cellsOf(line).at(-1) ?? ''
}
