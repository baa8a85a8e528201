/**
 * Looks for members in JSON text without parsing it. Inside of a JSON string each quote has a backslash before it, so
 * `"name":` can stand there in no way: what is found is a member, of some object of the text.
 */

const QUOTE = 34
const OPEN = 123

/** Where the value of the next member of that name begins, from `from` on; -1 when there is none. */
export function valueOf(text: string, name: string, from = 0): number {
  const quoted = `"${name}"`
  for (let at = text.indexOf(quoted, from); at >= 0; at = text.indexOf(quoted, at + quoted.length)) {
    const colon = skipSpace(text, at + quoted.length)
    if (text.charCodeAt(colon) === 58) return skipSpace(text, colon + 1)
  }
  return -1
}

/** Whether a member of that name has an object as its value. */
export function hasObject(text: string, name: string): boolean {
  for (let at = valueOf(text, name); at >= 0; at = valueOf(text, name, at)) {
    if (text.charCodeAt(at) === OPEN) return true
  }
  return false
}

/** Where the text of the first member of that name begins whose value is a string, and not empty; -1: there is none. */
export function textOf(text: string, name: string): number {
  for (let at = valueOf(text, name); at >= 0; at = valueOf(text, name, at)) {
    if (text.charCodeAt(at) === QUOTE && text.charCodeAt(at + 1) !== QUOTE) return at + 1
  }
  return -1
}

/** Where the string that begins at `start` ends: its closing quote, or the end of the text. */
export function endOf(text: string, start: number): number {
  let at = start
  for (;;) {
    const quote = text.indexOf('"', at)
    if (quote < 0) return text.length
    let slashes = 0
    while (text.charCodeAt(quote - 1 - slashes) === 92 && quote - 1 - slashes >= start) slashes++
    if (slashes % 2 === 0) return quote
    at = quote + 1
  }
}

/** The next character that is no JSON white space. */
export function skipSpace(text: string, from: number): number {
  let at = from
  while (isSpace(text.charCodeAt(at))) at++
  return at
}

function isSpace(code: number): boolean {
  return code === 32 || code === 10 || code === 13 || code === 9
}
