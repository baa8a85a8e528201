/** F24: who is to hear of incidents is down, slow or flapping. I6 I8 I13: money does not wait for it, and it misses nothing. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { until } from '../support/until.ts'
import type { Caller } from './support/Caller.ts'
import { World } from './support/World.ts'
import { drained } from './support/drained.ts'
import { withdraw } from './support/withdrawal.ts'

let world: World
let payers: Caller[], losers: Caller[]

const always = 1_000_000

beforeAll(async () => {
  // Every third charge is claimed, and nothing for its age: what a loser owes is unclaimed when its money goes.
  world = await World.start({ vars: { SETTLE_AGE_MS: '3600000', SETTLE_COUNT: '3' } })
  const callers = await world.crowd(4)
  ;[payers, losers] = [callers.slice(0, 2), callers.slice(2)]
  // Channels are opened before the chain's clock is moved on for those who withdraw.
  for (const caller of losers) await caller.calls(1)
  await servedAndSettled(1)
})
afterAll(() => world?.stop())

async function numbers({ payer }: Caller): Promise<Record<'spent' | 'settled' | 'lost', string>> {
  const sessions = await world.rows<Record<'spent' | 'settled' | 'lost', string>>(
    'STREAM_SESSION',
    'SELECT spent, settled, lost FROM channel',
  )
  return sessions.find(({ name }) => name.includes(payer.address))!.rows[0]!
}

/** A payer takes its money past us while the chain stands still for us: what it was served for is lost. */
async function lose(caller: Caller): Promise<void> {
  const thaw = world.rpc.freeze()
  const take = await withdraw(world, caller)
  await caller.calls(1)
  await take()
  thaw()
  await until('the loss is booked', async () => (await numbers(caller)).lost === '2000')
}

/** Three calls of each, and their money is with the provider: whoever is away, it was not needed for that. */
async function servedAndSettled(rounds: number): Promise<void> {
  await Promise.all(payers.map((caller) => caller.calls(3)))
  for (const caller of payers) {
    await until('it is settled', async () => (await numbers(caller)).settled === `${rounds * 3_000}`)
  }
}

/** What the incidents say is lost, by channel: one loss may be told in two parts, of what was charged before it was seen and after. */
async function told(): Promise<number[]> {
  const { orm, tables } = world.stack.system.database
  const incidents = await orm.select().from(tables.sentinelEvent)
  const losses = incidents.filter(({ what }) => what === 'money_lost')
  const channels = Object.values(Object.groupBy(losses, ({ subject }) => subject ?? ''))
  return channels.map((parts) =>
    parts!.reduce((sum, { detail }) => sum + Number((detail as { amount: string }).amount), 0),
  )
}

test('I8: while nobody takes incidents calls are served and settled, and afterwards each incident is there once', async () => {
  await world.arm('control', 'consumer:gate', always)
  await world.arm('control', 'db:down', always)
  await lose(losers[0]!)
  await servedAndSettled(2)
  expect(await told()).toEqual([])
  await world.arm('control', 'consumer:gate', 0)
  await until('incidents are refused', async () => ((await world.struck('control'))['db:down'] ?? 0) > 0)
  await world.arm('control', 'db:down', 0)
  await drained(world, { except: [losers[1]!] })
  expect(await told()).toEqual([2_000])
})

test('I13: one that is slow, comes and goes, and forgets to answer slows nobody and shows no incident twice', async () => {
  await world.arm('control', 'db:slow', always, 500)
  const flaps = { 'consumer:crash_before': 1, 'consumer:twice': 2, 'consumer:crash_after': 1, 'db:answer_lost': 2 }
  for (const [point, times] of Object.entries(flaps)) await world.arm('control', point, times)
  await lose(losers[1]!)
  await servedAndSettled(3)
  await until('it has flapped', async () => {
    const struck = await world.struck('control')
    return Object.entries(flaps).every(([point, times]) => struck[point] === times)
  })
  await world.arm('control', 'db:slow', 0)
  await drained(world, { incidents: ['money_lost'] })
  expect(await told()).toEqual([2_000, 2_000])
})
