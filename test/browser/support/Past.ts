/** Two weeks of sales before today, as the events queue would have brought them into the tables. */
import type { Hex } from '@pbstream/core/Hex'
import type { JournalRow } from '@pbstream/core/message/Event'
import { parseSessionName } from '@pbstream/core/message/Session'
import type { Database } from '@pbstream/db/Database'
import { project } from '@pbstream/db/Projection'
import { countHour, HOUR_MS } from '@pbstream/db/UsageHours'

const DAYS = 14
/** Of every second hour. */
const CALLS = [0, 0, 1, 2, 3, 5, 4, 5, 6, 4, 2, 1]
/** Beyond the rows that the session itself writes meanwhile. */
const FIRST_SEQ = 1_000
const ROWS_AT_ONCE = 100

export type Sales = { session: string; channel: Hex; shop: string; route: string; otherRoute: string }

/** More by day than by night, more on some days than on others: the same at every call. */
export async function pastSales(database: Database, sales: Sales): Promise<void> {
  const session = parseSessionName(sales.session)
  if (session === undefined) throw new Error(`not a session: ${sales.session}`)
  const today = Math.floor(Date.now() / HOUR_MS) * HOUR_MS
  const rows: JournalRow[] = []
  const hours = new Set<number>()
  for (let day = DAYS; day > 0; day--) {
    for (const [at, calls] of CALLS.entries()) {
      const time = today - day * 24 * HOUR_MS + at * 2 * HOUR_MS
      for (let call = 0; call < calls + (day % 3); call++) {
        rows.push(charge(sales, rows.length, time + call * 60_000, call === 1))
      }
      hours.add(time)
    }
    rows.push(payout(sales, rows.length, today - day * 24 * HOUR_MS + 22 * HOUR_MS))
  }
  for (let from = 0; from < rows.length; from += ROWS_AT_ONCE) {
    const some = rows.slice(from, from + ROWS_AT_ONCE)
    await project(database, [{ v: 1, kind: 'session', session, channels: [], rows: some }])
  }
  for (const hour of hours) await countHour(database, new Date(hour))
  await leavers(database, sales, Array.from(hours))
}

function charge({ channel, shop, route, otherRoute }: Sales, at: number, time: number, isDear: boolean): JournalRow {
  return {
    ...{ seq: FIRST_SEQ + at, kind: 'charge', channelId: channel, debit: 'escrow', credit: 'earned', at: time },
    ...{ amount: isDear ? '12000' : '2500', reservationId: `past-${at}`, providerId: shop, rateVersion: 1 },
    ...{ routeId: isDear ? otherRoute : route, country: at % 3 === 0 ? 'DE' : 'NO' },
  }
}

function payout({ channel }: Sales, at: number, time: number): JournalRow {
  const transaction = `0x${String(at).padStart(64, '0')}` as const
  return {
    ...{ seq: FIRST_SEQ + at, kind: 'settle', channelId: channel, debit: 'claimed', credit: 'provider', at: time },
    ...{ amount: '90000', transaction },
  }
}

/** Callers who were told the price and did not pay. */
async function leavers(database: Database, { shop, route }: Sales, hours: number[]): Promise<void> {
  const { orm, tables } = database
  for (const hour of hours) {
    const count = 1 + ((hour / HOUR_MS) % 3)
    await orm
      .insert(tables.challengeHour)
      .values({ providerId: shop, hour: new Date(hour), routeId: route, source: 'past', count })
  }
}
