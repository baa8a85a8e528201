/** Texts of others: a name, a reason, the symbol of a token. */

/** Letters that show nothing, beside what Unicode calls space. */
const BLANK = '\u115f\u1160\u2800\u3164\uffa0'
const INVISIBLE = new RegExp(`[\\p{Cc}\\p{Cf}\\p{Cs}\\p{Zl}\\p{Zp}\\s${BLANK}]+`, 'gu')

/**
 * One line of limited length: it pushes nothing that counts out of sight, reorders nothing beside it, and piles no marks
 * on the lines above.
 *
 * @param longest in characters as Unicode counts them.
 */
export function oneLine(text: unknown, longest: number): string {
  const line = typeof text === 'string' ? text : ''
  const plain = line.replace(INVISIBLE, ' ').replace(/(\p{M}{2})\p{M}+/gu, '$1')
  return [...plain.trim()].slice(0, longest).join('').trim()
}

/** A name inside a sentence of ours: between quotes that it cannot close, and in its own direction. */
export function quoted(name: string): string {
  return `“\u2068${name.replace(/[“”]/g, '"')}\u2069”`
}
