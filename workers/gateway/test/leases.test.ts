import type { Hex } from '@pbstream/core/Hex'
import {
  LEASE_GRACE_MS,
  LEASE_MS,
  type Lease,
  type LeaseReply,
  type LeaseReport,
  type SessionReply,
  type SessionRoom,
} from '@pbstream/core/message/PaidSession'
import type { Report } from '@pbstream/core/message/Session'
import * as Wire from '@pbstream/core/session/Lease'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CallRate } from '../src/session/CallRate.ts'
import { GATHER_MS } from '../src/session/LeaseReports.ts'
import { LeaseBook, type LeaseKey, type Taken } from '../src/session/Leases.ts'

const START = 1_800_000_000_000
const CHANNEL: Hex = `0x${'c1'.repeat(32)}`
const key: LeaseKey = {
  session: 'a session',
  channelId: CHANNEL,
  epoch: 3,
  routeId: 'weather',
  rateVersion: 2,
  country: 'DE',
  place: '0123456789abcdef',
}
const digest = (n: number): Hex => `0x${n.toString(16).padStart(64, '0')}`

const standing: SessionRoom = {
  channel: {
    channelId: CHANNEL,
    balance: 1_000_000n,
    totalClaimed: 0n,
    chargedCumulative: 5_000n,
    withdrawRequestedAt: 0,
    refundNonce: 0n,
  },
  accepted: 900_000n,
  room: 895_000n,
}

/** An isolate with a clock of its own, before a session that takes what it is told. */
class World {
  now = START
  readonly calls: LeaseReport[][] = []
  readonly ended: Report[] = []
  reply: (report: LeaseReport) => LeaseReply = ({ charges, kept = [], final }) => ({
    kind: final ? 'ended' : 'open',
    taken: charges.length + kept.length,
    ...standing,
  })
  leased: ((reports: LeaseReport[]) => Promise<LeaseReply[]>) | undefined
  readonly book: LeaseBook
  #timers: { at: number; run: () => void }[] = []
  #leases = 0

  constructor() {
    this.book = new LeaseBook({
      now: () => this.now,
      isolate: 'isolate-1',
      wait: (ms) => new Promise((run) => this.#timers.push({ at: this.now + ms, run })),
      open: () => ({
        leased: async (_, reports) => {
          this.calls.push(structuredClone(reports))
          return (await this.leased?.(reports)) ?? reports.map(this.reply)
        },
      }),
      report: async (_, what) => {
        this.ended.push(what)
        return { done: true }
      },
    })
  }

  keep = (work: Promise<unknown>) => void work

  /** A lease as an answer to a strict payment brings it. */
  lease(more: Partial<Lease> = {}): Lease {
    const id = `ls_${String(++this.#leases).padStart(16, '0')}`
    const lease = { id, amount: 10_000n, count: 10, perRequestMax: 1_000n, expiresAt: this.now + LEASE_MS, ...more }
    const reply: SessionReply = { kind: 'granted', reservationId: 'r1', lease, ...standing }
    this.book.replied(key, reply, this.keep)
    return lease
  }

  take(lease: Lease, n: number, more: { key?: LeaseKey; id?: string; hold?: bigint; digest?: Hex } = {}): Taken {
    return this.book.take(
      more.key ?? key,
      {
        lease: Wire.encodeNamed(lease.id),
        requestId: more.id ?? `${lease.id}.${n}`,
        digest: more.digest ?? digest(n),
        hold: more.hold ?? 1_000n,
      },
      this.keep,
    )
  }

  /** Takes a number and is charged for it. */
  async pay(lease: Lease, n: number, amount = 1_000n, receipt?: string): Promise<void> {
    const taken = this.take(lease, n)
    if (taken.kind !== 'taken') throw new Error(`${n} was refused: ${taken.code}`)
    const reservationId = `${lease.id}.${n}`
    await taken.send({ kind: 'post', reservationId, amount, ...(receipt === undefined ? {} : { receipt }) })
  }

  async pass(ms: number): Promise<void> {
    const end = this.now + ms
    await settled()
    for (;;) {
      this.#timers.sort((a, b) => a.at - b.at)
      const [first] = this.#timers
      if (first === undefined || first.at > end) break
      this.#timers.shift()
      this.now = Math.max(this.now, first.at)
      first.run()
      await settled()
    }
    this.now = end
  }

  /** All charges that were reported, by lease and number, as often as they were. */
  get charged(): string[] {
    return this.calls.flat().flatMap(({ leaseId, charges }) => charges.map(({ n }) => `${leaseId}.${n}`))
  }
}

async function settled(): Promise<void> {
  for (let i = 0; i < 50; i++) await Promise.resolve()
}

const code = (taken: Taken) => (taken.kind === 'refused' ? taken.code : taken.kind)

describe('a call that names a lease', () => {
  it('is served once by its number; the same again is told how it stands, another request that it is another', async () => {
    const world = new World()
    const lease = world.lease()
    const first = world.take(lease, 1)
    expect(code(first)).toBe('taken')
    expect(code(world.take(lease, 1))).toBe('request_in_flight')
    expect(code(world.take(lease, 1, { digest: digest(99) }))).toBe('request_id_mismatch')
    if (first.kind !== 'taken') return
    await first.send({ kind: 'post', reservationId: `${lease.id}.1`, amount: 1_000n, receipt: 'a receipt' })
    expect(world.take(lease, 1)).toEqual({ kind: 'refused', code: 'request_id_used', receipt: 'a receipt' })
    expect(code(world.take(lease, 1, { digest: digest(99) }))).toBe('request_id_mismatch')
    await world.pass(LEASE_MS)
    expect(world.charged).toEqual([`${lease.id}.1`])
  })

  it('is served within the slice only: its amount, count, most for one and time', async () => {
    const world = new World()
    const small = world.lease({ amount: 2_500n })
    expect(code(world.take(small, 11))).toBe('lease_elsewhere')
    expect(code(world.take(small, 1, { hold: 1_001n }))).toBe('lease_elsewhere')
    expect([1, 2, 3].map((n) => code(world.take(small, n)))).toEqual(['taken', 'taken', 'lease_elsewhere'])
    expect(code(world.take(small, 4, { hold: 500n }))).toBe('taken')
    const other = world.lease()
    world.now = other.expiresAt
    expect(code(world.take(other, 1))).toBe('lease_elsewhere')
  })

  it('is not served from a lease of another isolate, route, card, epoch, channel, country or place, or under another id', () => {
    const world = new World()
    const lease = world.lease()
    const elsewhere = (taken: Taken) => expect(taken).toEqual({ kind: 'refused', code: 'lease_elsewhere' })
    elsewhere(new World().take(lease, 1))
    elsewhere(world.take(lease, 1, { key: { ...key, routeId: 'news' } }))
    elsewhere(world.take(lease, 1, { key: { ...key, rateVersion: 3 } }))
    elsewhere(world.take(lease, 1, { key: { ...key, epoch: 4 } }))
    elsewhere(world.take(lease, 1, { key: { ...key, channelId: `0x${'c2'.repeat(32)}` } }))
    elsewhere(world.take(lease, 1, { key: { ...key, session: 'another' } }))
    elsewhere(world.take(lease, 1, { key: { ...key, country: 'FR' } }))
    elsewhere(world.take(lease, 1, { key: { ...key, country: '' } }))
    elsewhere(world.take(lease, 1, { key: { ...key, place: 'fedcba9876543210' } }))
    elsewhere(world.take(lease, 1, { id: 'order-1' }))
    elsewhere(world.take(lease, 1, { id: `ls_${'9'.repeat(16)}.1` }))
    elsewhere(world.take(lease, 1, { id: `${lease.id}.0` }))
    expect(code(world.take(lease, 1))).toBe('taken')
  })

  it('that is void gives its hold back; its number too, if the upstream has definitely done nothing', async () => {
    const world = new World()
    const lease = world.lease({ amount: 1_400n })
    const failed = async (n: number, freesId: boolean) => {
      const taken = world.take(lease, n)
      expect(code(taken)).toBe('taken')
      if (taken.kind === 'taken') await taken.send({ kind: 'void', reservationId: `${lease.id}.${n}`, freesId })
    }
    await failed(1, true)
    await failed(1, false)
    expect(world.take(lease, 1)).toEqual({ kind: 'refused', code: 'request_id_used' })
    await world.pay(lease, 2, 400n)
    expect(code(world.take(lease, 3))).toBe('taken')
    await world.pass(LEASE_MS)
    expect(world.charged).toEqual([`${lease.id}.2`])
  })

  it('is never charged above its hold', async () => {
    const world = new World()
    const lease = world.lease()
    await world.pay(lease, 1, 9_000n)
    await world.pass(GATHER_MS)
    expect(world.calls[0]?.[0]?.charges).toEqual([{ n: 1, digest: digest(1), amount: 1_000n, at: START }])
  })
})

describe('what was charged is reported', () => {
  it('together, a second after the first, and the end at the expiry', async () => {
    const world = new World()
    const lease = world.lease({ amount: 100_000n, count: 100 })
    for (let n = 1; n <= 10; n++) await world.pay(lease, n)
    await world.pass(GATHER_MS - 1)
    expect(world.calls).toHaveLength(0)
    await world.pass(1)
    expect(world.calls).toHaveLength(1)
    expect(world.calls[0]?.[0]).toMatchObject({ leaseId: lease.id, final: false })
    expect(world.calls[0]?.[0]?.charges).toHaveLength(10)
    await world.pay(lease, 11)
    await world.pass(LEASE_MS)
    expect(world.calls.flat().filter(({ final }) => final)).toHaveLength(1)
    expect(new Set(world.charged).size).toBe(11)
    expect(world.charged).toHaveLength(11)
  })

  it('at once when half of the slice waits', async () => {
    const world = new World()
    const lease = world.lease({ amount: 100_000n, count: 100 })
    for (let n = 1; n <= 50; n++) await world.pay(lease, n)
    await settled()
    expect(world.charged).toHaveLength(50)
  })

  it('in the order in which they began, with their times', async () => {
    const world = new World()
    const lease = world.lease()
    const began = [1, 2, 3].map((n) => {
      world.now = START + n
      return world.take(lease, n)
    })
    for (const taken of began.toReversed()) {
      if (taken.kind === 'taken') await taken.send({ kind: 'post', reservationId: 'r', amount: 1_000n })
    }
    await world.pass(GATHER_MS)
    expect(world.calls.flat().flatMap(({ charges }) => charges.map(({ n, at }) => [n, at]))).toEqual([
      [1, START + 1],
      [2, START + 2],
      [3, START + 3],
    ])
  })

  it('with how many of them the upstream has failed, and not with those that the caller got wrong', async () => {
    const world = new World()
    const lease = world.lease()
    const drop = async (n: number, more: { failed?: true }) => {
      const taken = world.take(lease, n)
      if (taken.kind === 'taken') await taken.send({ kind: 'void', reservationId: 'r', freesId: false, ...more })
    }
    await drop(1, { failed: true })
    await drop(2, {})
    await world.pay(lease, 3)
    await world.pass(GATHER_MS)
    expect(world.calls.flat().map(({ failed }) => failed)).toEqual([1])
    await drop(4, { failed: true })
    await world.pass(LEASE_MS)
    expect(world.calls.flat().map(({ failed, final }) => [failed, final])).toEqual([
      [1, false],
      [2, true],
    ])
  })

  it('with the end at once when nothing more fits, so that the rest comes back', async () => {
    const world = new World()
    const lease = world.lease({ amount: 4_500n, count: 4 })
    for (let n = 1; n <= 4; n++) await world.pay(lease, n)
    await settled()
    expect(world.calls.flat().at(-1)).toMatchObject({ leaseId: lease.id, final: true })
    expect(world.charged).toHaveLength(4)
  })

  it('again until it has arrived, with all that was charged', async () => {
    const world = new World()
    const lease = world.lease({ amount: 100_000n, count: 100 })
    let failures = 0
    world.leased = async (reports) => {
      if (++failures <= 9) throw new Error('reset')
      return reports.map(world.reply)
    }
    for (let n = 1; n <= 3; n++) await world.pay(lease, n)
    await world.pass(LEASE_MS + LEASE_GRACE_MS / 2)
    const last = world.calls.at(-1)?.[0]
    expect(last?.final).toBe(true)
    expect(last?.charges.map(({ n }) => n).toSorted((a, b) => a - b)).toEqual([1, 2, 3])
    const calls = world.calls.length
    await world.pass(LEASE_GRACE_MS)
    expect(world.calls).toHaveLength(calls)
  })

  it('by another request when the one that was to send it is not heard of again', async () => {
    const world = new World()
    const lease = world.lease({ amount: 100_000n, count: 100, expiresAt: START + 60_000 })
    world.leased = () => new Promise(() => {})
    await world.pay(lease, 1)
    await world.pass(GATHER_MS)
    expect(world.calls).toHaveLength(1)
    world.leased = undefined
    await world.pass(5_000)
    await world.pay(lease, 2)
    await world.pass(GATHER_MS)
    expect(world.calls).toHaveLength(2)
    expect(world.calls[1]?.[0]?.charges.map(({ n }) => n)).toEqual([1, 2])
  })

  it('no longer when nobody takes it any more', async () => {
    const world = new World()
    const lease = world.lease()
    world.leased = async () => {
      throw new Error('away')
    }
    await world.pay(lease, 1)
    await world.pass(LEASE_MS + LEASE_GRACE_MS + 10_000)
    const calls = world.calls.length
    await world.pass(60_000)
    expect(world.calls).toHaveLength(calls)
    expect(code(world.take(lease, 2))).toBe('lease_elsewhere')
  })
})

describe('a lease that has ended', () => {
  it('by its session begins nothing more; what was begun is kept, and ends as a reservation of its own', async () => {
    const world = new World()
    const lease = world.lease({ amount: 100_000n, count: 100 })
    const running = world.take(lease, 1)
    world.reply = ({ charges, kept = [] }) => ({ kind: 'ended', taken: charges.length + kept.length, ...standing })
    await world.pay(lease, 2)
    await world.pass(GATHER_MS)
    expect(code(world.take(lease, 3))).toBe('lease_elsewhere')
    expect(world.book.header(key)).toBeUndefined()
    expect(world.calls.flat().at(-1)).toMatchObject({ final: true, kept: [{ n: 1, digest: digest(1), hold: 1_000n }] })
    const post = { kind: 'post', reservationId: `${lease.id}.1`, amount: 700n } as const
    if (running.kind === 'taken') await running.send(post)
    expect(world.ended).toEqual([post])
  })

  it('by its time keeps a slow call, which is reported after the session knows of it', async () => {
    const world = new World()
    const lease = world.lease()
    const slow = world.take(lease, 1)
    let isUp = false
    world.leased = async (reports) => {
      if (!isUp) throw new Error('away')
      return reports.map(world.reply)
    }
    await world.pass(LEASE_MS)
    const post = { kind: 'post', reservationId: `${lease.id}.1`, amount: 1_000n } as const
    if (slow.kind === 'taken') void slow.send(post)
    await world.pass(2_000)
    expect(world.ended).toEqual([])
    isUp = true
    await world.pass(5_000)
    expect(world.calls.at(-1)?.[0]).toMatchObject({ final: true, charges: [], kept: [{ n: 1 }] })
    expect(world.ended).toEqual([post])
  })
})

describe('a lease is asked for', () => {
  it('when a caller comes often enough on one route, once a second until there is one', async () => {
    const world = new World()
    const { book } = world
    expect(book.wish(key, 1_000n)).toBeUndefined()
    expect(book.wish(key, 1_000n)).toEqual({ isolate: 'isolate-1', perSecond: 2, price: 1_000n })
    expect(book.wish(key, 1_000n)).toBeUndefined()
    expect(book.wish({ ...key, routeId: 'news' }, 1_000n)).toBeUndefined()
    world.now += 1_000
    expect(book.wish(key, 1_000n)?.perSecond).toBe(4)
    world.lease()
    world.now += 1_000
    expect(book.wish(key, 1_000n)).toBeUndefined()
  })

  it('not for what costs nothing, and not by who calls now and then', () => {
    const world = new World()
    for (let i = 0; i < 5; i++) expect(world.book.wish(key, 0n)).toBeUndefined()
    const other = { ...key, routeId: 'news' }
    for (let i = 0; i < 5; i++) {
      world.now += 3_000
      expect(world.book.wish(other, 1_000n)).toBeUndefined()
    }
  })

  it('no more for a while when its caller goes on without naming it', async () => {
    const world = new World()
    world.lease()
    for (let i = 0; i < 10; i++) {
      await world.pass(400)
      world.book.wish(key, 1_000n)
    }
    await world.pass(LEASE_MS)
    for (let i = 0; i < 5; i++) expect(world.book.wish(key, 1_000n)).toBeUndefined()
    world.now += 30_000
    world.book.wish(key, 1_000n)
    expect(world.book.wish(key, 1_000n)).toBeDefined()
  })

  it('ahead of the end, with a report: a steady caller is told of the next while the last one lasts', async () => {
    const world = new World()
    const first = world.lease({ amount: 20_000n, count: 20 })
    const next: Lease = {
      id: `ls_${'n'.repeat(16)}`,
      amount: 20_000n,
      count: 20,
      perRequestMax: 1_000n,
      expiresAt: START + 8_000,
    }
    world.reply = ({ charges, wish }) => ({
      kind: 'open',
      taken: charges.length,
      ...standing,
      ...(wish === undefined ? {} : { lease: next }),
    })
    for (let n = 1; n <= 11; n++) await world.pay(first, n)
    await settled()
    expect(world.calls.flat().find(({ wish }) => wish !== undefined)?.wish).toMatchObject({ price: 1_000n })
    expect(world.book.header(key)).toContain(first.id)
    for (let n = 12; n <= 18; n++) await world.pay(first, n)
    await settled()
    expect(world.book.header(key)).toBe(`"${next.id}";expires=${(START + 8_000) / 1_000};count=20`)
    await world.pay(first, 19)
    expect(code(world.take(next, 1))).toBe('taken')
    // What is left of the first goes back when callers have had time to hear of the next.
    world.now += 1_000
    await world.pay(next, 2)
    expect(code(world.take(first, 20))).toBe('lease_elsewhere')
    await settled()
    expect(world.calls.flat().find(({ leaseId, final }) => final && leaseId === first.id)).toBeDefined()
  })
})

it('calls a second are those of now and of just before', () => {
  const rate = new CallRate()
  for (let i = 0; i < 10; i++) rate.hit(START + 100 * i)
  expect(rate.perSecond(START + 900)).toBe(10)
  expect(rate.perSecond(START + 1_500)).toBe(5)
  expect(rate.perSecond(START + 2_500)).toBe(0)
})

it('whatever happens, each number is charged once, never above the slice, and all of it arrives', async () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('take' as const), n: fc.integer({ min: 1, max: 12 }) }),
    fc.record({ kind: fc.constant('post' as const), amount: fc.bigInt({ min: 0n, max: 1_200n }) }),
    fc.record({ kind: fc.constant('void' as const), freesId: fc.boolean() }),
    fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 700 }) }),
    fc.record({ kind: fc.constant('network' as const), works: fc.boolean() }),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const world = new World()
      const lease = world.lease({ amount: 6_000n })
      const running: { n: number; taken: Extract<Taken, { kind: 'taken' }> }[] = []
      const expected = new Map<number, bigint>()
      const late = new Set<number>()
      for (const each of steps) {
        if (each.kind === 'take') {
          const taken = world.take(lease, each.n)
          if (taken.kind !== 'taken') continue
          expect(world.now).toBeLessThan(lease.expiresAt)
          expect(running.some(({ n }) => n === each.n) || expected.has(each.n)).toBe(false)
          running.push({ n: each.n, taken })
        } else if (each.kind === 'pass') await world.pass(each.ms)
        else if (each.kind === 'network') {
          world.leased = each.works
            ? undefined
            : async () => {
                throw new Error('away')
              }
        } else {
          const call = running.shift()
          if (call === undefined) continue
          const reservationId = `${lease.id}.${call.n}`
          const isKept = world.now >= lease.expiresAt
          if (isKept) late.add(call.n)
          if (each.kind === 'void') void call.taken.send({ kind: 'void', reservationId, freesId: each.freesId })
          else {
            void call.taken.send({ kind: 'post', reservationId, amount: each.amount })
            if (!isKept) expected.set(call.n, each.amount < 1_000n ? each.amount : 1_000n)
          }
        }
      }
      world.leased = undefined
      await world.pass(LEASE_MS + LEASE_GRACE_MS)
      const reported = new Map(
        world.calls.flat().flatMap(({ charges }) => charges.map(({ n, amount }) => [n, amount] as const)),
      )
      expect(reported).toEqual(expected)
      expect([...reported.values()].reduce((sum, each) => sum + each, 0n)).toBeLessThanOrEqual(lease.amount)
      expect(world.ended.map((each) => each.reservationId)).toHaveLength(late.size)
    }),
    { numRuns: 200 },
  )
})
