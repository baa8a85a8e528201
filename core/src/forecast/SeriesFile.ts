/**
 * Series from text. Two forms of CSV: a series a line (its id, then its values; the form of the M4 competition), and a
 * value a line (the last column; NAB's form). Quotes, CRLF, a byte order mark and a header are taken as they come.
 */
import { InvalidSeriesError } from './Options.ts'

export type NamedSeries = { readonly id: string; readonly values: readonly number[] }

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i

/**
 * A series a line. Lines may differ in length; empty cells at the end of a line are left out.
 *
 * @throws {InvalidSeriesError} with the line: a cell between others that is no number, a line without values, an id twice
 */
export function parseRows(text: string): NamedSeries[] {
  const lines = linesOf(text)
  const isHeader = isNamesOnly(lines[0]?.cells.slice(1) ?? [])
  const series = new Map<string, NamedSeries>()
  for (const { cells, line } of isHeader ? lines.slice(1) : lines) {
    const [id = '', ...rest] = cells
    const last = rest.findLastIndex((cell) => cell !== '')
    if (id === '') throw new InvalidSeriesError(`line ${line}: there is no id`)
    if (last < 0) throw new InvalidSeriesError(`line ${line}: ${id} has no value`)
    if (series.has(id)) throw new InvalidSeriesError(`line ${line}: ${id} is there twice`)
    const values = rest.slice(0, last + 1).map((cell, i) => numberOf(cell, `line ${line}, column ${i + 2}`))
    series.set(id, { id, values })
  }
  if (series.size === 0) throw new InvalidSeriesError('there is no series in it')
  return [...series.values()]
}

/**
 * A value a line: the last column of each.
 *
 * @throws {InvalidSeriesError} with the line
 */
export function parseColumn(text: string): number[] {
  const lines = linesOf(text)
  const isHeader = isNamesOnly(lines[0]?.cells.slice(-1) ?? [])
  const values = (isHeader ? lines.slice(1) : lines).map(({ cells, line }) => numberOf(cells.at(-1)!, `line ${line}`))
  if (values.length === 0) throw new InvalidSeriesError('there is no value in it')
  return values
}

/** A header has names where a series has numbers; what is meant as a number and is none (NaN) makes no header. */
function isNamesOnly(cells: string[]): boolean {
  return (
    cells.length > 0 && cells.every((cell) => /^[a-z_]/i.test(cell) && !/^(?:nan|null|na|inf(?:inity)?)$/i.test(cell))
  )
}

function numberOf(cell: string, place: string): number {
  const value = NUMBER.test(cell) ? Number(cell) : Number.NaN
  if (!Number.isFinite(value)) throw new InvalidSeriesError(`${place}: ${JSON.stringify(cell)} is not a number`)
  return value
}

/** Lines that are not blank, counted from 1, each as its cells without quotes and spaces around them. */
function linesOf(text: string): { cells: string[]; line: number }[] {
  return text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\n|\r/)
    .map((content, i) => ({ content, line: i + 1 }))
    .filter(({ content }) => content.trim() !== '')
    .map(({ content, line }) => ({ cells: content.split(',').map((cell) => unquoted(cell.trim())), line }))
}

function unquoted(cell: string): string {
  return /^".*"$/.test(cell) ? cell.slice(1, -1).replaceAll('""', '"').trim() : cell
}
