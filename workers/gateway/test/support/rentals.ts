/** Rentals against the real books of a session, with a clock that the test turns. */
import type { Report, Reserve } from '@pbstream/core/message/Session'
import type { SessionOpen, SessionReserve } from '@pbstream/core/message/PaidSession'
import type { Policy } from '@pbstream/core/Policy'
import * as Rate from '@pbstream/core/Rate'
import type { RentalState, StartReply } from '@pbstream/core/rental/Wire'
import { Book } from '@pbstream/stream-session/Book'
import { Disk } from '../../../../test/sim/fast/Disk.ts'
import { signedHeaders } from '../../../../test/support/SessionCaller.ts'
import { channelId, config, header, voucher } from './payer.ts'
import { openSession, SESSION_MASTER } from './session.ts'
import { offered, SITE, standalone } from './standalone.ts'
import { CONTRACT, chain, route, START } from './world.ts'

export const RENTALS = '/.well-known/pbstream/rentals'
export const second = 1_000

/** 10 units a second, and half as much again from 18:00 to 20:00 in Zurich. */
export const card = Rate.parse({
  v: 2,
  kind: 'card',
  components: [{ unit: 'second', price: { model: 'per_unit', amount: '10' } }],
  schedule: { zone: 'Europe/Zurich', windows: [{ from: '18:00', to: '20:00', multiplier: '1.5' }] },
  maximum: '50000',
})
export const gpu = (rule: Rate.Card = card) =>
  route({ id: 'gpu', path: '/v1/gpu', rate: { version: 3, rule }, audience: 'acme/gpu' })

const settings = { settleAmount: 10n ** 12n, settleCount: 1_000, settleAgeMs: 86_400_000, minDeposit: 0n }
const nothing = {
  ...{ session: undefined, policy: undefined, channels: [], reservations: [], leases: [], deposits: [], counts: [] },
  ...{ sets: [], scopes: [], snoozes: [], stops: [], failures: [], decisions: 0, news: 0, told: 0, seq: 0, sent: 0 },
}

/** `money` in the channel; `rule`: the card of the route. */
export async function rentals(money = 100_000n, rule: Rate.Card = card) {
  const at = await standalone({ SESSION_MASTER }, [gpu(rule), route()])
  const disk = new Disk()
  let ids = 0
  const ports = { reader: disk, id: () => `id-${++ids}`, dropped: (error: unknown) => expectNever(error) }
  const book = new Book(nothing, ports, settings)
  const away = { now: false }
  const commit = <T>(apply: (now: number) => T): T => {
    const result = apply(at.state.now)
    disk.write(book.changes())
    book.commit()
    return result
  }
  const observed = { kind: 'observed', channelId, config, balance: money, totalClaimed: 0n } as const
  commit((now) => book.acknowledge({ ...observed, withdrawRequestedAt: 0, refundNonce: 0n }, now))
  let tickets = 0
  Object.assign(at.session, {
    openSession: async (command: SessionOpen) => commit((now) => book.openSession(command, now)),
    pay: async (command: SessionReserve, carried: Report[] = []) =>
      commit((now) => {
        for (const each of carried) book.report(each, now)
        return book.pay(command, now)
      }),
    reserve: async (command: Reserve, carried: Report[] = []) => {
      for (const each of carried) book.report(each, at.state.now)
      book.reserve(++tickets, command, at.state.now)
      disk.write(book.changes())
      return book.commit().replies[0]![1]
    },
    report: async (_: 1, reports: Report[]) => {
      if (away.now) throw new Error('the session is away')
      at.session.reports.push(...reports)
      return commit((now) => reports.map((each) => book.report(each, now)))
    },
    outcome: async (_: 1, reservationId: string, requestId: string) => book.outcome(reservationId, requestId),
  })
  const say = async (operation: string, body: unknown, as?: string) => {
    const response = await at.send(`${RENTALS}/${operation}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${as ?? at.key}` },
      body: JSON.stringify(body),
    })
    return { status: response.status, json: (await response.json()) as Record<string, unknown> }
  }
  const startBody = (over: object = {}) => ({
    v: 1,
    route: 'gpu',
    method: 'POST',
    url: `${SITE}/gpu`,
    headers: {},
    ...over,
  })
  return {
    ...at,
    book,
    disk,
    away,
    say,
    startBody,
    /** Time passes with heartbeats that only the session hears. */
    beats: (ms: number) => {
      const [[reservationId]] = [...disk.reservations] as [[string, unknown]]
      commit((now) => book.report({ kind: 'grow', reservationId, to: 50_000n }, now))
      for (let left = ms; left > 0; left -= 80_000) {
        at.state.now += Math.min(left, 80_000)
        commit((now) => book.report({ kind: 'time', reservationId, op: 'beat' }, now))
      }
    },
    numbers: () => book.view(channelId)!,
    /** The alarm comes. */
    tick: () => commit((now) => book.tick(now)),
    policy: (policy: Policy) =>
      commit((now) =>
        book.setPolicy(
          { chainId: chain.chainId, contract: CONTRACT, payer: config.payer, payerAuthorizer: config.payerAuthorizer },
          policy,
          now,
        ),
      ),
    endSessions: () =>
      commit(() =>
        book.endSessions({
          v: 1,
          session: {
            chainId: chain.chainId,
            contract: CONTRACT,
            payer: config.payer,
            payerAuthorizer: config.payerAuthorizer,
          },
          channelId,
          epoch: 1,
        }),
      ),
  }
}

function expectNever(error: unknown): never {
  throw error
}

export type Rented = Awaited<ReturnType<typeof rentals>>

let requests = 0

/** A session that has signed for `max`, and what it sends to start a rental of `maxPrice` at the most. */
export async function payer(at: Rented, max: bigint) {
  const session = await openSession(at, { max })
  const headers = async (maxPrice: bigint) => {
    const signed = await signedHeaders(session, {
      url: `${SITE}/gpu`,
      method: 'POST',
      id: `rental-${++requests}`,
      created: Math.floor(at.state.now / 1000),
      maxPrice,
    })
    return Object.fromEntries(Object.entries(signed).map(([name, value]) => [name.toLowerCase(), value]))
  }
  return { session, headers }
}

export type Started = Extract<StartReply, { kind: 'started' }>

/** A rental that runs, paid by a session. */
export async function started(at: Rented, max = 100_000n, maxPrice = 50_000n, over: object = {}): Promise<Started> {
  const { headers } = await payer(at, max)
  const { json } = await at.say('start', at.startBody({ headers: await headers(maxPrice), ...over }))
  if (json['kind'] !== 'started') throw new Error(`not started: ${JSON.stringify(json)}`)
  return json as unknown as Started
}

/** A rental that runs, paid by a voucher for all that it can cost. */
export async function startedByVoucher(at: Rented, max: bigint, over: object = {}): Promise<Started> {
  const offer = await at.say('start', at.startBody(over))
  const required = (offer.json as { headers: Record<string, string> }).headers['payment-required']!
  const decoded = JSON.parse(atob(required)) as Parameters<typeof voucher>[0]
  const { json } = await at.say('start', at.startBody({ headers: header(await voucher(decoded, max)), ...over }))
  if (json['kind'] !== 'started') throw new Error(`not started: ${JSON.stringify(json)}`)
  return json as unknown as Started
}

export type State = RentalState
export { offered, SITE, START }
