import { setTimeout as delay } from 'node:timers/promises'
import { Chain } from '@pbstream/local/Chain'
import type { Child } from './Child.ts'
import { type Channel, chargedOf } from './Channel.ts'
import { cpuSeconds } from './Cpu.ts'
import { type Lane, type Ticket, head, quoteOf } from './Lane.ts'
import type { LoadResult, Run } from './Load.ts'
import { chargedIn, type Session } from './Session.ts'
import type { SignOrder } from './Sign.ts'

/** One row of the benchmark: a server, a resource and how its connections pay. */
export type Contestant = {
  name: string
  url: string
  /** The server's process; its children count as it. */
  pid: number
  /** One for each connection; a number of connections that do not pay. */
  channels: Channel[] | number
  /** Signs quotes as the server would, if it signs quotes. */
  gatewayKey?: string
  /** Paid in session mode: a session for each channel, and whether its requests name leases. */
  sessions?: { open: Session[]; leases: boolean }
}

/** One stretch of measuring. */
export type Slice = {
  answered: number
  seconds: number
  /** Milliseconds. */
  latencies: Float64Array
  /** From the start until the server was idle again, so that work put off counts; undefined where it is unknown. */
  cpu: number | undefined
  busy: number
  /** The share of requests that named a lease. */
  leased: number
}

export type Helpers = { load: Child; signers: Child[] }

/** Signs so much more than the last rate needs. */
const spare = 1.4
const quietMs = 250
/** By then every lease of a slice is over. */
const leaseMs = 6_000
const quietWaits = 120
/** Of CPU in `quietMs`: one tick may be anything. */
const idleSeconds = 0.015

/** Lanes for all connections, with tickets for `perLane` requests each. */
export async function lanes(contestant: Contestant, signers: readonly Child[], perLane: number): Promise<Lane[]> {
  const { channels, gatewayKey, sessions } = contestant
  const start = head(contestant.url)
  if (typeof channels === 'number') return Array.from({ length: channels }, () => ({ head: start }))
  if (sessions !== undefined) {
    const { open, leases } = sessions
    return open.map(({ token, key }) => ({ head: start, session: { url: contestant.url, token, key, leases } }))
  }
  return Promise.all(
    channels.map(async ({ channelId, key, template, price, charged }, i) => {
      const token = quoteOf(template)
      const order: SignOrder = { chainId: Chain.id, channelId, key, from: charged, price, count: perLane }
      if (token !== undefined && gatewayKey !== undefined) order.quote = { token, gatewayKey }
      const tickets = (await signers[i % signers.length]?.call<Ticket[]>('sign', order)) ?? []
      return { head: start, payment: { template, tickets } }
    }),
  )
}

/**
 * Signs for about `expected` requests a second, then loads the server for some seconds.
 *
 * @throws Error when an answer was not 200, or when the server's account of what it charged is not ours.
 */
export async function slice(contestant: Contestant, helpers: Helpers, run: Run, expected: number): Promise<Slice> {
  const { load, signers } = helpers
  const count = typeof contestant.channels === 'number' ? 1 : contestant.channels.length
  const perLane = Math.ceil((expected * run.seconds * spare) / count) + 8
  await load.call('prepare', { url: contestant.url, lanes: await lanes(contestant, signers, perLane) })
  await quiet(contestant.pid)
  const before = cpuSeconds(contestant.pid)
  const result = await load.call<LoadResult>('run', run)
  // The last reports of leases come when their time is over, and they count.
  if (contestant.sessions !== undefined) await delay(leaseMs)
  await quiet(contestant.pid)
  const after = cpuSeconds(contestant.pid)
  await account(contestant, result)
  const { answered, seconds, latencies, busy, leased } = result
  return {
    answered,
    seconds,
    latencies,
    busy,
    leased: leased / latencies.length,
    cpu: before === undefined || after === undefined ? undefined : after - before,
  }
}

/** Compares what the server says it charged with what was sent, and moves the channels on. */
async function account({ name, channels, sessions }: Contestant, { sent, heads }: LoadResult): Promise<void> {
  if (typeof channels === 'number') return
  for (const [i, channel] of channels.entries()) {
    const count = sent[i] ?? 0
    channel.charged += BigInt(count) * channel.price
    const session = sessions?.open[i]
    const said = session === undefined ? chargedOf(heads[i] ?? '') : await chargedIn(session)
    if (count > 0 && said !== channel.charged) {
      throw new Error(
        `${name}: ${count} calls make ${channel.charged} on ${channel.channelId}, the server says ${said}`,
      )
    }
  }
}

/** Waits until a process does next to nothing, for at most half a minute. */
export async function quiet(pid: number): Promise<void> {
  let last = cpuSeconds(pid)
  for (let i = 0; i < quietWaits; i++) {
    await delay(quietMs)
    const now = cpuSeconds(pid)
    if (now === undefined || last === undefined || now - last <= idleSeconds) return
    last = now
  }
}
