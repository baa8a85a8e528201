import { batchSettlementAbi } from '@pbstream/core/abi/BatchSettlement'
import { Chain } from '@pbstream/local/Chain'
import { addressOf } from '@pbstream/local/Keys'
import { expect } from 'vitest'
import { until } from '../../support/until.ts'
import type { Caller } from './Caller.ts'
import type { World } from './World.ts'

export type Drained = {
  /** Atomic units whose callers heard nothing: charged or not, and both are right. */
  unknown?: bigint
  /** Atomic units of reservations whose gateway is gone; they expire after a minute and a half. */
  reserved?: bigint
  /** Incidents that the fault calls for. */
  incidents?: string[]
  /** Callers whose money the fault has put out of reach: what becomes of it is not looked at. */
  except?: Caller[]
  timeoutMs?: number
}

type ChannelRow = Record<
  'id' | 'provisional' | 'deposited' | 'returned' | 'accepted' | 'spent' | 'claimed' | 'settled' | 'lost',
  string
>
type Channel = { id: `0x${string}` } & Record<Exclude<keyof ChannelRow, 'id'>, bigint>
type Item = { id: string; nonce: number; state: string }

const columns = ['provisional', 'deposited', 'returned', 'accepted', 'spent', 'claimed', 'settled', 'lost'] as const
/** `accepted` may be behind: a voucher that bought nothing is shown with the next row of the journal. */
const shown = columns.filter((column) => column !== 'accepted')

/**
 * The ending of every fault: the faults have stopped, and everything comes to rest with nothing lost, repeated or stuck.
 * Asks the sessions' disks, the lanes' disks, the chain and the database, and holds them against what callers were told.
 */
export async function drained(world: World, options: Drained = {}): Promise<void> {
  const { unknown = 0n, reserved = 0n, incidents = [], except = [], timeoutMs = 60_000 } = options
  const counted = world.callers.filter((caller) => !except.includes(caller))
  const told = counted.reduce((total, { acknowledged }) => total + acknowledged, 0n)
  expect(world.rpc.troubles, 'the fault struck as it was meant to').toEqual([])
  const channels = await settled(world, counted, told, timeoutMs)
  const spent = sum(channels, 'spent')
  expect(spent, 'I2 I7: what callers were told is what is recorded').toBeGreaterThanOrEqual(told)
  expect(spent, 'I13: nothing is recorded that nobody asked for').toBeLessThanOrEqual(told + unknown)
  for (const { claimed, settled: paid, spent: used, accepted } of channels) {
    expect(paid <= claimed && claimed <= used && used <= accepted, 'I1: order').toBe(true)
  }
  const holds = await world.rows<{ hold: string }>('STREAM_SESSION', 'SELECT hold FROM reservation')
  const held = holds.flatMap(({ rows }) => rows).reduce((total, { hold }) => total + BigInt(hold), 0n)
  expect(held, 'I7: reservations have ended').toBe(reserved)
  await onChain(world, channels)
  await inDatabase(world, channels, except.length === 0 ? incidents : undefined)
}

/** Waits until sessions have recorded what callers were told: a gateway posts a moment after it has answered. */
export async function posted(world: World): Promise<void> {
  const told = world.callers.reduce((total, { acknowledged }) => total + acknowledged, 0n)
  await until('what callers were told is recorded', async () => {
    return sum(await channelsOf(world, world.callers), 'spent') >= told
  })
}

/** Waits until all charges are paid out, every outbox is empty and no transaction is under way. */
async function settled(world: World, callers: Caller[], told: bigint, timeoutMs: number): Promise<Channel[]> {
  let last = ''
  return until(
    'everything that was charged is settled',
    async () => {
      const channels = await channelsOf(world, callers)
      const open = await world.rows<Item>('NONCE_LANE', "SELECT * FROM item WHERE state IN ('open', 'mined')")
      const letters = await world.rows<object>('NONCE_LANE', 'SELECT * FROM outbox')
      const behind = await world.rows<object>(
        'STREAM_SESSION',
        "SELECT * FROM journal WHERE seq > (SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'sent')",
      )
      const left = [open, letters, behind].map((each) => each.flatMap(({ rows }) => rows).length)
      const spent = sum(channels, 'spent')
      last = JSON.stringify({ told: `${told}`, spent: `${spent}`, settled: `${sum(channels, 'settled')}`, left })
      const done = channels.every((each) => each.settled + each.lost === each.spent && each.provisional === 0n)
      return spent >= told && done && left.every((count) => count === 0) && (await rowsOf(world, channels)) && channels
    },
    timeoutMs,
  ).catch((error: unknown) => {
    throw new Error(`I8: not drained: ${last}`, { cause: error })
  })
}

/** Whether the database has all charges and the newest numbers: its queue is empty. */
async function rowsOf({ stack }: World, channels: Channel[]): Promise<boolean> {
  const { orm, tables } = stack.system.database
  const stored = await orm.select().from(tables.channel)
  const charges = (await orm.select().from(tables.microPayment)).filter(of(channels))
  const recorded = charges.reduce((total, { amount }) => total + BigInt(amount), 0n)
  const open = (await orm.select().from(tables.settlement)).filter(({ status }) => /submitted|mined/.test(status))
  const same = channels.every((each) => {
    const row = stored.find(({ id }) => id === each.id)
    return row !== undefined && shown.every((column) => BigInt(row[column]) === each[column])
  })
  return same && recorded >= sum(channels, 'spent') && open.length === 0
}

async function onChain({ stack }: World, channels: Channel[]): Promise<void> {
  const { client } = stack.chain
  for (const { id, settled: paid, deposited, returned } of channels) {
    const [balance, totalClaimed] = await client.readContract({
      address: Chain.addresses.batchSettlement,
      abi: batchSettlementAbi,
      functionName: 'channels',
      args: [id],
    })
    expect(totalClaimed, 'I3 I4: the chain has claimed what was charged').toBe(paid)
    expect(balance, 'I5: and holds what was put in').toBe(deposited - returned)
  }
  const provider = addressOf(stack.keys.provider)
  expect(await stack.usdc(provider), 'I5: the provider is paid to the unit').toBe(sum(channels, 'settled'))
}

async function inDatabase({ stack }: World, channels: Channel[], incidents: string[] | undefined): Promise<void> {
  const { orm, tables } = stack.system.database
  const charges = (await orm.select().from(tables.microPayment)).filter(of(channels))
  const ids = charges.map(({ reservationId }) => reservationId)
  expect(new Set(ids).size, 'I2: a reservation is charged once').toBe(ids.length)
  const recorded = charges.reduce((total, { amount }) => total + BigInt(amount), 0n)
  expect(recorded, 'I13: shown is what was recorded').toBe(sum(channels, 'spent'))
  if (incidents === undefined) return
  const noted = (await orm.select().from(tables.sentinelEvent)).map(({ what }) => what)
  expect([...new Set(noted)].sort(), 'incidents').toEqual([...incidents].sort())
}

const of = (channels: Channel[]) => (row: { channelId: string }) => channels.some(({ id }) => id === row.channelId)

/** I9: the nonces of the gas account are contiguous, each used by one item, and the account has sent nothing else. */
export async function lanesInOrder(world: World): Promise<Item[]> {
  const lanes = await world.rows<Item>('NONCE_LANE', 'SELECT id, nonce, state FROM item ORDER BY nonce')
  const items = lanes.flatMap(({ rows }) => rows)
  expect(items.map(({ nonce }) => nonce)).toEqual(items.map((_, i) => i))
  const address = addressOf(world.stack.keys.gas)
  expect(await world.stack.chain.client.getTransactionCount({ address })).toBe(items.length)
  return items
}

async function channelsOf(world: World, callers: Caller[]): Promise<Channel[]> {
  const sessions = await world.rows<ChannelRow>('STREAM_SESSION', `SELECT id, ${columns.join()} FROM channel`)
  const theirs = sessions.filter(({ name }) => callers.some(({ payer }) => name.includes(payer.address)))
  return theirs.flatMap(({ rows }) =>
    rows.map(({ id, ...numbers }) => {
      const amounts = Object.fromEntries(Object.entries(numbers).map(([name, text]) => [name, BigInt(text)]))
      return { id, ...amounts } as Channel
    }),
  )
}

function sum(channels: Channel[], column: (typeof columns)[number]): bigint {
  return channels.reduce((total, each) => total + each[column], 0n)
}
