/**
 * Hosts the real `Book` as `StreamSession` does: groups of calls, one write, then replies and messages; an alarm; a
 * restart from what was written. Every place where a process can die between two of these is a fault.
 */
import type { Report, Reserve, ReserveReply } from '@pbstream/core/message/Session'
import { assertValid } from '@pbstream/core/Ledger'
import { Book, EVENTS_MS } from '@pbstream/stream-session/Book'
import { Disk } from './Disk.ts'
import type { World } from './World.ts'

/** `failed`: nobody knows whether it was written. */
export type Job = { apply(book: Book, now: number): void; settle(): void; failed(): void }

const AGAIN_MS = 5_000
const ROWS_MAX = 100

export class Session {
  readonly disk = new Disk()
  book: Book
  readonly #world: World
  #jobs: Job[] = []
  readonly #waiting = new Map<number, { reply(reply: ReserveReply): void; failed(): void }>()
  #tickets = 0
  #asleep = false
  #gathering = false
  /** What the reports of this group have freed; it counts when the group is written. */
  readonly #freed: string[] = []

  constructor(world: World) {
    this.#world = world
    this.book = this.#load()
  }

  /** Unix milliseconds by the clock of the machine that the object is on. */
  get now(): number {
    return this.#world.now + this.#world.skew
  }

  /** Calls made within `work` are one group. */
  together(work: () => void): void {
    this.#gathering = true
    try {
      work()
    } finally {
      this.#gathering = false
    }
    this.#commitAll()
  }

  call(job: Job): void {
    this.#jobs.push(job)
    if (!this.#gathering) this.#commitAll()
  }

  reserve(command: Reserve, reply: (reply: ReserveReply) => void, failed: () => void): void {
    const ticket = ++this.#tickets
    this.#waiting.set(ticket, { reply, failed })
    this.call({
      apply: (book, now) => book.reserve(ticket, command, now),
      settle: () => undefined,
      failed: () => {
        this.#waiting.delete(ticket)
        failed()
      },
    })
  }

  report(report: Report, settled: (done: boolean) => void, failed: () => void): void {
    let done = false
    this.call({
      apply: (book, now) => {
        done = book.report(report, now).done
        if (done && report.kind === 'void' && report.freesId) this.#freed.push(report.reservationId)
      },
      settle: () => settled(done),
      failed,
    })
  }

  /** Rises with every change of any channel. */
  get revision(): number {
    let sum = 0
    for (const { channel } of this.disk.channels.values()) sum += channel.revision
    return sum
  }

  get waiting(): number {
    return this.#waiting.size
  }

  /** The process dies. Whoever waits gets an error; whatever was not written never was. */
  crash(): void {
    this.#world.reach('crash')
    const jobs = this.#jobs.splice(0)
    const waiting = [...this.#waiting.values()]
    this.#waiting.clear()
    this.#freed.length = 0
    this.#world.moved()
    this.book = this.#load()
    this.#arm(this.book.dueAt(this.now))
    for (const { failed } of waiting) failed()
    for (const { failed } of jobs) failed()
  }

  /** The alarm failed six times and is gone, and so is the process. The next call wakes the object. */
  sleep(): void {
    this.crash()
    this.disk.alarmAt = undefined
    this.#asleep = true
  }

  get alarmDue(): boolean {
    return this.disk.alarmAt !== undefined && this.disk.alarmAt <= this.now
  }

  /** The timer that ends turns; it is in memory, and goes with the process. */
  get turnDueAt(): number | undefined {
    return this.book.turnDueAt
  }

  lapse(): void {
    this.call({ apply: (book, now) => book.lapse(now), settle: () => undefined, failed: () => undefined })
  }

  alarm(): void {
    this.disk.alarmAt = undefined
    const alive = { failed: false }
    this.call({
      apply: (book, now) => book.tick(now),
      settle: () => undefined,
      failed: () => (alive.failed = true),
    })
    if (!alive.failed) alive.failed = !this.#sendEvents()
    const due = this.book.dueAt(this.now)
    if (alive.failed || due !== undefined) {
      this.#arm(Math.max(due ?? 0, this.now + (alive.failed ? AGAIN_MS : EVENTS_MS)))
    }
  }

  #sendEvents(): boolean {
    const { journal } = this.disk
    const { sent, news, told } = this.book.positions
    // What Sentinel tells goes with the rows; the events of the simulator are about money.
    if (news > told) this.call({ apply: (book) => book.told(news), settle: () => undefined, failed: () => undefined })
    if (journal.length <= sent) return true
    const rows = journal.slice(sent, sent + ROWS_MAX)
    if (!this.#world.events.send(rows, this.book)) return false
    const last = rows.at(-1)!.seq
    let ok = true
    this.call({ apply: (book) => book.sent(last), settle: () => undefined, failed: () => (ok = false) })
    return ok
  }

  #commitAll(): void {
    while (this.#jobs.length > 0) this.#commit()
  }

  #commit(): void {
    const world = this.#world
    if (this.#asleep) {
      this.#asleep = false
      this.#arm(this.book.dueAt(this.now))
    }
    if (world.faults.hit('crashBeforeWrite')) return this.crash()
    const jobs = this.#jobs
    this.#jobs = []
    const { book, now } = this
    for (const job of jobs) job.apply(book, now)
    const changes = world.plant.write?.(book.changes()) ?? book.changes()
    if (world.faults.hit('diskThrows')) {
      book.rollback()
      book.commit()
      this.#freed.length = 0
      for (const job of jobs) job.failed()
      return this.#arm(now + AGAIN_MS)
    }
    if (world.plant.repliesEarly === true && world.faults.hit('crashBeforeReply')) {
      this.#answer(book.commit().replies)
      this.#jobs = jobs
      return this.crash()
    }
    this.disk.write(changes)
    world.oracle.committed(changes, this.disk, this.#freed, world.now, now)
    this.#freed.length = 0
    if (world.faults.hit('crashBeforeReply')) {
      this.#jobs = [...jobs, ...this.#jobs]
      return this.crash()
    }
    const { replies, claims } = book.commit()
    this.#arm(book.changesDueAt(changes, now))
    this.#answer(replies)
    for (const job of jobs) job.settle()
    for (const claim of claims) {
      if (world.settlement.enqueue(claim)) continue
      this.call({ apply: (b, at) => b.unsent([claim.channelId], at), settle: () => undefined, failed: () => undefined })
    }
  }

  #answer(replies: readonly [number, ReserveReply][]): void {
    for (const [ticket, reply] of replies) {
      const waiting = this.#waiting.get(ticket)
      this.#waiting.delete(ticket)
      waiting?.reply(reply)
    }
  }

  #arm(at: number | undefined): void {
    const { disk } = this
    if (at !== undefined && (disk.alarmAt === undefined || at < disk.alarmAt)) disk.alarmAt = at
  }

  #load(): Book {
    const { disk } = this
    const world = this.#world
    const loaded = world.plant.load?.(disk.load()) ?? disk.load()
    for (const [, { channel }] of loaded.channels) assertValid(channel)
    const ports = {
      reader: world.plant.reader?.(disk) ?? disk,
      id: () => world.id(),
      dropped: (error: unknown) => {
        throw error
      },
    }
    const book = new Book(loaded, ports, world.settings)
    world.plant.book?.(book)
    return book
  }
}
