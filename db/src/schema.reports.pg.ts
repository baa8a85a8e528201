/** What is counted for reports, on Postgres: part of `schema.pg.ts`. */
import { bigint, index, pgTable, primaryKey, text, timestamp } from 'drizzle-orm/pg-core'

const count = (name: string) => bigint(name, { mode: 'number' })
const time = (name: string) => timestamp(name, { withTimezone: true, precision: 3, mode: 'date' })

/** Answers 402 of an isolate of a gateway for a route in an hour: cumulative, the largest wins. */
export const challengeHour = pgTable(
  'challenge_hour',
  {
    providerId: text('provider_id').notNull(),
    hour: time('hour').notNull(),
    routeId: text('route_id').notNull(),
    source: text('source').notNull(),
    count: count('count').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.providerId, t.hour, t.routeId, t.source] }),
    index('challenge_hour_hour').on(t.hour),
  ],
)
