/** What rules are called by people, by the scope as it is stored. */
import { isScope } from '@pbstream/core/message/Sentinel'
import type { Database } from '@pbstream/db/Database'
import { headsOf, seeded } from '@pbstream/db/Rulesets'

export type NameOf = (scope: string, rule: string) => string | undefined

/** A name that was changed is told some seconds later. */
const FRESH_MS = 10_000
const REMEMBERED = 2_000
const AT_ONCE = 90

const known = new Map<string, { at: number; names: Map<string, string> }>()

export async function ruleNames(db: Database, scopes: readonly string[]): Promise<NameOf> {
  const now = Date.now()
  if (known.size > REMEMBERED) known.clear()
  const stale = [...new Set(scopes)].filter((scope) => (known.get(scope)?.at ?? 0) <= now - FRESH_MS)
  for (let i = 0; i < stale.length; i += AT_ONCE) {
    const some = stale.slice(i, i + AT_ONCE)
    const found = await headsOf(db, some)
    for (const scope of some) {
      const head = found.find(({ set }) => set.scope === scope)?.set
      const rules = head?.rules ?? (scope === 'platform' ? seeded().rules : [])
      known.set(scope, { at: now, names: new Map(rules.map(({ id, name }) => [id, name])) })
    }
  }
  return (scope, rule) => known.get(scope)?.names.get(rule)
}

/** The stored form of the scope of a decision about a key; undefined: nobody owns the key. */
export function storedOf(scope: string, owner: string | undefined): string | undefined {
  return scope === 'owner' ? owner : isScope(scope) ? scope : undefined
}
