/** What a breaker is of, in words. */
import { w } from './words.ts'

export function subjectName(subject: string): string {
  const route = /^upstream:(.+)$/.exec(subject)?.[1]
  return route === undefined ? w.ofProvider() : w.ofRoute({ route })
}
