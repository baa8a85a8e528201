/**
 * Metered calls in the histories: holds that grow, clocks of rentals and counts of usage, held against what was said and
 * against sums of the journal.
 */
import * as Ledger from '@pbstream/core/Ledger'
import { add, type Counts } from '@pbstream/core/message/Counts'
import type { JournalRow } from '@pbstream/core/message/Event'
import type { ReportReply, TimeOp, Times } from '@pbstream/core/message/Session'
import fc from 'fast-check'
import { expect } from 'vitest'
import type { Book } from '../src/Book.ts'

export type MeterStep = { do: 'grow'; which: number; to: bigint } | { do: 'time'; which: number; op: TimeOp }

/** None, or so many of a unit. */
export const usages = fc
  .nat({ max: 9 })
  .map((n): Counts | undefined => (n < 4 ? undefined : n === 4 ? {} : { output_token: String(n), second: '500' }))
/** None, or one of so many that a route keeps all of them. */
export const periods = fc.constantFrom(undefined, '2026-11', '2026-12', '2026-12-24')

export const meterSteps: { weight: number; arbitrary: fc.Arbitrary<MeterStep> }[] = [
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('grow'), which: fc.nat({ max: 9 }), to: fc.bigInt({ min: 1n, max: 30n }) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('time'),
      which: fc.nat({ max: 9 }),
      op: fc.constantFrom<TimeOp>('resume', 'resume', 'beat', 'beat', 'pause', 'stop'),
    }),
  },
] as { weight: number; arbitrary: fc.Arbitrary<MeterStep> }[]

/** A reservation, as its caller knows it. */
export type Own = {
  readonly id: string
  /** The most that it was ever said to hold. */
  hold: bigint
  /** The epoch of its session; undefined: it was granted to a voucher, or to a lease. */
  readonly epoch: number | undefined
  readonly period: string | undefined
  /** What its last mark that counts was the price of. */
  marked: { amount: bigint; usage: Counts | undefined }
  /** With its post; undefined: it was not posted. */
  posted: { usage: Counts | undefined } | undefined
}

export type World = {
  book(): Book
  now(): number
  said(what: () => void): void
  reach(what: string): void
  /** It holds so much now, under the policy that is in force. */
  grown(id: string, hold: bigint): void
}

export class MeterModel {
  readonly #world: World

  constructor(world: World) {
    this.#world = world
  }

  step(step: MeterStep, own: Own): void {
    if (step.do === 'grow') this.#grow(own, step.to)
    else this.#time(own, step.op)
  }

  #grow(own: Own, to: bigint): void {
    const { book, now, said, reach, grown } = this.#world
    const held = new Map(book().held.reservations).get(own.id)
    const before = held === undefined ? undefined : book().view(held.channelId)
    const reply = book().report({ kind: 'grow', reservationId: own.id, to }, now())
    if (held === undefined || before === undefined) {
      reach('grow nothing')
      return expect(reply, 'what has ended does not grow').toEqual({ done: false })
    }
    const after = book().view(held.channelId)!
    const hold = reply.hold!
    const more = hold - held.hold
    expect(after.reserved - before.reserved, 'I6: what a hold grows by is reserved').toBe(more)
    expect(reply.done, 'done: that much is held').toBe(hold >= to)
    expect(more >= 0n && (hold <= to || more === 0n), 'no more than was asked for').toBe(true)
    if (reply.refused !== undefined) reach(`grow ${reply.refused}`)
    const { epoch } = new Map(book().held.channels).get(held.channelId)!
    if (own.epoch !== epoch) {
      expect(more, 'I10: only a session that goes on lets a hold grow').toBe(0n)
      reach(own.epoch === undefined ? 'grow without a session' : 'grow after its session')
      return
    }
    if (more === 0n) return
    reach(reply.done ? 'grow whole' : 'grow a part')
    const room = Ledger.room(after)
    expect(room >= 0n, 'I1: a hold grows within the vouchers and the money').toBe(true)
    if (!reply.done && reply.refused === undefined) expect(room, 'as far as it goes').toBe(0n)
    said(() => {
      own.hold = hold
      grown(own.id, hold)
    })
  }

  #time(own: Own, op: TimeOp): void {
    const { book, now, reach } = this.#world
    const held = new Map(book().held.reservations).get(own.id)
    const reply: ReportReply = book().report({ kind: 'time', reservationId: own.id, op }, now())
    if (held === undefined || held.expiresAt <= now()) {
      reach('time too late')
      return expect(reply, 'what has ended has no clock').toEqual({ done: false })
    }
    reach(`time ${op} ${reply.done}`)
    const times = reply.times!
    const flat = times.flat()
    expect(flat, 'spans ascend').toEqual([...flat].sort((a, b) => a - b))
    expect(
      flat.every((at) => at <= now()),
      'no span reaches beyond now',
    ).toBe(true)
    const earlier = held.metered?.clock?.times ?? []
    const grew = total(times) - total(earlier)
    const wasRunning = held.metered?.clock?.state === 'running'
    const since = wasRunning ? now() - (earlier.at(-1)?.[1] ?? now()) : 0
    expect(grew, 'a clock that runs proves the time since its last report, and one that does not none').toBe(since)
    if (reply.refused !== undefined) expect(reply.running, 'I10: no rental runs on after its session').toBe(false)
    if (reply.refused === 'withdrawal_pending') reach('time withdrawal_pending')
    const { withdrawRequestedAt } = book().channel(held.channelId)!
    if (withdrawRequestedAt !== 0) expect(reply.running, 'I6: no rental runs on while its money leaves').toBe(false)
  }

  /** After a commit: every charge says its usage, and counts are the sums of what was charged. */
  audit(rows: readonly JournalRow[], owns: ReadonlyMap<string, Own>): void {
    const sums = new Map<string, { units: Counts; charged: bigint; revision: number }>()
    for (const { kind, reservationId, amount, usage, seq } of rows) {
      const own = kind === 'charge' && reservationId !== undefined ? owns.get(reservationId) : undefined
      if (own === undefined) continue
      const told = own.posted === undefined ? own.marked.usage : own.posted.usage
      expect(usage, 'a charge says what it is the price of').toEqual(told)
      if (amount === '0') this.#world.reach('journal charge of nothing')
      if (own.period === undefined) continue
      const sum = sums.get(own.period) ?? { units: {}, charged: 0n, revision: 0 }
      const units = add(sum.units, usage ?? {})
      sums.set(own.period, { units, charged: sum.charged + BigInt(amount), revision: seq })
    }
    const counts = new Map(this.#world.book().held.counts).get('route') ?? []
    const counted = new Map(counts.map(({ period, ...count }) => [period, count]))
    for (const [period, { units, charged, revision }] of sums) {
      const count = counted.get(period)
      expect(count, 'what was used and charged in a period is counted').toMatchObject({ units, charged })
      expect(count!.revision >= revision, 'counts rise with the journal').toBe(true)
    }
    expect(counted.size, 'periods').toBe(sums.size)
    if (counted.size > 0) this.#world.reach('counted')
  }
}

function total(times: Times): number {
  return times.reduce((sum, [from, to]) => sum + to - from, 0)
}
