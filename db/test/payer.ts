/** Two payers with keys on a test and a live chain, and what they paid. */
import type { Address, Hex } from '@pbstream/core/Hex'
import { db } from './database.ts'
import { hex, T0 } from './events.ts'

export const ALICE = hex('a1', 20)
export const BOB = hex('b2', 20)
export const TEST = 84532
export const LIVE = 8453
export const CHANNEL = hex('01', 32)
export const at = (ms: number) => new Date(T0 + ms)
export const alices = { payer: ALICE, chainIds: [TEST] }

export function session(payer: Address = ALICE, key = '51', chainId = TEST): string {
  return `${chainId}:${hex('c0', 20)}:${payer}:${hex(key, 20)}`
}

type Charge = typeof db.tables.microPayment.$inferInsert

export function charge(seq: number, over: Partial<Charge> = {}): Charge {
  return {
    ...{ session: session(), seq, channelId: CHANNEL, providerId: 'prov_a', routeId: 'route_a', rateVersion: 1 },
    ...{ debit: 'escrow', credit: 'earned', amount: '10', cumulative: String(10 * seq), at: at(seq * 1_000) },
    ...over,
  }
}

export async function charged(...rows: Charge[]): Promise<void> {
  for (const row of rows) await db.orm.insert(db.tables.microPayment).values(row)
}

export async function keyed(id: string, over: Partial<typeof db.tables.sessionKey.$inferInsert> = {}): Promise<void> {
  const [chain, contract, payer, key] = id.split(':') as [string, Hex, Hex, Hex]
  await db.orm
    .insert(db.tables.sessionKey)
    .values({ id, session: id, chainId: Number(chain), contract, payer, key, ...over })
}

export async function opened(id: Hex, over: Partial<typeof db.tables.channel.$inferInsert> = {}): Promise<void> {
  await db.orm.insert(db.tables.channel).values({
    ...{ id, session: session(), chainId: TEST, receiver: hex('ac', 20), token: hex('7c', 20), provisional: '0' },
    ...{ deposited: '1000', returned: '0', accepted: '500', spent: '100', claimed: '70', settled: '40', lost: '0' },
    revision: 1,
    ...over,
  })
}
