/** F14: a payer withdraws past us, or the token blocks the receiver, while vouchers are unsettled. I6: exposure is bounded. */
import { addressOf } from '@pbstream/local/Keys'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { until } from '../support/until.ts'
import type { Caller } from './support/Caller.ts'
import { World } from './support/World.ts'
import { block } from './support/blocking.ts'
import { drained } from './support/drained.ts'
import { withdraw } from './support/withdrawal.ts'

let world: World
let seen: Caller, unseen: Caller, unpayable: Caller

beforeAll(async () => {
  // Nothing is claimed for its age or its amount here: what is unsettled stays so until something happens.
  world = await World.start({ vars: { SETTLE_AGE_MS: '3600000' } })
  const callers = await world.crowd(3)
  for (const caller of callers) await caller.calls(3)
  ;[seen, unseen, unpayable] = callers as [Caller, Caller, Caller]
  const { orm, tables } = world.stack.system.database
  await until('operators can see them', async () => (await orm.select().from(tables.channel)).length === 3)
  for (const caller of callers) await charged(caller, 3_000n)
})
afterAll(() => world?.stop())

const provider = () => world.stack.usdc(addressOf(world.stack.keys.provider))

async function numbers<T extends string>({ payer }: Caller, ...columns: T[]): Promise<Record<T | 'id', string>> {
  const sessions = await world.rows<Record<T | 'id', string>>(
    'STREAM_SESSION',
    `SELECT ${['id', ...columns].join()} FROM channel`,
  )
  return sessions.find(({ name }) => name.includes(payer.address))!.rows[0]!
}

/** A call is charged in the moment after its answer. */
const charged = (caller: Caller, spent: bigint) =>
  until('it is charged', async () => BigInt((await numbers(caller, 'spent')).spent) === spent)

const drain = async (caller: Caller) => world.ops('POST', `/channels/${(await numbers(caller)).id}/drain`)

async function noted(what: string): Promise<boolean> {
  const { orm, tables } = world.stack.system.database
  return (await orm.select().from(tables.sentinelEvent)).some((incident) => incident.what === what)
}

test('I6: a blocked receiver loses nothing: its money is recorded on chain, and paid out when it is unblocked', async () => {
  const unblock = await block(world, addressOf(world.stack.keys.provider))
  await drain(unpayable)
  await until('it is recorded', async () => (await numbers(unpayable, 'claimed')).claimed === '3000')
  expect(await provider()).toBe(0n)
  await drain(unpayable)
  await until('an operator is told', () => noted('receiver_blocked'))
  await until('its claim waits', async () => (await numbers(unpayable, 'claiming_total')).claiming_total === null)
  await unpayable.calls(1)
  await charged(unpayable, 4_000n)
  await unblock()
  await drain(unpayable)
  await until('it is paid out', async () => (await provider()) === 4_000n)
})

test('I6: a withdrawal is seen before it is final: nothing more is served, and what was earned is claimed', async () => {
  const next = await seen.sign()
  const take = await withdraw(world, seen)
  await until(
    'it is seen',
    async () => Number((await numbers(seen, 'withdraw_requested_at')).withdraw_requested_at) > 0,
  )
  const served = world.stack.upstream.calls('/work')
  const refused = await fetch(next)
  expect([refused.status, ((await refused.json()) as { code: string }).code]).toEqual([402, 'withdrawal_pending'])
  expect(world.stack.upstream.calls('/work')).toBe(served)
  await until('what it owes is claimed', async () => (await provider()) === 7_000n)
  await take()
  await until('the rest has gone back', async () => (await numbers(seen, 'returned')).returned !== '0')
})

test('I6: one that is final before anybody could look costs what was charged until then, and an operator is told', async () => {
  const thaw = world.rpc.freeze()
  const take = await withdraw(world, unseen)
  // The chain stands still for us: within its deposit a payer is served.
  await unseen.calls(2)
  await charged(unseen, 5_000n)
  await take()
  const next = await unseen.sign()
  thaw()
  await until('the loss is booked', async () => (await numbers(unseen, 'lost')).lost === '5000')
  const served = world.stack.upstream.calls('/work')
  expect((await fetch(next)).status).toBe(402)
  expect(world.stack.upstream.calls('/work')).toBe(served)
  await drained(world, { incidents: ['money_lost', 'receiver_blocked'] })
  expect(await provider()).toBe(7_000n)
})
