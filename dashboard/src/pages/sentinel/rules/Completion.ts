/** What could be meant at the caret of a condition. Pure. */
import type { Feature, Over } from '../Types.ts'

export type Suggestion = { name: string; detail: string; kind: 'feature' | 'list' | 'function'; insert: string }
/** What is being written, and what it could become. `start` to `end` is replaced. */
export type Completion = { start: number; end: number; suggestions: Suggestion[] }

const FUNCTIONS = [
  { name: 'min', detail: 'min(int, int, …)' },
  { name: 'max', detail: 'max(int, int, …)' },
  { name: 'divUp', detail: 'divUp(int, int)' },
  { name: 'size', detail: 'size(text or list)' },
]
const MEMBERS = [
  { name: 'startsWith', detail: 'text.startsWith(text)' },
  { name: 'endsWith', detail: 'text.endsWith(text)' },
  { name: 'contains', detail: 'text.contains(text)' },
]
const MOST = 12

export function vocabulary(
  features: readonly Feature[],
  lists: readonly string[],
  over: Over,
  aboutOf: (feature: Feature) => string,
): Suggestion[] {
  const known = features.filter((feature) => feature.over.includes(over))
  const texts = known.filter(({ type }) => type === 'string')
  return [
    ...known.map((feature): Suggestion => {
      const { name, type } = feature
      return { name, detail: `${type} · ${aboutOf(feature)}`, kind: 'feature', insert: name }
    }),
    ...lists.map((list): Suggestion => {
      const name = `list.${list}`
      return { name, detail: 'list', kind: 'list', insert: name }
    }),
    ...FUNCTIONS.map((each): Suggestion => ({ ...each, kind: 'function', insert: `${each.name}(` })),
    ...texts.flatMap(({ name: text }) =>
      MEMBERS.map((each): Suggestion => {
        const name = `${text}.${each.name}`
        return { name, detail: each.detail, kind: 'function', insert: `${name}(` }
      }),
    ),
  ]
}

/**
 * `asked`: the person asked for suggestions, so there are some without a letter too. Undefined: there is nothing to say,
 * as within a text or a comment.
 */
export function complete(
  text: string,
  caret: number,
  words: readonly Suggestion[],
  asked = false,
): Completion | undefined {
  const before = text.slice(0, caret)
  if (isInside(before)) return undefined
  const part = /[A-Za-z_][A-Za-z0-9_.]*$/.exec(before)?.[0] ?? ''
  if ((part === '' && !asked) || /[0-9]$/.test(before.slice(0, caret - part.length))) return undefined
  const rest = /^[A-Za-z0-9_.]*/.exec(text.slice(caret))?.[0] ?? ''
  const suggestions = found(part.toLowerCase(), words)
  if (suggestions.length === 0) return undefined
  const [only] = suggestions
  if (!asked && suggestions.length === 1 && only?.name === part) return undefined
  return { start: caret - part.length, end: caret + rest.length, suggestions }
}

/** Those that begin with it first, then those of which a part does, then those that only have it. */
function found(part: string, words: readonly Suggestion[]): Suggestion[] {
  const rank = ({ name }: Suggestion): number => {
    const lower = name.toLowerCase()
    if (lower.startsWith(part)) return 0
    if (lower.includes(`.${part}`)) return 1
    return lower.includes(part) ? 2 : 3
  }
  return words
    .map((word, i) => ({ word, i, rank: rank(word) }))
    .filter((each) => each.rank < 3)
    .toSorted((a, b) => a.rank - b.rank || a.i - b.i)
    .slice(0, MOST)
    .map(({ word }) => word)
}

/** Whether a text ends within a literal or a comment. */
function isInside(before: string): boolean {
  let quote: string | undefined
  for (let i = 0; i < before.length; i++) {
    const char = before.charAt(i)
    if (quote !== undefined) {
      if (char === '\\') i++
      else if (char === quote) quote = undefined
    } else if (char === '"' || char === "'") {
      quote = char
    } else if (char === '/' && before.charAt(i + 1) === '/') {
      const end = before.indexOf('\n', i)
      if (end < 0) return true
      i = end
    }
  }
  return quote !== undefined
}

/** The text with a suggestion in it, and where the caret is then. */
export function accept(text: string, { start, end }: Completion, { insert }: Suggestion) {
  return { text: text.slice(0, start) + insert + text.slice(end), caret: start + insert.length }
}
