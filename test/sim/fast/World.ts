/**
 * One history: a session, its callers, settlement, lane and chain, driven step by step by seeded random numbers, then
 * a phase without faults in which everything has to come to its end.
 */
import type { ChainEvent } from '@pbstream/core/message/Session'
import type { Settings } from '@pbstream/stream-session/Plan'
import { type Action, BLOCK_MS, START, waits, wheel } from '../support/Commands.ts'
import { Faults } from '../support/Faults.ts'
import { channelIds } from '../support/fixtures.ts'
import { Random } from '../support/Random.ts'
import { demand } from '../support/Violation.ts'
import { ended, isQuiet } from './Ending.ts'
import { Events } from './Events.ts'
import { FakeChain } from './FakeChain.ts'
import { Gateway } from './Gateway.ts'
import { confirmations, Lane } from './Lane.ts'
import type { LanePort, Parts, SettlementPort } from './Parts.ts'
import { Oracle } from './Oracle.ts'
import { Owner } from './Owner.ts'
import { Rules } from './Rules.ts'
import type { Plant } from './Plants.ts'
import { Session } from './Session.ts'
import { Settlement } from './Settlement.ts'

export type Options = {
  plant?: Plant
  /** Steps that are left out: how a failing history is made smaller. */
  skip?: ReadonlySet<number>
  /** Steps at most. */
  steps?: number
  /** Is filled with what happened, and how often. */
  reached?: Map<string, number>
  /** Is told each step, for printing. */
  trace?(line: string): void
}

const ROUNDS_MAX = 60
const lengths = [8, 12, 20, 20, 40, 80]
/** Steps of the longest history. */
export const STEPS_MAX = 80

const fastParts = (world: World): Parts => {
  const lane = new Lane(world)
  return { lane, settlement: new Settlement(world, lane) }
}

export class World {
  readonly random = new Random(0)
  readonly seed: number
  readonly plant: Plant
  readonly faults: Faults
  readonly oracle = new Oracle()
  readonly settings: Settings = { settleAmount: 16n, settleCount: 3, settleAgeMs: 60_000, minDeposit: 3n }
  /** Unix milliseconds by the clock of everything but the session. */
  now = START
  /** By how much the session's clock is off. */
  skew = 0
  readonly chain: FakeChain
  readonly lane: LanePort
  readonly settlement: SettlementPort
  readonly events: Events
  readonly session: Session
  readonly gateway: Gateway
  readonly owner: Owner
  readonly rules: Rules
  steps = 0
  /** Counts what happened before the faults stopped, if anybody asks. */
  reached: Map<string, number> | undefined
  #ids = 0

  private constructor(seed: number, { plant = {}, reached }: Options, parts: (world: World) => Parts = fastParts) {
    this.seed = seed
    this.plant = plant
    this.reached = reached
    this.faults = new Faults(this.random, seed)
    this.moved()
    this.chain = new FakeChain(this.random.below(2) === 0 ? 'escrow' : 'canonical', () => Math.floor(this.now / 1000))
    this.chain.turned = (before, after) => this.oracle.turned(before, after)
    const { lane, settlement } = parts(this)
    this.lane = lane
    this.settlement = settlement
    this.events = new Events(this)
    this.session = new Session(this)
    this.gateway = new Gateway(this)
    this.owner = new Owner(this)
    this.rules = new Rules(this)
  }

  /** @throws {Violation} or whatever the product throws. */
  static run(seed: number, options: Options = {}): World {
    const world = new World(seed, options)
    for (const _ of world.#life(options)) continue
    return world
  }

  /** The same with parts that answer later: what one step has begun comes to its end before the next. */
  static async runSlowly(seed: number, options: Options, parts: (world: World) => Parts): Promise<World> {
    const world = new World(seed, options, parts)
    for (const begun of world.#life(options)) {
      await begun
      await world.settlement.idle()
    }
    return world
  }

  reach(what: string, more = ''): void {
    const { reached } = this
    if (reached === undefined) return
    const name = more === '' ? what : `${what} ${more}`
    reached.set(name, (reached.get(name) ?? 0) + 1)
  }

  /** A fresh id. */
  id(): string {
    return `n${++this.#ids}`
  }

  /** The object is on another machine now, with another clock. */
  moved(): void {
    this.skew = this.faults.hit('clockSkew') ? (this.random.below(1_200) - 600) * 1_000 : 0
  }

  /** Tells the session what the chain did. False: the teller does not know whether it was taken. */
  tell(events: ChainEvent[]): boolean {
    if (this.reached !== undefined) {
      for (const event of events) this.reach(event.kind, 'status' in event ? event.status : '')
    }
    if (this.faults.hit('ackLost')) return false
    let taken = false
    this.session.call({
      apply: (book, now) => {
        for (const event of this.plant.tell?.(events) ?? events) book.acknowledge(event, now)
      },
      settle: () => (taken = true),
      failed: () => undefined,
    })
    return taken && !this.faults.hit('ackTwice')
  }

  *#life({ skip, steps, trace }: Options): Generator<unknown> {
    const { random, seed } = this
    random.reseed(seed, -2)
    if (random.below(4) > 0) yield this.#funded()
    const length = Math.min(random.pick(lengths), steps ?? Number.POSITIVE_INFINITY)
    trace?.(`seed ${seed}: ${this.chain.kind}, ${length} steps, faults: ${this.faults.names.join(' ') || 'none'}`)
    for (let step = 0; step < length; step++) {
      this.steps = step + 1
      if (skip?.has(step) === true) continue
      random.reseed(seed, step)
      const action = wheel[random.below(wheel.length)]!
      trace?.(`${step} ${action} ${this.#told()}`)
      yield* this.#act(action)
      if (this.owner.isThere && random.below(12) === 0) this.owner.act()
      if (this.rules.isThere && random.below(8) === 0) this.rules.act()
      if (this.rules.isThere && step % 8 === 0) this.rules.check()
      this.#check()
    }
    yield* this.#drain(trace)
  }

  /** Most histories begin with money in a channel: its payer deposited by itself, before our time. */
  #funded(): unknown {
    const { chain, random, settlement } = this
    chain.foreign.push({ kind: 'deposit', channel: 0, amount: BigInt(10 + random.below(60)), authorization: 'before' })
    for (let n = 0; n < confirmations; n++) chain.mine()
    return settlement.observe(0)
  }

  *#act(action: Action): Generator<unknown> {
    const { random, faults, session, gateway, chain } = this
    switch (action) {
      case 'call':
        return yield gateway.call()
      case 'burst':
        return yield this.#burst()
      case 'go':
        return yield gateway.go()
      case 'flow':
        return yield* this.#flow()
      case 'wait':
        this.now += random.pick(waits)
        return
      case 'mine':
        for (let n = 1 + random.below(3); n > 0; n--) this.#mine(random.below(4))
        return
      case 'lane':
        return yield this.lane.tick()
      case 'queue':
        return yield this.settlement.consume()
      case 'bury':
        return yield this.settlement.bury()
      case 'alarm':
        return yield this.#alarm()
      case 'observe':
        return yield this.settlement.observe(random.below(2))
      case 'events':
        return this.events.length > 0 ? this.events.deliver() : undefined
      case 'refund':
        return yield gateway.refund()
      case 'crash':
        return faults.on('crashBeforeReply') || faults.on('crashBeforeWrite') ? session.crash() : undefined
      case 'others':
        return this.#others()
      case 'trouble':
        if (faults.hit('poolDrops')) chain.pool.delete(chain.head.count + random.below(2))
        if (faults.on('reorganises')) chain.reorganise(1 + random.below(confirmations - 1), random.below(2) === 0)
        chain.baseFee = faults.hit('feesRise') ? BigInt(100 + random.below(5_000)) : 100n
    }
  }

  /** Commands that meet in one group, applied before any of them is written. */
  #burst(): void {
    const { random, gateway, session } = this
    session.together(() => {
      for (let n = 2 + random.below(5); n > 0; n--) {
        if (random.below(3) === 0) gateway.go()
        else gateway.call()
      }
      if (this.owner.isThere && random.below(4) === 0) this.owner.act()
      if (this.rules.isThere && random.below(6) === 0) this.rules.act()
      if (random.below(4) === 0) void this.settlement.observe(0)
    })
  }

  /** Money on its way: what is due is done, in the usual order. */
  *#flow(): Generator<unknown> {
    const { session, settlement, lane, random } = this
    const due = session.disk.alarmAt
    if (due !== undefined && random.below(4) > 0) this.now = Math.max(this.now, due - this.skew)
    yield this.#alarm()
    if (settlement.queued > 0) {
      if (random.below(2) === 0) this.now = Math.max(this.now, settlement.dueAt!)
      yield settlement.consume()
    }
    this.#mine(4)
    yield lane.tick()
    if (random.below(2) === 0) return
    for (let n = 1; n < confirmations; n++) this.#mine(4)
    yield lane.tick()
  }

  #alarm(): void {
    const { session, faults } = this
    if ((session.turnDueAt ?? Number.POSITIVE_INFINITY) <= session.now) session.lapse()
    if (!session.alarmDue || faults.hit('alarmLate')) return
    if (faults.hit('alarmLost')) session.sleep()
    else session.alarm()
  }

  #mine(limit: number): void {
    this.now += BLOCK_MS
    this.chain.mine(limit)
    this.oracle.mined(this.chain.head.state)
  }

  /** What other people do on chain: the payer withdraws or deposits by hand, the receiver claims, refunds are copied. */
  #others(): void {
    const { chain, faults, random, session } = this
    const channel = random.below(2)
    const { balance, claimed } = chain.head.state.channels[channel]!
    if (faults.hit('withdraws')) {
      chain.foreign.push({ kind: 'initiate', channel, amount: balance - claimed })
      chain.foreign.push({ kind: 'finalize', channel, amount: 0n })
    }
    if (faults.hit('depositsDirectly')) {
      const amount = BigInt(1 + random.below(20))
      chain.foreign.push({ kind: 'deposit', channel, amount, authorization: `own ${this.id()}` })
    }
    if (faults.hit('claimsByOthers')) {
      const known = session.disk.channels.get(channelIds[channel]!)?.channel
      const claiming = known?.claiming
      if (known !== undefined && claiming !== undefined && claiming.max <= known.published) {
        const { total, max, signature } = claiming
        chain.foreign.push({
          kind: 'claims',
          rows: [{ channel, total, max, signature }],
          partial: false,
          pays: random.below(2) === 0,
        })
      }
    }
    if (faults.hit('refundCopied')) {
      for (const { body } of chain.pool.values()) {
        if (body.kind === 'refund') chain.foreign.push({ ...body, claim: undefined })
      }
    }
  }

  #check(): void {
    const { session } = this
    for (const id of channelIds) {
      const held = session.book.channel(id)
      demand(held === undefined || session.disk.channels.has(id), 'I6', 'memory is ahead of the disk')
    }
    const usage = session.book.policy(session.now)?.usage
    if (usage === undefined) return
    let [spent, reserved] = [0n, 0n]
    for (const { channel } of session.disk.channels.values()) {
      spent += channel.spent
      reserved += channel.reserved
    }
    demand(usage.spent === spent && usage.reserved === reserved, 'I10', 'the usage of the key is not what was used')
  }

  /** Faults stop. Everything that is under way has to end, by itself and by time. */
  *#drain(trace?: (line: string) => void): Generator<unknown> {
    const { faults, session, gateway, settlement, lane, chain, events, random } = this
    faults.stop()
    this.reached = undefined
    random.reseed(this.seed, -3)
    chain.baseFee = 100n
    gateway.close()
    this.#mine(10)
    for (let round = 0; round < ROUNDS_MAX; round++) {
      for (let n = 0; gateway.busy > 0 && n < 40; n++) yield gateway.go()
      // The chain watcher and reconciliation: every channel is looked at, now and again.
      if (round % 6 === 0) for (const channel of this.oracle.channels) yield settlement.observe(channel)
      yield this.#alarm()
      if (settlement.queued > 0) yield settlement.consume()
      yield settlement.bury()
      for (let n = 0; n < confirmations; n++) {
        this.#mine(10)
        if (n !== 1) yield lane.tick()
      }
      while (events.length > 0) events.deliver()
      if (round < 3 || round + 1 === ROUNDS_MAX) trace?.(`drain ${round} ${this.#told()}`)
      if (isQuiet(this)) {
        // The last look changes nothing: what the session knows is what there is.
        const { revision } = session
        for (const channel of this.oracle.channels) yield settlement.observe(channel)
        if (session.revision === revision) break
      }
      // With nothing armed, the next look of the watcher is what happens next.
      const due = (session.turnDueAt ?? session.disk.alarmAt ?? session.now + 700_000) - this.skew
      this.now = Math.max(this.now + 6_000, settlement.queued > 0 ? settlement.dueAt! : due)
    }
    ended(this)
  }

  #told(): string {
    return channelIds
      .map((id) => {
        const c = this.session.disk.channels.get(id)?.channel
        if (c === undefined) return '–'
        return `d${c.deposited}+${c.provisional}-${c.returned} a${c.accepted} s${c.spent}+${c.reserved} c${c.claimed} p${c.settled} l${c.lost}`
      })
      .join(' | ')
  }
}
