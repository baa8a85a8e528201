/** CSV by RFC 4180, in which no cell is a formula to whoever opens it in a spreadsheet. Pure. */

export type Cell = string | number | null

/** What makes a spreadsheet compute: also behind blanks, and in the wide forms that some take for the same. */
const FORMULA = /^[\s\u200b\ufeff'"]*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]/
const SPECIAL = /[",\r\n]/

/** One line with its line break. */
export function line(cells: readonly Cell[]): string {
  return `${cells.map(cell).join(',')}\r\n`
}

/** Text that could be a formula gets an apostrophe in front; what would break the line is quoted. */
function cell(value: Cell): string {
  if (value === null) return ''
  if (typeof value === 'number') return String(value)
  const safe = FORMULA.test(value) ? `'${value}` : value
  return SPECIAL.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
