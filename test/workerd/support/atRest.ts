/** What holds when nothing moves any more: session, chain and database say the same, to the unit. */
import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import * as Journal from '@pbstream/core/Journal'
import { open } from '@pbstream/db/Database'
import { eq } from 'drizzle-orm'
import { expect } from 'vitest'
import { channelState } from '../../../workers/settlement/test/support/chain.ts'
import type { Line } from './Line.ts'

const database = open(env as never)
const columns = ['provisional', 'deposited', 'returned', 'spent', 'claimed', 'settled', 'lost'] as const

export async function atRest(line: Line): Promise<void> {
  const { orm, tables } = database
  const { microPayment, movement } = tables
  const charged = new Map<string, bigint>()
  for (const of of line.channels) {
    const numbers = await line.stub.view(1, of.id)
    if (numbers === undefined) continue
    const onChain = await channelState(of.id)
    expect(onChain.totalClaimed, 'I4 I8: the chain has claimed what was charged').toBe(numbers.claimed)
    expect(onChain.balance, 'I5: and holds what was put in').toBe(numbers.deposited - numbers.returned)

    const [row] = await orm.select().from(tables.channel).where(eq(tables.channel.id, of.id))
    for (const column of columns) expect(BigInt(row?.[column] ?? '0'), `I13: ${column}`).toBe(numbers[column])
    // A voucher that bought nothing is shown with the next row of the journal.
    expect(BigInt(row?.accepted ?? '0'), 'I13: accepted').toBeLessThanOrEqual(numbers.accepted)
    const charges = await orm.select().from(microPayment).where(eq(microPayment.channelId, of.id))
    const moves = await orm.select().from(movement).where(eq(movement.channelId, of.id))
    const sums = Journal.sum([...charges, ...moves].map((each) => ({ ...each, amount: BigInt(each.amount) })) as never)
    for (const [account, held] of Object.entries(Journal.balances(numbers as never))) {
      expect(sums.get(account) ?? 0n, `I5: ${account}`).toBe(held)
    }
    for (const { reservationId, amount } of charges) {
      expect(charged.has(reservationId ?? ''), 'I7: a reservation is charged once').toBe(false)
      charged.set(reservationId ?? '', BigInt(amount))
    }
  }
  for (const { id, command, charged: told } of line.granted) {
    const amount = charged.get(id) ?? 0n
    expect(amount, 'I1: a charge is within its hold').toBeLessThanOrEqual(command.hold)
    if (typeof told === 'bigint') expect(amount, 'I2 I7: recorded is what was acknowledged').toBe(told)
  }
  await countsAtRest(line)
  await lanesAtRest(line)
}

/** I13: what the session has counted of its routes is what the database shows. */
async function countsAtRest({ stub, channels: [{ name }] }: Line): Promise<void> {
  const { orm, tables } = database
  const { usageTotal } = tables
  const shown = await orm.select().from(usageTotal).where(eq(usageTotal.session, name)).orderBy(usageTotal.revision)
  const counted = await runInDurableObject(stub as unknown as DurableObjectStub, (_, { storage: { sql } }) =>
    sql
      .exec<{ period: string; units: string; charged: string }>('SELECT * FROM usage_count ORDER BY revision')
      .toArray(),
  )
  expect(shown.map(({ period, units, charged }) => [period, units, charged])).toEqual(
    counted.map(({ period, units, charged }) => [period, JSON.parse(units), charged]),
  )
}

/** I9: nonces without gaps, every transaction at its end, and nobody left to tell. */
async function lanesAtRest({ lane }: Line): Promise<void> {
  await runInDurableObject(lane, (_, { storage: { sql } }) => {
    const items = sql.exec<{ nonce: number; state: string }>('SELECT nonce, state FROM item ORDER BY nonce').toArray()
    const [first] = items
    expect(items.map(({ nonce }) => nonce)).toEqual(items.map((_each, i) => (first?.nonce ?? 0) + i))
    expect(items.filter(({ state }) => state === 'open' || state === 'mined')).toEqual([])
    expect(sql.exec('SELECT * FROM outbox').toArray()).toEqual([])
  })
}
