/**
 * One history over the pure core: the commands, faults and checks of the other worlds, with `core/Ledger`, `Turn` and
 * `Journal` alone behind them. Written for speed: numbers are checked as they are written, and nothing is copied.
 */
import type { ChainEvent } from '@pbstream/core/message/Session'
import type { Options } from '../fast/World.ts'
import { type Action, BLOCK_MS, START, waits, wheel } from '../support/Commands.ts'
import { Faults } from '../support/Faults.ts'
import { indexOf } from '../support/fixtures.ts'
import { Random } from '../support/Random.ts'
import { demand } from '../support/Violation.ts'
import { Callers } from './Callers.ts'
import { Chain, confirmations } from './Chain.ts'
import { ended, isQuiet } from './Ending.ts'
import { Money } from './Money.ts'
import { Queue } from './Queue.ts'

const lengths = [20, 20, 24, 32, 40]
const ROUNDS_MAX = 60
const random = new Random(0)

export class CoreWorld {
  readonly random = random
  readonly faults: Faults
  /** Unix milliseconds by the clock of everything but the session. */
  now = START
  /** By how much the session's clock is off. */
  skew = 0
  readonly money: Money
  readonly chain: Chain
  readonly queue: Queue
  readonly callers: Callers
  steps = 0
  #reached: Map<string, number> | undefined
  #ids = 0
  /** By channel: when the key stopped, as the newest look that counts has told the session; 0: it has not. */
  readonly #stops: [number, number] = [0, 0]

  private constructor(seed: number, reached: Map<string, number> | undefined) {
    this.#reached = reached
    this.faults = new Faults(random, seed)
    this.#moved()
    this.money = new Money(this)
    this.chain = new Chain(this, random.below(2) === 0 ? 'escrow' : 'canonical')
    this.queue = new Queue(this)
    this.callers = new Callers(this)
  }

  /** @throws {Violation} or whatever the product throws. */
  static run(seed: number, { skip, steps = Infinity, reached, trace }: Options = {}): CoreWorld {
    const world = new CoreWorld(seed, reached)
    random.reseed(seed, -2)
    if (random.below(4) > 0) world.#funded()
    const length = Math.min(lengths[random.below(lengths.length)]!, steps)
    trace?.(`seed ${seed}: ${world.chain.kind}, ${length} steps, faults: ${world.faults.names.join(' ') || 'none'}`)
    for (let step = 0; step < length; step++) {
      world.steps = step + 1
      if (skip?.has(step) === true) continue
      random.reseed(seed, step)
      const action = wheel[random.below(wheel.length)]!
      trace?.(`${step} ${action} ${world.#told()}`)
      world.#act(action)
    }
    random.reseed(seed, -3)
    world.#drain(trace)
    return world
  }

  reach(what: string): void {
    if (this.#reached !== undefined) this.#reached.set(what, (this.#reached.get(what) ?? 0) + 1)
  }

  /** A fresh id. */
  id(): string {
    return `n${++this.#ids}`
  }

  /** The session's process dies, and starts again from what was written. */
  crash(): void {
    this.reach('crash')
    this.#moved()
    this.money.load()
    this.callers.dropped()
  }

  /** Tells the session what the chain did. False: the teller does not know whether it was taken. */
  tell(event: ChainEvent): boolean {
    const { faults } = this
    this.reach('status' in event ? `${event.kind} ${event.status}` : event.kind)
    if (faults.hit('ackLost') || faults.hit('diskThrows')) return false
    if (faults.hit('crashBeforeWrite')) return this.#dead()
    const i = indexOf(event.channelId) as 0 | 1
    if (event.kind === 'observed') {
      const known = this.money.channels[i]
      const counts = known === undefined || (event.block! >= known.seenBlock && event.balance >= known.claimed)
      if (counts) this.#stops[i] = event.keyStoppedAt ?? 0
    }
    this.money.acknowledge(event)
    if (event.kind === 'observed') this.callers.observed(i)
    if (event.kind === 'deposit') this.callers.deposited(i, event.depositId, event.status === 'failed')
    if (faults.hit('crashBeforeReply')) return this.#dead()
    return !faults.hit('ackTwice')
  }

  /** A call is about to be served. */
  stopped(channel: number): void {
    const at = this.#stops[channel]!
    demand(at === 0 || Math.floor(this.money.now / 1_000) < at, 'I10', 'a call was served after its key had stopped')
  }

  /** A deposit is taken to the chain, or nobody knows what became of it. */
  deposit(channel: number, depositId: string, amount: bigint, authorization: string): void {
    if (this.faults.hit('laneDies')) return
    const { chain } = this
    if (chain.waits(depositId)) return
    const about = { kind: 'deposit', depositId, amount } as const
    const body = { kind: 'deposit', channel, amount, authorization } as const
    if (chain.submit(channel, body, about) === 'reverts') chain.refuse(channel, about)
  }

  #dead(): false {
    this.crash()
    return false
  }

  #moved(): void {
    this.skew = this.faults.hit('clockSkew') ? (random.below(1_200) - 600) * 1_000 : 0
  }

  /** Most histories begin with money in a channel: its payer deposited by itself, before our time. */
  #funded(): void {
    const { chain } = this
    chain.foreign.push({ kind: 'deposit', channel: 0, amount: BigInt(10 + random.below(60)), authorization: 'before' })
    for (let n = 0; n < confirmations; n++) chain.mine()
    chain.look(0)
  }

  #act(action: Action): void {
    const { faults, chain, callers, queue } = this
    switch (action) {
      case 'call':
        return random.below(5) === 0 ? callers.session() : callers.call()
      case 'burst':
        for (let n = 2 + random.below(5); n > 0; n--) {
          if (random.below(3) === 0) callers.go()
          else callers.call()
        }
        return
      case 'go':
        return callers.go()
      case 'flow':
        return this.#flow()
      case 'wait':
        this.now += waits[random.below(waits.length)]!
        return
      case 'mine':
        for (let n = 1 + random.below(3); n > 0; n--) this.#mine()
        return
      case 'lane':
        return chain.tick()
      case 'queue':
        return queue.consume()
      case 'bury':
      case 'events':
        return this.#deliver()
      case 'alarm':
        return this.#alarm()
      case 'observe':
        return chain.look(random.below(2))
      case 'refund':
        return this.#refund()
      case 'crash':
        return faults.on('crashBeforeReply') || faults.on('crashBeforeWrite') ? this.crash() : undefined
      case 'others':
        return this.#others()
      case 'trouble':
        return this.#trouble()
    }
  }

  /** Money on its way: what is due is done, in the usual order. */
  #flow(): void {
    const { money, chain, queue } = this
    const due = money.dueAt
    if (due !== Infinity && random.below(4) > 0) this.now = Math.max(this.now, due - this.skew)
    this.#alarm()
    if (queue.length > 0) {
      if (random.below(2) === 0) this.now = Math.max(this.now, queue.dueAt)
      queue.consume()
    }
    this.#mine()
    chain.tick()
    if (random.below(2) === 0) return this.#deliver()
    for (let n = 1; n < confirmations; n++) this.#mine()
    chain.tick()
    for (let n = chain.news.length; n > 0; n--) this.#deliver()
  }

  #alarm(): void {
    const { faults, callers, money } = this
    callers.lapse()
    if (faults.hit('alarmLate') || money.now < money.dueAt) return
    if (faults.hit('crashBeforeWrite')) return this.crash()
    if (!faults.hit('diskThrows')) money.alarm()
  }

  #mine(): void {
    this.now += BLOCK_MS
    this.chain.mine()
  }

  /** The lane's reports come in order, looks that are late at any time. */
  #deliver(): void {
    const { news } = this.chain
    if (news.length === 0) return
    const at = random.below(news.length)
    if (news[at]!.kind === 'observed') return this.chain.deliver(at)
    for (let i = 0; i <= at; i++) if (news[i]!.kind !== 'observed') return this.chain.deliver(i)
  }

  #refund(): void {
    const { money, chain, faults } = this
    const channel = random.below(2)
    const part = random.below(2) === 0 ? undefined : BigInt(1 + random.below(20))
    const outcome = money.refund(channel, part, this.id())
    if (outcome === undefined || 'refused' in outcome) return this.reach('refund refused')
    this.reach('refund granted')
    if (faults.hit('laneDies')) return
    const { refundId, amount, nonce, claim } = outcome.order
    const about = { kind: 'refund', refundId, amount, nonce, claimed: claim?.total ?? 0n } as const
    const row = claim === undefined ? undefined : { channel, ...claim }
    const body = { kind: 'refund', channel, amount, nonce, claim: row } as const
    const { balance, claimed } = chain.head.state.channels[channel]!
    const left = balance - (about.claimed > claimed ? about.claimed : claimed)
    if (amount > left || chain.submit(channel, body, about) === 'reverts') chain.refuse(channel, about)
  }

  /** What other people do on chain: the payer withdraws, deposits or stops the key, the receiver claims. */
  #others(): void {
    const { chain, faults, money } = this
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
      const known = money.channels[channel]
      const claiming = known?.claiming
      if (claiming !== undefined && claiming.max <= known!.published) {
        const rows = [{ channel, ...claiming }]
        chain.foreign.push({ kind: 'claims', rows, partial: false, pays: random.below(2) === 0 })
      }
    }
    if (chain.kind === 'escrow' && faults.hit('keyStops')) {
      chain.stop = chain.stop === 0 ? chain.head.time + random.below(60) : 0
    }
  }

  #trouble(): void {
    const { chain, faults } = this
    const { orders } = chain
    if (orders.length > 0 && faults.hit('poolDrops')) orders[random.below(orders.length)]!.pooled = false
    if (faults.on('reorganises')) chain.reorganise(1 + random.below(confirmations - 1), random.below(2) === 0)
  }

  /** Faults stop. Everything that is under way has to end, by itself and by time. */
  #drain(trace?: (line: string) => void): void {
    const { faults, money, chain, queue, callers } = this
    faults.stop()
    this.#reached = undefined
    callers.close()
    for (let round = 0; round < ROUNDS_MAX; round++) {
      while (callers.busy > 0) callers.go()
      this.#look(round % 6 === 0)
      this.#alarm()
      if (queue.length > 0) queue.consume()
      this.#mine()
      if (chain.orders.length > 0) {
        chain.tick()
        for (let n = 1; n < confirmations; n++) this.#mine()
        chain.tick()
      }
      while (chain.news.length > 0) this.#deliver()
      if (round < 3) trace?.(`drain ${round} ${this.#told()}`)
      if (isQuiet(this)) {
        // The last look changes nothing: what the session knows is what there is.
        const [a, b] = money.channels
        this.#look(true)
        if (a === money.channels[0] && b === money.channels[1]) break
      }
      // With nothing armed, the next look of the watcher is what happens next.
      const due = Math.min(money.dueAt, callers.dueAt)
      const next = queue.length > 0 ? queue.dueAt : due === Infinity ? this.now + 700_000 : due - this.skew
      this.now = Math.max(this.now + 6_000, next)
    }
    ended(this)
  }

  /** The chain watcher: channels that are known are looked at. */
  #look(now: boolean): void {
    if (!now) return
    for (let i = 0; i < 2; i++) if (this.money.channels[i] !== undefined) this.chain.look(i)
  }

  #told(): string {
    return this.money.channels
      .map((c) => {
        if (c === undefined) return '–'
        return `d${c.deposited}+${c.provisional}-${c.returned} a${c.accepted} s${c.spent}+${c.reserved} c${c.claimed} p${c.settled} l${c.lost}`
      })
      .join(' | ')
  }
}
