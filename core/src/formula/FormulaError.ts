/** What is wrong with a formula, or with a value in it, and where. */
export class FormulaError extends Error {
  override readonly name = 'FormulaError'
  /** Index in the text, in UTF-16 units, from 0. */
  readonly position: number
  /** From 1. */
  readonly line: number
  /** From 1, in UTF-16 units. */
  readonly column: number

  constructor(what: string, text: string, position: number) {
    const before = text.slice(0, position)
    const line = before.split('\n').length
    const column = position - (before.lastIndexOf('\n') + 1) + 1
    super(`${what} (line ${line}, column ${column})`)
    this.position = position
    this.line = line
    this.column = column
  }
}
