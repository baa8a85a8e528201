import type { ReserveReply } from '@pbstream/core/message/Session'
import type { ClaimMessage } from '@pbstream/core/message/Settlement'
import { describe, expect, test } from 'vitest'
import {
  OfficialClient,
  type Outcome,
  type Payment,
  type Reply,
  type Server,
  World,
} from '../../../core/test/Simulation.ts'
import { Book } from '../src/Book.ts'
import { channelOf } from './fixtures.ts'

/** The books behind a gateway and a settlement that do what they should, in virtual time. */
class Simulated implements Server {
  readonly #world: World
  readonly #channel = channelOf(55)
  readonly #book: Book
  readonly #waiting = new Map<number, (reply: ReserveReply) => void>()
  #tickets = 0
  #ids = 0
  claims = 0
  bare = 0

  constructor(world: World) {
    this.#world = world
    const reader = {
      ...{ request: () => undefined, answer: () => undefined, nonce: () => undefined, decision: () => undefined },
      memory: { state: () => undefined, log: () => [] },
    }
    const dropped = (error: unknown): never => {
      throw error
    }
    const nothing = {
      session: undefined,
      policy: undefined,
      ...{ channels: [], reservations: [], leases: [], deposits: [], counts: [] },
      ...{ sets: [], scopes: [], snoozes: [], stops: [], failures: [] },
      ...{ seq: 0, sent: 0, decisions: 0, news: 0, told: 0 },
    }
    const settings = { settleAmount: 400n, settleCount: 9, settleAgeMs: 60_000, minDeposit: 0n }
    this.#book = new Book(nothing, { reader, dropped, id: () => `n${++this.#ids}` }, settings)
  }

  get numbers() {
    return this.#book.view(this.#channel.channelId)!
  }

  reserve(payment: Payment, reply: (reply: Reply) => void): void {
    const { callId, max, hold, deposit } = payment
    const command = this.#channel.reserve(max, hold, {
      callId,
      ...(deposit === undefined ? {} : { deposit: { amount: deposit } }),
    })
    const ticket = ++this.#tickets
    this.#waiting.set(ticket, (said) => {
      switch (said.kind) {
        case 'granted':
          return reply({ kind: 'granted', reservationId: said.reservationId, charged: said.channel.chargedCumulative })
        case 'deposit':
          return reply(said)
        case 'corrective':
          if (said.channel === undefined) this.bare += 1
          return reply({ kind: 'corrective', charged: said.channel?.chargedCumulative })
        case 'unknown_channel':
          return this.#world.after(7, () => {
            this.#do(() => this.#book.acknowledge(this.#channel.observed(this.#world.balance), this.#now))
            this.reserve(payment, reply)
          })
        default:
          return reply({ kind: 'refused', code: said.kind === 'refused' ? said.code : said.kind })
      }
    })
    this.#do(() => this.#book.reserve(ticket, command, this.#now))
  }

  end(reservationId: string, amount: bigint | undefined): void {
    const ended =
      amount === undefined ? ({ kind: 'void', freesId: true } as const) : ({ kind: 'post', amount } as const)
    this.#do(() => this.#book.report({ ...ended, reservationId }, this.#now))
  }

  deposited(depositId: string, amount: bigint): void {
    this.#do(() => this.#book.acknowledge(this.#channel.deposit(depositId, amount, 'mined'), this.#now))
    this.#world.after(20_000, () => {
      this.#do(() => this.#book.acknowledge(this.#channel.deposit(depositId, amount, 'confirmed'), this.#now))
    })
  }

  get #now(): number {
    return 1_000_000_000_000 + this.#world.now
  }

  #do(command: () => void): void {
    command()
    const { replies, claims } = this.#book.commit()
    this.#book.sent(this.#book.positions.seq)
    for (const [ticket, reply] of replies) this.#waiting.get(ticket)!(reply)
    for (const claim of claims) this.#claim(claim)
    const due = Math.min(this.#book.turnDueAt ?? Infinity, this.#book.dueAt(this.#now) ?? Infinity)
    if (due === Infinity || due === this.#wakesAt) return
    this.#wakesAt = due
    this.#world.after(Math.max(0, due - this.#now), () => {
      if (this.#wakesAt === due) this.#do(() => this.#book.tick(this.#now))
    })
  }

  #wakesAt = 0

  /** Settled in the next block, known to be final a second later. */
  #claim({ total }: ClaimMessage): void {
    this.claims += 1
    this.#world.after(1_500, () => {
      if (BigInt(total) > this.#world.claimed) this.#world.claimed = BigInt(total)
    })
    this.#world.after(2_500, () => {
      this.#do(() => this.#book.acknowledge(this.#channel.claim(BigInt(total), 'confirmed'), this.#now))
    })
  }
}

const count = (outcomes: Outcome[], outcome: Outcome): number => outcomes.filter((each) => each === outcome).length

describe('the official client, unmodified, against the books', () => {
  for (const seed of [1, 2, 3, 4, 5, 6]) {
    test(`100 parallel cold calls all succeed with one deposit (seed ${seed})`, async () => {
      const world = new World(seed)
      const server = new Simulated(world)
      const client = new OfficialClient(world, server, 1_000n)
      const calls = Array.from({ length: 100 }, () => client.call({ max: 7n, charge: 7n, fails: false }))
      await world.run()
      expect(count(await Promise.all(calls), 'paid')).toBe(100)
      expect(world.deposits).toBe(1)
      expect(server.numbers).toMatchObject({ spent: 700n, reserved: 0n })
    })

    test(`450 mixed calls with claims going on: no payment fails and the sums agree (seed ${seed})`, async () => {
      const world = new World(seed)
      const server = new Simulated(world)
      const client = new OfficialClient(world, server, 2_000n)
      const calls: Promise<Outcome>[] = []
      let charged = 0n
      for (let i = 0; i < 450; i++) {
        const max = world.random() < 0.5 ? 10n : 35n
        const charge = BigInt(Math.floor(world.random() * (Number(max) + 1)))
        const fails = world.random() < 0.2
        if (!fails) charged += charge
        world.after(world.random() * 30_000, () => calls.push(client.call({ max, charge, fails })))
      }
      await world.run()
      const outcomes = await Promise.all(calls)
      expect(count(outcomes, 'payment_failed')).toBe(0)
      expect(outcomes).toHaveLength(450)
      expect(server.numbers).toMatchObject({ spent: charged, reserved: 0n, provisional: 0n })
      expect(server.claims).toBeGreaterThan(5)
      expect(server.numbers.claimed).toBe(server.numbers.settled)
    })

    test(`bursts with pauses for claims between them: no payment fails (seed ${seed})`, async () => {
      const world = new World(seed)
      const server = new Simulated(world)
      const client = new OfficialClient(world, server, 2_000n)
      const calls: Promise<Outcome>[] = []
      for (let burst = 0; burst < 40; burst++) {
        world.after(15_000 * burst, () => {
          for (let i = 0; i < 3 + Math.floor(world.random() * 8); i++) {
            const charge = BigInt(Math.floor(world.random() * 36))
            calls.push(client.call({ max: 35n, charge, fails: false }))
          }
        })
      }
      await world.run()
      expect(count(await Promise.all(calls), 'payment_failed')).toBe(0)
      expect(server.claims).toBeGreaterThan(10)
    })
  }
})
