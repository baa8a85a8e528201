import * as Scan from './Scan.ts'

/** Where the members of a JSON object stand in its text. The text has been parsed already: it is an object. */
export type Member = {
  /** As it is written: without escapes, in its own case. */
  name: string
  /** The value, from its first character to behind its last. */
  from: number
  to: number
}

/**
 * The form in which names are compared: some origins read them in any case, and by Unicode's rules, for which `ſ` is an
 * `s`.
 */
export function folded(name: string): string {
  return name.toUpperCase().toLowerCase()
}

/** The members of the object that begins at `start`, in the order in which they stand; twice, if they stand there twice. */
export function of(text: string, start = Scan.skipSpace(text, 0)): Member[] {
  const members: Member[] = []
  let at = Scan.skipSpace(text, start + 1)
  while (text[at] === '"') {
    const nameEnd = Scan.endOf(text, at + 1) + 1
    const name = JSON.parse(text.slice(at, nameEnd)) as string
    const from = Scan.skipSpace(text, Scan.skipSpace(text, nameEnd) + 1)
    const to = endOfValue(text, from)
    members.push({ name, from, to })
    at = Scan.skipSpace(text, to)
    if (text[at] === ',') at = Scan.skipSpace(text, at + 1)
  }
  return members
}

/**
 * How many members all objects of a document have together. A parser that keeps one of two members of the same name has
 * fewer.
 */
export function count(text: string): number {
  let members = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 34) at = Scan.endOf(text, at + 1)
    else if (code === 58) members++
  }
  return members
}

function endOfValue(text: string, from: number): number {
  let depth = 0
  for (let at = from; at < text.length; at++) {
    const char = text[at]
    if (char === '"') at = Scan.endOf(text, at + 1)
    else if (char === '{' || char === '[') depth++
    else if (char === '}' || char === ']') depth--
    if (depth < 0) return trimmed(text, from, at)
    if (depth === 0 && char === ',') return trimmed(text, from, at)
    if (depth === 0 && (char === '}' || char === ']' || char === '"')) return at + 1
  }
  return text.length
}

/** The end of a number or word: without the white space behind it. */
function trimmed(text: string, from: number, to: number): number {
  let end = to
  while (end > from && /\s/.test(text[end - 1] as string)) end--
  return end
}
