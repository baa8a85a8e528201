/** What a person types as entries of a list. Pure. */
export type Typed = { values: string[]; problem?: 'none' | 'long'; value?: string }

const VALUE_MAX = 256

/** One value a line; the same twice is once. */
export function readValues(text: string): Typed {
  const values = [
    ...new Set(
      text
        .split('\n')
        .map((line) => line.trim())
        .filter((line) => line !== ''),
    ),
  ]
  if (values.length === 0) return { values, problem: 'none' }
  const long = values.find((value) => value.length > VALUE_MAX)
  return long === undefined ? { values } : { values, problem: 'long', value: `${long.slice(0, 20)}…` }
}

export function isExpired({ until }: { until?: string }, now: number): boolean {
  return until !== undefined && Date.parse(until) <= now
}

/** Ids of rules whose condition names the list. The words of a text literal may be meant as well: rather one too many. */
export function usersOf(name: string, rules: readonly { id: string; when: string }[]): string[] {
  const word = new RegExp(`\\blist\\.${name}\\b`)
  return rules.filter(({ when }) => word.test(when)).map(({ id }) => id)
}
