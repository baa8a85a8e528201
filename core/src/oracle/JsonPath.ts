/**
 * Where in a JSON document a number is: `$.data.load`, `$.prices[0].usd`, `$["gas price"]`. One place, no search: what a
 * document can hold can neither lead elsewhere nor make it long.
 */

/** Names of members and positions in lists, from the root. */
export type Path = readonly (string | number)[]

const STEPS_MAX = 16
const STEP = /\.([A-Za-z_][A-Za-z0-9_-]*)|\[(0|[1-9][0-9]{0,4})\]|\["([^"\\\p{Cc}]{1,100})"\]/uy

/** `undefined` for what is no such path. */
export function parsePath(text: string): Path | undefined {
  if (!text.startsWith('$') || text.length > 512) return undefined
  const steps: (string | number)[] = []
  for (let at = 1; at < text.length;) {
    STEP.lastIndex = at
    const match = STEP.exec(text)
    if (match === null || steps.length === STEPS_MAX) return undefined
    const [, member, position, quoted] = match
    steps.push(position === undefined ? (member ?? quoted ?? '') : Number(position))
    at = STEP.lastIndex
  }
  return steps
}

/** What is there; `undefined` when nothing is. Only a document's own members count. */
export function pick(document: unknown, path: Path): unknown {
  let here = document
  for (const step of path) {
    if (typeof here !== 'object' || here === null) return undefined
    if (Array.isArray(here) !== (typeof step === 'number') || !Object.hasOwn(here, step)) return undefined
    here = (here as Record<string | number, unknown>)[step]
  }
  return here
}
