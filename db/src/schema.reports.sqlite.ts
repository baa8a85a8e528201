/** What is counted for reports, on D1 (SQLite): part of `schema.sqlite.ts`. */
import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'

const time = (name: string) => integer(name, { mode: 'timestamp_ms' })

/** Answers 402 of an isolate of a gateway for a route in an hour: cumulative, the largest wins. */
export const challengeHour = sqliteTable(
  'challenge_hour',
  {
    providerId: text('provider_id').notNull(),
    hour: time('hour').notNull(),
    routeId: text('route_id').notNull(),
    source: text('source').notNull(),
    count: integer('count').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.providerId, t.hour, t.routeId, t.source] }),
    index('challenge_hour_hour').on(t.hour),
  ],
)
