/** Puts texts into the tables that the API would not have let through: the pages must not rely on it. */
import type { Database } from '@pbstream/db/Database'
import { and, eq } from 'drizzle-orm'

/** `name`: of keys, providers, oracles, API keys, rules and channels of alerts. `detail`: of what is in the audit. */
export async function worsen(
  { orm, tables }: Database,
  { name, detail }: { name: string; detail: string },
): Promise<void> {
  for (const table of [tables.sessionKey, tables.provider, tables.oracle, tables.apiKey] as const) {
    await orm.update(table).set({ name })
  }
  for (const { scope, revision, rules } of await orm.select().from(tables.ruleset)) {
    const named = rules.map((rule) => ({ ...rule, name }))
    await orm
      .update(tables.ruleset)
      .set({ rules: named })
      .where(and(eq(tables.ruleset.scope, scope), eq(tables.ruleset.revision, revision)))
  }
  for (const { id, settings } of await orm.select().from(tables.alertChannel)) {
    await orm
      .update(tables.alertChannel)
      .set({ settings: { ...settings, name } })
      .where(eq(tables.alertChannel.id, id))
  }
  await orm.update(tables.audit).set({ detail: { said: detail, [detail]: 1 } })
}
