import { describe, expect, test } from 'vitest'
import type { Hex } from '../src/Hex.ts'
import * as Ledger from '../src/Ledger.ts'
import * as Turn from '../src/Turn.ts'
import { OfficialClient, type Outcome, type Payment, type Reply, type Server, World } from './Simulation.ts'

type Call = Turn.Call & { readonly payment: Payment; reply(reply: Reply): void }

/** A StreamSession in small: one channel, its turns, a timer. */
class Small implements Server {
  readonly #world: World
  channel: Ledger.Channel
  turn: Turn.Turn<Call> = Turn.idle
  readonly #holds = new Map<string, bigint>()
  readonly #corrected = new Set<string>()
  parkedMost = 0
  served = 0

  constructor(world: World, balance = 0n) {
    this.#world = world
    const zero: Hex = `0x${'0'.repeat(40)}`
    const config = { payer: zero, payerAuthorizer: zero, receiver: zero, receiverAuthorizer: zero, token: zero }
    this.channel = Ledger.open({
      channelId: zero,
      config: { ...config, withdrawDelay: 900, salt: zero },
      balance,
      totalClaimed: 0n,
      withdrawRequestedAt: 0,
      refundNonce: 0n,
    })
    world.balance = balance
  }

  reserve(payment: Payment, reply: (reply: Reply) => void): void {
    const { callId: name, max, deposit } = payment
    const depositId = `deposit-${this.#world.now}-${name}`
    this.#offer({ name, anonymous: name === '', max, payment, reply, ...(deposit === undefined ? {} : { depositId }) })
  }

  end(reservationId: string, amount: bigint | undefined): void {
    const result = Ledger.post(this.channel, this.#holds.get(reservationId)!, amount ?? 0n)
    if ('channel' in result) this.channel = result.channel
  }

  deposited(depositId: string, amount: bigint): void {
    this.channel = Ledger.depositMined(this.channel, amount)
    if (this.turn.holder?.depositId === depositId) this.#take(Turn.mined(this.turn, this.#world.now))
  }

  #offer(call: Call): void {
    this.#take(Turn.offer(Turn.lapse(this.turn, this.#world.now, this.#port), call, this.#world.now, this.#port))
  }

  #take(turn: Turn.Turn<Call>): void {
    this.turn = turn
    this.parkedMost = Math.max(this.parkedMost, turn.parked.length)
    if (turn.holder === undefined) return
    const { until } = turn.holder
    this.#world.after(until - this.#world.now, () => this.#take(Turn.lapse(this.turn, this.#world.now, this.#port)))
  }

  readonly #port: Turn.Port<Call> = {
    judge: ({ payment, name }, asked) => {
      const { max, hold, deposit } = payment
      const short = max > Ledger.funds(this.channel)
      const worth = Ledger.judge(this.channel, max, hold, asked)
      const verdict = worth === 'stale' ? 'stale' : short ? (deposit === undefined ? 'stale' : 'deposit') : 'right'
      const needed = Ledger.base(this.channel) + hold
      const isPublic = Ledger.isPublic(this.channel, max)
      return { verdict, asked: needed, isPublic, corrected: this.#corrected.has(name) }
    },
    act: (call, action, _judgement, holder) => {
      const { payment, name, reply } = call
      if (action === 'serve') {
        const signature: Hex = `0x${payment.max.toString(16)}`
        const result = Ledger.reserve(this.channel, { max: payment.max, signature }, payment.hold, holder?.asked)
        if (!('channel' in result)) throw new Error(result.refused)
        this.channel = result.channel
        const reservationId = `reservation-${this.served++}`
        this.#holds.set(reservationId, payment.hold)
        reply({ kind: 'granted', reservationId, charged: Ledger.base(this.channel) })
      } else if (action === 'deposit') {
        reply({ kind: 'deposit', depositId: call.depositId! })
      } else if (action === 'join') {
        reply({ kind: 'deposit', depositId: holder!.depositId! })
      } else if (action === 'correct') {
        this.#corrected.add(name)
        reply({ kind: 'corrective', charged: Ledger.base(this.channel) })
      } else {
        reply({ kind: 'refused', code: action })
      }
    },
  }
}

const count = (outcomes: Outcome[], outcome: Outcome): number => outcomes.filter((each) => each === outcome).length
const seeds = [1, 2, 3, 4]

describe('the official client, unmodified', () => {
  for (const seed of seeds) {
    test(`100 parallel cold calls all succeed with one deposit (seed ${seed})`, async () => {
      const world = new World(seed)
      const server = new Small(world)
      const client = new OfficialClient(world, server, 1_000n)
      const calls = Array.from({ length: 100 }, () => client.call({ max: 7n, charge: 7n, fails: false }))
      await world.run()
      expect(count(await Promise.all(calls), 'paid')).toBe(100)
      expect(world.deposits).toBe(1)
      expect(server.channel.spent).toBe(700n)
    })

    test(`60 calls 20 ms apart on a warm channel all succeed (seed ${seed})`, async () => {
      const world = new World(seed)
      const server = new Small(world, 10_000n)
      const client = new OfficialClient(world, server, 1_000n)
      const calls: Promise<Outcome>[] = []
      for (let i = 0; i < 60; i++)
        world.after(20 * i, () => calls.push(client.call({ max: 9n, charge: 9n, fails: false })))
      await world.run()
      expect(count(await Promise.all(calls), 'paid')).toBe(60)
    })

    test(`450 mixed calls, two prices, any charge, upstream errors: no payment fails (seed ${seed})`, async () => {
      const world = new World(seed)
      const server = new Small(world)
      const client = new OfficialClient(world, server, 5_000n)
      const calls: Promise<Outcome>[] = []
      let charged = 0n
      for (let i = 0; i < 450; i++) {
        const max = world.random() < 0.5 ? 10n : 35n
        const charge = BigInt(Math.floor(world.random() * (Number(max) + 1)))
        const fails = world.random() < 0.2
        if (!fails) charged += charge
        world.after(world.random() * 20_000, () => calls.push(client.call({ max, charge, fails })))
      }
      await world.run()
      const outcomes = await Promise.all(calls)
      expect(count(outcomes, 'payment_failed')).toBe(0)
      expect(outcomes).toHaveLength(450)
      expect(server.channel).toMatchObject({ spent: charged, reserved: 0n })
    })
  }
})

describe('turns', () => {
  const pay = (server: Small, callId: string, max: bigint, hold = 1n, deposit?: bigint): Reply[] => {
    const replies: Reply[] = []
    server.reserve({ callId, max, hold, deposit }, (reply) => replies.push(reply))
    return replies
  }
  const kinds = (replies: Reply[]): string[] => replies.map((reply) => reply.kind)

  test('a replay storm of one voucher is one charge and 49 correctives, at once for copies of one call', () => {
    const server = new Small(new World(1), 100n)
    const replies = Array.from({ length: 50 }, () => pay(server, 'same', 1n))
    expect(replies.flatMap(kinds).sort()).toEqual([...Array<string>(49).fill('corrective'), 'granted'])
    expect(server.channel.reserved).toBe(1n)
  })

  test('a replay storm under different names is answered when the turn lapses', async () => {
    const world = new World(1)
    const server = new Small(world, 100n)
    const replies = Array.from({ length: 50 }, (_, i) => pay(server, `call-${i}`, 1n))
    expect(replies.flatMap(kinds)).toEqual(['granted', 'corrective'])
    await world.run()
    expect(world.now).toBe(Turn.TURN_MS)
    expect(replies.flatMap(kinds).sort()).toEqual([...Array<string>(49).fill('corrective'), 'granted'])
    expect(server.turn).toEqual(Turn.idle)
  })

  test('while a turn is open a right call is parked, and the holder is decided before it', () => {
    const server = new Small(new World(1), 100n)
    pay(server, 'a', 1n)
    expect(kinds(pay(server, 'b', 1n))).toEqual(['corrective'])
    const right = pay(server, 'c', 2n)
    expect(right).toEqual([])
    expect(kinds(pay(server, 'b', 2n))).toEqual(['granted'])
    // The holder took what the parked call was right for: that one is stale now and takes the turn.
    expect(kinds(right)).toEqual(['corrective'])
    expect(server.turn.holder?.name).toBe('c')
  })

  test('when a turn lapses the right ones among the parked are served', async () => {
    const world = new World(1)
    const server = new Small(world, 100n)
    pay(server, 'a', 1n)
    pay(server, 'b', 1n)
    const [right, stale, later] = [pay(server, 'c', 2n), pay(server, 'd', 2n), pay(server, 'e', 3n)]
    await world.run()
    expect([right, stale, later].flatMap(kinds)).toEqual(['granted', 'corrective', 'granted'])
  })

  test('each call gets one correction that holds the turn; a second stale one is answered plainly', () => {
    const server = new Small(new World(1), 100n)
    pay(server, 'a', 1n)
    pay(server, 'b', 1n)
    expect(kinds(pay(server, 'b', 1n))).toEqual(['corrective'])
    expect(server.turn.holder).toBeUndefined()
    expect(kinds(pay(server, 'b', 1n))).toEqual(['corrective'])
    expect(server.turn.holder).toBeUndefined()
  })

  test('a void during the turn leaves what the holder was asked for right', () => {
    const server = new Small(new World(1), 100n)
    const [first] = pay(server, 'a', 50n, 5n)
    expect(kinds(pay(server, 'b', 5n, 5n))).toEqual(['corrective'])
    if (first?.kind === 'granted') server.end(first.reservationId, undefined)
    expect(kinds(pay(server, 'b', 10n, 5n))).toEqual(['granted'])
  })

  test('a caller that echoed no quote id neither takes a turn nor waits when it is stale, and waits when it is right', () => {
    const server = new Small(new World(1), 100n)
    pay(server, 'a', 1n)
    expect(kinds(pay(server, '', 1n))).toEqual(['corrective'])
    expect(server.turn.holder).toBeUndefined()
    pay(server, 'b', 1n)
    expect(kinds(pay(server, '', 1n))).toEqual(['corrective'])
    const right = pay(server, '', 2n)
    expect(right).toEqual([])
    pay(server, 'b', 2n)
    expect(kinds(right)).toEqual(['corrective'])
  })

  test('at most 256 calls are parked', () => {
    const server = new Small(new World(1), 1_000n)
    pay(server, 'a', 1n)
    pay(server, 'b', 1n)
    for (let i = 0; i < Turn.PARKED_MAX; i++) expect(pay(server, `p${i}`, 1n)).toEqual([])
    expect(pay(server, 'late', 1n)).toEqual([{ kind: 'refused', code: 'busy' }])
  })

  test('a public voucher never takes a turn and never waits for one', () => {
    const server = new Small(new World(1), 100n)
    pay(server, 'a', 5n)
    const [reply] = pay(server, 'b', 6n)
    if (reply?.kind === 'granted') server.end(reply.reservationId, 1n)
    server.channel = { ...server.channel, published: 5n }
    // Exactly what is charged plus the hold: it may pay.
    expect(kinds(pay(server, 'x', 3n))).toEqual(['granted'])
    expect(kinds(pay(server, 'y', 3n))).toEqual(['corrective'])
    expect(server.turn.holder).toBeUndefined()
    // With a turn open it is turned away at once, right or not.
    pay(server, 'z', 6n, 1n)
    expect(server.turn.holder?.name).toBe('z')
    expect(kinds(pay(server, 'w', 4n))).toEqual(['corrective'])
    expect(server.turn.parked).toEqual([])
  })

  test('a deposit is submitted once however many copies of its call arrive', () => {
    const server = new Small(new World(1))
    const [first] = pay(server, 'a', 1n, 1n, 50n)
    const [copy] = pay(server, 'a', 1n, 1n, 50n)
    expect(first?.kind).toBe('deposit')
    expect(copy).toEqual(first)
  })

  test('a deposit turn lasts until the deposit is mined, then five seconds, and 120 s at the very most', async () => {
    const world = new World(1)
    const server = new Small(world)
    const [asked] = pay(server, 'a', 1n, 1n, 50n)
    const [parked, another] = [pay(server, 'b', 1n), pay(server, 'e', 1n, 1n, 50n)]
    await world.run()
    expect(world.now).toBe(Turn.DEPOSIT_MS)
    expect(kinds(parked)).toEqual(['corrective'])
    // Nobody knows whether its caller still waits: it does not get another two minutes.
    expect(another).toEqual([{ kind: 'refused', code: 'busy' }])
    expect(asked?.kind).toBe('deposit')
    const again = pay(server, 'c', 1n, 1n, 50n)
    let answered: [kind: string, at: number] | undefined
    server.reserve({ callId: 'd', max: 1n, hold: 1n, deposit: undefined }, ({ kind }) => (answered = [kind, world.now]))
    if (again[0]?.kind === 'deposit') server.deposited(again[0].depositId, 50n)
    await world.run()
    expect(answered).toEqual(['granted', Turn.DEPOSIT_MS + Turn.TURN_MS])
  })

  test('a call that waits behind a turn which a call of the same name ends is answered too', () => {
    // Found by random histories: the deposit of `b` opened a turn within the lapse, and the other call of `b` ended it.
    type Named = Turn.Call & { verdict: Turn.Verdict }
    const acted: string[] = []
    const port: Turn.Port<Named> = {
      judge: ({ verdict }) => ({ verdict, asked: 2n, isPublic: false, corrected: false }),
      act: (call, action) => void acted.push(`${call.name} ${action}`),
    }
    const call = (name: string, verdict: Turn.Verdict): Named => ({ name, anonymous: false, max: 2n, verdict })
    let turn: Turn.Turn<Named> = Turn.idle
    const calls = [call('a', 'stale'), call('b', 'deposit'), call('c', 'right'), call('b', 'right')]
    for (const each of calls) turn = Turn.offer(turn, each, 0, port)
    turn = Turn.lapse(turn, Turn.TURN_MS, port)
    expect(acted).toEqual(['a correct', 'b deposit', 'b serve', 'c serve'])
    expect(turn).toEqual(Turn.idle)
  })
})
