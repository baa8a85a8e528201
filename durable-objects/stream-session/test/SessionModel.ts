/**
 * Session mode in the histories: what callers and isolates do, and their own sums of what they were given, kept beside the
 * books. An isolate repeats, reorders, delays and loses its reports.
 */
import * as Ledger from '@pbstream/core/Ledger'
import {
  type Lease,
  LEASE_GRACE_MS,
  type LeaseReport,
  type SessionOpened,
  type SessionReserve,
} from '@pbstream/core/message/PaidSession'
import type { Hex } from '@pbstream/core/Hex'
import { providerOf } from '@pbstream/core/message/Sentinel'
import type { Reserve } from '@pbstream/core/message/Session'
import { requestId as requestIdOf } from '@pbstream/core/session/Lease'
import fc from 'fast-check'
import { expect } from 'vitest'
import type { Book } from '../src/Book.ts'
import type { GuardModel } from './GuardModel.ts'
import { periods } from './MeterModel.ts'
import { type channelOf, digestOf } from './fixtures.ts'

type Channel = ReturnType<typeof channelOf>

export type SessionStep =
  | { do: 'open'; above: bigint; nonce: number; old: boolean; long: boolean; deposit: bigint; second: boolean }
  | { do: 'raise'; above: bigint; stale: boolean; second: boolean }
  | {
      do: 'pay'
      hold: bigint
      above: bigint
      id: number
      digest: number
      stale: boolean
      perSecond: number
      price: bigint
      isolate: number
      second: boolean
      period: string | undefined
    }
  | { do: 'leased'; which: number; ns: number[]; amount: bigint; kept: number; final: boolean; wish: boolean }
  | { do: 'end'; stale: boolean; second: boolean }

const rarely = fc.nat({ max: 7 }).map((n) => n === 0)
const second = fc.nat({ max: 3 }).map((n) => n === 0)
const above = fc.bigInt({ min: -3n, max: 60n })
const n = fc.integer({ min: 1, max: 12 })

export const sessionSteps: { weight: number; arbitrary: fc.Arbitrary<SessionStep> }[] = [
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('open'),
      above,
      nonce: fc.nat({ max: 3 }),
      old: rarely,
      long: rarely,
      deposit: fc.oneof({ weight: 3, arbitrary: fc.constant(0n) }, fc.bigInt({ min: 1n, max: 80n })),
      second,
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('raise'), above, stale: rarely, second }) },
  {
    weight: 9,
    arbitrary: fc.record({
      do: fc.constant('pay'),
      hold: fc.bigInt({ min: 1n, max: 6n }),
      above: fc.oneof({ weight: 2, arbitrary: fc.constant(0n) }, fc.bigInt({ min: 1n, max: 60n })),
      id: fc.nat({ max: 30 }),
      digest: fc.nat({ max: 6 }).map((each) => (each === 0 ? 1 : 0)),
      stale: rarely,
      perSecond: fc.constantFrom(0, 3, 5, 50),
      price: fc.bigInt({ min: 1n, max: 2n }),
      isolate: fc.nat({ max: 1 }),
      second,
      period: periods,
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('leased'),
      which: fc.nat({ max: 3 }),
      ns: fc.array(n, { maxLength: 4 }),
      amount: fc.bigInt({ min: 0n, max: 3n }),
      kept: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, n),
      final: fc.nat({ max: 3 }).map((each) => each === 0),
      wish: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('end'), stale: rarely, second }) },
] as { weight: number; arbitrary: fc.Arbitrary<SessionStep> }[]

/** What the isolate knows of a lease of its own. Immutable: a group that fails takes changes back. */
type Own = {
  readonly lease: Lease
  readonly channel: Channel
  readonly epoch: number
  readonly left: bigint
  readonly noted: ReadonlySet<number>
  readonly over: boolean
  /** The rules that it was granted under. */
  readonly sets: string
}

/** All that the callers of one group may have changed. */
type Draft = {
  readonly leases: ReadonlyMap<string, Own>
  readonly epochs: ReadonlyMap<Hex, number>
  readonly nonces: ReadonlySet<Hex>
  /** Stops that have ended sessions. */
  readonly frozen: ReadonlySet<string>
}

/** What the histories lend. */
export type World = {
  channels: readonly [Channel, Channel]
  book(): Book
  now(): number
  /** It stands when the group does. */
  said(what: () => void): void
  reach(what: string): void
  granted(
    id: string,
    command: Pick<Reserve, 'hold' | 'period'> & { requestId: string },
    keyVersion: number | undefined,
    /** Of its session; undefined: it was kept of a lease. */
    epoch: number | undefined,
  ): void
  leased(lease: Lease, channel: Channel): void
  deposit(id: string, channel: Channel): void
  guard(): Pick<GuardModel, 'isStopped' | 'sets' | 'granted'>
}

const wished = (isolate: number, perSecond: number, price: bigint) => ({
  isolate: `isolate-${isolate}`,
  perSecond,
  price,
})

export class SessionModel {
  readonly #world: World
  #stands: Draft = { leases: new Map(), epochs: new Map(), nonces: new Set(), frozen: new Set() }
  #draft = this.#stands

  constructor(world: World) {
    this.#world = world
  }

  commit(): void {
    this.#stands = this.#draft
  }

  rollback(): void {
    this.#draft = this.#stands
  }

  /** Sessions of every channel are over: the key was stopped. */
  stopped(): void {
    for (const { channelId } of this.#world.channels) {
      if (this.#world.book().view(channelId) !== undefined) this.#epoch(channelId, this.#epochOf(channelId) + 1)
    }
  }

  /**
   * After each step at the latest: a stop that froze the key has ended the sessions of its channels. Of a provider's stop, of those that
   * it served; whether also of the one that the stop was decided on is not known here.
   */
  look(): void {
    const { channels, stops } = this.#world.book().held
    for (const [id, { row }] of stops) {
      if (row.kind !== 'frozen' || this.#draft.frozen.has(id)) continue
      this.#draft = { ...this.#draft, frozen: new Set([...this.#draft.frozen, id]) }
      this.#world.reach(`frozen by ${row.scope}`)
      const provider = providerOf(row.scope)
      for (const [channelId, { providerId, epoch }] of channels) {
        const isOver = provider === undefined || provider === providerId
        this.#epoch(channelId, isOver ? this.#epochOf(channelId) + 1 : epoch)
      }
    }
  }

  /** A request that went on after its lease has failed for certain: its id stands for nothing any more. */
  freed(id: string): void {
    const [leaseId = '', number] = id.split('.')
    const own = this.#draft.leases.get(leaseId)
    if (own === undefined) return
    const noted = new Set(own.noted)
    noted.delete(Number(number))
    this.#lease(leaseId, { noted })
  }

  /** Time has passed. */
  ticked(): void {
    for (const [id, own] of this.#draft.leases) if (this.#isOver(own)) this.#lease(id, { over: true })
  }

  /** Up to when isolates may begin requests. */
  get leasedUntil(): number {
    const now = this.#world.now()
    const open = [...this.#draft.leases.values()].filter(({ over, lease }) => !over && lease.expiresAt > now)
    return open.reduce((until, { lease }) => Math.max(until, lease.expiresAt), 0)
  }

  /** What a request under a lease may cost at the most; undefined for ids of other kinds. */
  holdOf(id: string): bigint | undefined {
    return this.#stands.leases.get(id.split('.')[0]!)?.lease.perRequestMax
  }

  step(step: SessionStep): void {
    switch (step.do) {
      case 'open':
        return this.#open(step)
      case 'raise':
        return this.#raise(step)
      case 'pay':
        return this.#pay(step)
      case 'leased':
        return this.#leased(step)
      case 'end':
        return this.#end(step)
    }
  }

  /** After a commit: what is leased by the isolates' own sums is what the books hold for them. */
  audit(): void {
    const held = new Map(this.#world.book().held.leases)
    const open = [...this.#stands.leases.values()].filter(({ over }) => !over)
    expect(held.size, 'leases that are out').toBe(open.length)
    for (const { lease, left, channel, epoch } of open) {
      const own = { left, epoch, channelId: channel.channelId, count: lease.count, expiresAt: lease.expiresAt }
      expect(held.get(lease.id), 'I6: what is left of a lease is held').toMatchObject(own)
    }
    for (const { channelId } of this.#world.channels) {
      const numbers = this.#world.book().view(channelId)
      if (numbers === undefined) continue
      const mine = <T extends { channelId: Hex }>([, each]: [string, T]): boolean => each.channelId === channelId
      const { reservations, leases } = this.#world.book().held
      const holds = reservations.filter(mine).reduce((sum, [, { hold }]) => sum + hold, 0n)
      const slices = leases.filter(mine).reduce((sum, [, { left }]) => sum + left, 0n)
      expect(numbers.reserved, 'I7: reserved is what reservations and leases hold').toBe(holds + slices)
    }
  }

  /** What each lease has cost or holds, by its id, out of what each reservation has. */
  costs(byReservation: ReadonlyMap<string, bigint>): Map<string, bigint> {
    const costs = new Map([...this.#stands.leases].map(([id, { left, over }]) => [id, over ? 0n : left]))
    for (const [id, cost] of byReservation) {
      const [lease = '', number] = id.split('.')
      if (number !== undefined && costs.has(lease)) costs.set(lease, costs.get(lease)! + cost)
    }
    for (const [id, { lease }] of this.#stands.leases) {
      expect(costs.get(id)! <= lease.amount, 'a lease costs no more than its slice').toBe(true)
    }
    return costs
  }

  #open({ above: more, nonce: which, old, long, deposit, second: other }: Extract<SessionStep, { do: 'open' }>): void {
    const { channels, book, now, reach } = this.#world
    const channel = channels[other ? 1 : 0]
    const max = this.#base(channel) + more
    if (max < 0n) return
    const minute = Math.floor(now() / 60_000) - (old ? 1 : 0)
    const nonce = digestOf((minute % 1_000_000) * 10 + which)
    const command = channel.open(max, {
      nonce,
      nonceExpiresAt: (minute + 1) * 60_000,
      expiresAt: now() + (long ? 3_600_000 : 3_000),
      ...(deposit === 0n ? {} : { deposit: { amount: deposit } }),
    })
    const wasUsed = this.#draft.nonces.has(nonce)
    const reply = book().openSession(command, now())
    reach(reply.kind === 'refused' ? `open ${reply.code}` : `session ${reply.kind}`)
    if (old) expect(reply, 'a nonce that has expired').toMatchObject({ code: 'session_nonce_invalid' })
    else if (wasUsed) expect(reply, 'a nonce opens one session').toMatchObject({ code: 'session_nonce_used' })
    if (reply.kind === 'opened') {
      expect(old || wasUsed, 'a nonce opens one session').toBe(false)
      this.#draft = { ...this.#draft, nonces: new Set([...this.#draft.nonces, nonce]) }
    }
    this.#opened(reply, channel, max)
  }

  #raise({ above: more, stale, second: other }: Extract<SessionStep, { do: 'raise' }>): void {
    const { channels, book, now, reach } = this.#world
    const channel = channels[other ? 1 : 0]
    const max = this.#base(channel) + more
    if (max < 0n) return
    const epoch = this.#epochOf(channel.channelId) + (stale ? -1 : 0)
    const voucher = { max, signature: channel.signature(max) }
    const reply = book().raise({ ...channel.ask(epoch), voucher }, now())
    reach(`raise ${reply.kind}`)
    if (stale) expect(reply.kind, 'a session that is over raises nothing').toMatch(/^(refused|unknown_channel)$/)
    this.#opened(reply, channel, max)
  }

  #opened(reply: SessionOpened, channel: Channel, max: bigint): void {
    if (reply.kind === 'deposit') this.#world.said(() => this.#world.deposit(reply.depositId, channel))
    if (reply.kind !== 'opened') return
    expect(reply.epoch, 'the epoch that sessions are opened in').toBe(this.#epochOf(channel.channelId))
    expect(reply.accepted >= max, 'the voucher is accepted').toBe(true)
    expect(reply.room > 0n, 'a session opens with room').toBe(true)
    this.#isRoom(reply.room, channel)
  }

  #pay(step: Extract<SessionStep, { do: 'pay' }>): void {
    const { channels, book, now, said, reach } = this.#world
    const channel = channels[step.second ? 1 : 0]
    const epoch = this.#epochOf(channel.channelId) + (step.stale ? -1 : 0)
    const max = this.#base(channel) + step.above
    const named = [...this.#draft.leases.keys()].at(-1)
    const ids: Record<number, string> = { 4: named === undefined ? 'x' : requestIdOf({ id: named, n: 3 }) }
    for (let i = 0; i < 4; i++) ids[i] = `id-${i}`
    const requestId = ids[step.id]
    const command: SessionReserve = channel.pay(step.hold, {
      epoch,
      digest: digestOf(step.digest),
      ...(requestId === undefined ? {} : { requestId }),
      ...(step.above === 0n ? {} : { voucher: { max, signature: channel.signature(max) } }),
      ...(step.period === undefined ? {} : { period: step.period }),
      ...(step.perSecond === 0 ? {} : { lease: wished(step.isolate, step.perSecond, step.price) }),
    })
    const before = book().view(channel.channelId)?.reserved ?? 0n
    const reply = book().pay(command, now())
    reach(reply.kind === 'refused' ? `pay ${reply.code}` : `pay ${reply.kind}`)
    if (step.stale) expect(reply.kind, 'a session that is over pays for nothing').toMatch(/^(refused|unknown_channel)$/)
    if (reply.kind === 'short') this.#isRoom(reply.room, channel)
    if (reply.kind !== 'granted') return
    expect(requestId === undefined || !requestId.startsWith('ls_'), 'an id of a lease is not taken').toBe(true)
    this.#isRoom(reply.room, channel)
    this.#world.guard().granted(step.hold)
    const { lease, keyVersion } = reply
    const taken = step.hold + (lease?.amount ?? 0n)
    expect(book().view(channel.channelId)!.reserved - before, 'held').toBe(taken)
    expect(reply.position !== undefined, 'a position in the period').toBe(step.period !== undefined)
    said(() => this.#world.granted(reply.reservationId, command, keyVersion, epoch))
    if (lease !== undefined) this.#take(lease, channel, step.price, reply.room)
  }

  /** A lease was granted: it keeps to a quarter of what was left. */
  #take(lease: Lease, channel: Channel, price: bigint, room: bigint): void {
    const now = this.#world.now()
    this.#world.reach('lease')
    expect(lease.amount, 'count × price').toBe(BigInt(lease.count) * price)
    expect(lease.count >= 4 && lease.perRequestMax === price, 'for some requests').toBe(true)
    expect(room >= 3n * lease.amount, 'a quarter of the room').toBe(true)
    expect(lease.expiresAt > now && lease.expiresAt <= now + 5_000, 'for five seconds').toBe(true)
    const standing = this.#world.book().policy(now)
    if (standing !== undefined) {
      const { policy, usage } = standing
      expect(policy.spendCap - usage.spent - usage.reserved >= 3n * lease.amount, 'a quarter of the cap').toBe(true)
      expect(lease.expiresAt <= policy.expiry * 1_000, 'no longer than its key').toBe(true)
    }
    const epoch = this.#epochOf(channel.channelId)
    const { sets } = this.#world.guard()
    const own: Own = { lease, channel, epoch, left: lease.amount, noted: new Set(), over: false, sets }
    this.#draft = { ...this.#draft, leases: new Map([...this.#draft.leases, [lease.id, own]]) }
    this.#world.said(() => this.#world.leased(lease, channel))
  }

  #leased(step: Extract<SessionStep, { do: 'leased' }>): void {
    const { book, now, said, reach } = this.#world
    const known = [...this.#draft.leases.values()]
    const own = known.at(-1 - (step.which % (known.length || 1)))
    if (own === undefined) return
    const { lease, channel } = own
    const report: LeaseReport = {
      leaseId: lease.id,
      charges: step.ns.map((each) => ({ n: each, digest: digestOf(1), amount: step.amount, receipt: `r${each}` })),
      final: step.final,
      // What goes on beyond its lease is told with the end of it.
      ...(step.kept === 0 || !step.final
        ? {}
        : { kept: [{ n: step.kept, digest: digestOf(1), hold: lease.perRequestMax }] }),
      ...(step.wish ? { wish: wished(0, 5, lease.perRequestMax) } : {}),
    }
    const before = book().view(channel.channelId)!
    const { taken, kept, charged, left, noted } = expected(own, report, this.#isOver(own))
    const reply = book().leased(report, now())
    const after = book().view(channel.channelId)!
    reach(`lease report ${reply.kind}`)
    expect(reply.taken, 'requests that stand').toBe(taken)
    expect(after.spent - before.spent, 'I7: each request under a lease is charged once, and none too late').toBe(
      charged,
    )
    if (this.#isOver(own)) reach(step.ns.length > 0 ? 'lease report too late' : 'lease over')
    else if (taken > noted.size - own.noted.size) reach('lease report again')
    if (kept !== undefined) {
      reach('lease request kept')
      const id = requestIdOf({ id: lease.id, n: kept })
      said(() => this.#world.granted(id, { hold: lease.perRequestMax, requestId: id }, undefined, undefined))
    }
    const isOpen =
      !step.final &&
      !this.#isOver(own) &&
      now() < lease.expiresAt &&
      own.epoch === this.#epochOf(channel.channelId) &&
      own.sets === this.#world.guard().sets &&
      !this.#world.guard().isStopped &&
      lease.keyVersion === book().policy(now())?.policy.version
    expect(reply.kind, 'whether it goes on').toBe(isOpen ? 'open' : 'ended')
    if (step.final && !this.#isOver(own)) reach(left > 0n ? 'lease rest released' : 'lease used up')
    this.#lease(lease.id, { left, noted, over: this.#isOver(own) || step.final })
    if (reply.lease !== undefined) {
      expect(isOpen, 'only an open lease has a successor').toBe(true)
      reach('lease renewed')
      this.#take(reply.lease, channel, lease.perRequestMax, reply.room!)
    }
    this.#receipts(lease.id, channel)
  }

  /** What is said of requests under a lease, one that was reported and one that was not. */
  #receipts(id: string, channel: Channel): void {
    const own = this.#draft.leases.get(id)!
    const ask = (each: number) => ({
      ...channel.ask(this.#epochOf(channel.channelId)),
      requestId: requestIdOf({ id, n: each }),
    })
    const fresh = own.lease.count + 1
    const kind = own.over ? 'unknown' : 'in_flight'
    expect(this.#world.book().receipt(ask(fresh), this.#world.now()).kind, 'not reported').toBe(kind)
    for (const each of own.noted) {
      expect(this.#world.book().receipt(ask(each), this.#world.now()).kind, 'reported').not.toBe('unknown')
    }
  }

  #end({ stale, second: other }: Extract<SessionStep, { do: 'end' }>): void {
    const { channels, book, reach } = this.#world
    const { channelId, ask } = channels[other ? 1 : 0]
    const epoch = this.#epochOf(channelId)
    const reply = book().endSessions(ask(stale ? epoch - 1 : epoch))
    if (reply.kind === 'unknown_channel') return
    expect(reply, 'the next epoch').toMatchObject({ kind: 'ended', epoch: stale ? epoch : epoch + 1 })
    if (!stale) this.#epoch(channelId, epoch + 1)
    reach(`end ${stale}`)
  }

  #isRoom(room: bigint, { channelId }: Channel): void {
    const left = Ledger.room(this.#world.book().view(channelId)!)
    expect(room, 'the room that is told').toBe(left > 0n ? left : 0n)
  }

  #base({ channelId }: Channel): bigint {
    const numbers = this.#world.book().view(channelId)
    return numbers === undefined ? 0n : Ledger.base(numbers)
  }

  #isOver({ lease, over }: Own): boolean {
    return over || this.#world.now() >= lease.expiresAt + LEASE_GRACE_MS
  }

  #epochOf(channelId: Hex): number {
    this.look()
    return this.#draft.epochs.get(channelId) ?? 1
  }

  #epoch(channelId: Hex, epoch: number): void {
    this.#draft = { ...this.#draft, epochs: new Map([...this.#draft.epochs, [channelId, epoch]]) }
  }

  #lease(id: string, change: Partial<Own>): void {
    const own = this.#draft.leases.get(id)!
    this.#draft = { ...this.#draft, leases: new Map([...this.#draft.leases, [id, { ...own, ...change }]]) }
  }
}

/** What a report has to do, by the isolate's own sums. */
function expected(own: Own, { charges, kept = [] }: LeaseReport, isOver: boolean) {
  const noted = new Set(own.noted)
  let [taken, charged, left] = [0, 0n, own.left]
  let begun: number | undefined
  for (const each of [...charges, ...kept]) {
    const amount = 'hold' in each ? each.hold : each.amount
    const isKnown = noted.has(each.n)
    const fits = !isOver && each.n <= own.lease.count && amount <= own.lease.perRequestMax && amount <= left
    if (isKnown || fits) taken += 1
    if (isKnown || !fits) continue
    noted.add(each.n)
    left -= amount
    if ('hold' in each) begun = each.n
    else charged += amount
  }
  return { taken, charged, left, noted, kept: begun }
}
