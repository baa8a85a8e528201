/** The texts of refusals, once somebody has met one. */
import type { Locale } from './Locale.ts'

type Problems = (typeof import('./Problems.ts'))['problems']

let known: Problems = {}

/** Brings the texts. Never rejects: without them the code of the problem is shown. */
export async function loadProblems(): Promise<void> {
  const loaded = await import('./Problems.ts').catch(() => undefined)
  known = loaded?.problems ?? known
}

/** `undefined` for a code that has no text of ours. */
export function problemText(code: string, locale: Locale): string | undefined {
  return Object.hasOwn(known, code) ? known[code]?.[locale] : undefined
}
