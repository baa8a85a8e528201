/** Callers with vouchers, the turns that they take (`core/Turn`), upstreams, and what is reported of them, late or twice. */
import * as Ledger from '@pbstream/core/Ledger'
import * as Turn from '@pbstream/core/Turn'
import { demand } from '../support/Violation.ts'
import type { CoreWorld } from './CoreWorld.ts'
import type { Held } from './Money.ts'

/** `asking`: it waits for its answer, perhaps parked. */
type Call = {
  name: string
  anonymous: boolean
  max: bigint
  depositId?: string
  channel: number
  hold: bigint
  deposit: bigint
  proven: boolean
  tries: number
  asking: boolean
  next: 'ask' | 'observe' | 'deposit' | 'wait'
}
/** `part`: of a lease, which goes on; reported once, whatever comes twice. */
type Outgoing = { held: Held; amount: bigint; part?: boolean; taken?: boolean }
/** A lease as its isolate has it. */
type Slice = { held: Held; left: bigint }

const MAX_TRIES = 6
const MIN_DEPOSIT = 3n

export class Callers implements Turn.Port<Call> {
  readonly turns: [Turn.Turn<Call>, Turn.Turn<Call>] = [Turn.idle, Turn.idle]
  readonly #world: CoreWorld
  readonly #calls: Call[] = []
  readonly #serving: Held[] = []
  readonly #slices: Slice[] = []
  readonly #reports: Outgoing[] = []
  readonly #corrected = new Set<string>()
  /** What callers were last told that the next voucher starts from. */
  readonly #told: [bigint, bigint] = [0n, 0n]
  #count = 0
  #closed = false
  /** Whoever is answered now is not there to hear it: the session dies before its replies leave. */
  #mute = false

  constructor(world: CoreWorld) {
    this.#world = world
  }

  get busy(): number {
    return this.#calls.length + this.#serving.length + this.#reports.length + this.#slices.length
  }

  get parked(): number {
    return this.turns[0].parked.length + this.turns[1].parked.length
  }

  /** A caller calls: with a fresh voucher, or with one that is wrong, old or too high; with a deposit if money is short. */
  call(): void {
    const { random, faults, money, chain } = this.#world
    const channel = random.below(4) === 0 ? 1 : 0
    const hold = BigInt(1 + random.below(9))
    const off = faults.hit('vouchersWrong') ? BigInt(random.below(12) - 5) : 0n
    const known = money.channels[channel]
    const max = (known === undefined ? chain.head.state.channels[channel]!.claimed : this.#told[channel]!) + hold + off
    if (max <= 0n) return
    const missing = max - (known === undefined ? 0n : Ledger.funds(known))
    const deposit = missing > 0n && random.below(8) > 0 ? missing + BigInt(random.below(60)) : 0n
    const anonymous = random.below(5) === 0
    const name = `c${++this.#count}`
    money.sign(channel, max)
    const call = { name, anonymous, max, channel, hold, deposit, proven: false, tries: 0, asking: false } as const
    this.#ask({ ...call, next: 'ask' })
  }

  /** A session signs ahead, and a slice of its room is leased to an isolate, which spends it in parts and reports those. */
  session(): void {
    const { random, faults, money } = this.#world
    const i = random.below(4) === 0 ? 1 : 0
    const channel = money.channels[i]
    if (channel === undefined || this.#isClosed(channel) || faults.hit('diskThrows')) return
    if (faults.hit('crashBeforeWrite')) return this.#world.crash()
    this.#world.stopped(i)
    const max = money.sign(i, Ledger.base(channel) + BigInt(1 + random.below(30)))
    const held = money.lease(i, max, BigInt(1 + random.below(12)))
    this.#world.reach(held === undefined ? 'no lease' : 'lease')
    if (faults.hit('crashBeforeReply')) return this.#world.crash()
    if (held !== undefined) this.#slices.push({ held, left: held.hold })
  }

  /** Callers ask for nothing more; what is being served is served and reported. */
  close(): void {
    this.#closed = true
    this.#calls.length = 0
  }

  /** One call, one upstream or one report goes on. */
  go(): void {
    const { busy } = this
    if (busy === 0) return
    const i = this.#world.random.below(busy)
    if (i < this.#calls.length) return this.#proceed(i)
    if (i < this.#calls.length + this.#serving.length) return this.#upstream(i - this.#calls.length)
    const rest = i - this.#calls.length - this.#serving.length
    if (rest < this.#reports.length) return this.#report(rest)
    this.#spend(rest - this.#reports.length)
  }

  /** An isolate serves a request from its lease, gives the rest back, or is not heard of again. */
  #spend(at: number): void {
    const { random, faults } = this.#world
    const slice = this.#slices[at]!
    const { held, left } = slice
    const amount = BigInt(random.below(Number(left) + 1))
    const isLast = left === 0n || this.#closed || random.below(4) === 0
    if (isLast) this.#slices.splice(at, 1)
    if (isLast && faults.hit('gatewayDies')) return
    if (isLast) this.#reports.push({ held, amount: 0n })
    else if (amount > 0n && !faults.hit('upstreamFails')) {
      slice.left -= amount
      this.#reports.push({ held, amount, part: true })
    }
  }

  /** Turns that ran out of time end. */
  lapse(): void {
    const { now } = this.#world.money
    for (const i of [0, 1] as const) {
      const { holder } = this.turns[i]
      if (holder !== undefined && now >= holder.until) this.turns[i] = Turn.lapse(this.turns[i], now, this)
    }
  }

  /** When a turn runs out of time; Infinity: nobody has one. */
  get dueAt(): number {
    return Math.min(this.turns[0].holder?.until ?? Infinity, this.turns[1].holder?.until ?? Infinity)
  }

  /** The chain was looked at: who waited for that is decided now. */
  observed(i: 0 | 1): void {
    if (this.turns[i].holder?.kind === 'observation')
      this.turns[i] = Turn.end(this.turns[i], this.#world.money.now, this)
  }

  /** A deposit was mined or will never be: who waited for it comes back now, or makes room. */
  deposited(i: 0 | 1, depositId: string, failed: boolean): void {
    const turn = this.turns[i]
    if (turn.holder?.depositId !== depositId) return
    const { now } = this.#world.money
    this.turns[i] = failed ? Turn.end(turn, now, this) : Turn.mined(turn, now)
  }

  /** The process that calls wait in has died: whoever waited hears of it and may ask again. */
  dropped(): void {
    this.#corrected.clear()
    for (const i of [0, 1] as const) {
      const { parked } = this.turns[i]
      this.turns[i] = Turn.idle
      for (const call of parked) this.#failed(call)
    }
  }

  judge(call: Call, asked: bigint | undefined): Turn.Judgement {
    const { money } = this.#world
    const channel = money.channels[call.channel]
    if (channel === undefined) return { verdict: 'unknown', asked: 0n, isPublic: false, corrected: false }
    const isPublic = !call.proven && Ledger.isPublic(channel, call.max)
    if (this.#isClosed(channel)) {
      return { verdict: 'final', asked: 0n, isPublic, corrected: false }
    }
    const next = Ledger.base(channel) + call.hold
    const corrected = !call.anonymous && this.#corrected.has(call.name)
    return { verdict: this.#worth(channel, call, asked), asked: next, isPublic, corrected }
  }

  #isClosed(channel: Ledger.Channel): boolean {
    if (channel.refund !== undefined || channel.withdrawRequestedAt !== 0) return true
    return Ledger.isStopped(channel, Math.floor(this.#world.money.now / 1_000))
  }

  /** As `Admission.worth` of the session. */
  #worth(channel: Ledger.Channel, call: Call, asked: bigint | undefined): Turn.Verdict {
    const { max, hold, deposit } = call
    const verdict = Ledger.judge(channel, max, hold, asked)
    if (verdict === 'stale') return 'stale'
    const funds = Ledger.funds(channel)
    if (deposit >= MIN_DEPOSIT && max > funds && funds + deposit >= Ledger.base(channel) + hold) return 'deposit'
    if (verdict === 'right') return 'right'
    return deposit === 0n && this.#world.random.below(4) === 0 ? 'reread' : 'stale'
  }

  act(call: Call, action: Turn.Action, { asked }: Turn.Judgement, holder: Turn.Holder | undefined): void {
    demand(call.asking, 'I2', 'a call was answered twice')
    call.asking = false
    this.#world.reach(action)
    const served = action === 'serve' ? this.#serve(call, holder) : undefined
    const depositId = action === 'deposit' || action === 'join' ? this.#deposit(call, action, holder) : undefined
    if (action === 'correct' && !call.anonymous) this.#corrected.add(call.name)
    if (this.#mute) return this.#failed(call)
    if (served !== undefined) this.#serving.push(served)
    else if (depositId !== undefined) {
      call.depositId = depositId
      this.#later(call, 'deposit')
    } else if (action === 'observe') this.#later(call, 'observe')
    else if (action === 'correct' && this.#world.random.below(8) > 0) {
      call.max = this.#world.money.sign(call.channel, asked)
      this.#told[call.channel]! = asked - call.hold
      this.#later(call, 'ask')
    }
  }

  #serve(call: Call, holder: Turn.Holder | undefined): Held {
    const { money } = this.#world
    this.#world.stopped(call.channel)
    const held = money.reserve(call.channel, call.max, call.hold, holder?.asked)
    if (!this.#mute) this.#told[call.channel]! = Ledger.base(money.channels[call.channel]!)
    return held
  }

  #deposit(
    { channel, deposit, depositId }: Call,
    action: 'deposit' | 'join',
    holder?: Turn.Holder,
  ): string | undefined {
    const { money } = this.#world
    if (action === 'deposit') {
      money.deposits.push({ id: depositId!, channel, amount: deposit, status: 'wanted', at: money.now })
      return depositId
    }
    const wanted = money.deposits.find(({ id }) => id === holder?.depositId)
    if (wanted?.status !== 'wanted') return undefined
    if (deposit > wanted.amount) wanted.amount = deposit
    return wanted.id
  }

  #ask(call: Call): void {
    const { faults } = this.#world
    if (++call.tries > MAX_TRIES) return
    if (faults.hit('crashBeforeWrite')) this.#world.crash()
    else if (!faults.hit('diskThrows')) return this.#offer(call)
    this.#later(call, 'ask')
  }

  #offer(call: Call): void {
    const { money, faults } = this.#world
    const i = call.channel as 0 | 1
    const channel = money.channels[i]
    call.asking = true
    call.proven = channel !== undefined && !Ledger.isPublic(channel, call.max)
    if (call.deposit > 0n) call.depositId = this.#world.id()
    const { now } = money
    this.#mute = faults.hit('crashBeforeReply')
    this.turns[i] = Turn.offer(Turn.lapse(this.turns[i], now, this), call, now, this)
    if (!this.#mute) return
    this.#mute = false
    this.#world.crash()
  }

  #failed(call: Call): void {
    call.asking = false
    this.#later(call, 'ask')
  }

  #later(call: Call, next: Call['next']): void {
    if (this.#closed) return
    call.next = next
    this.#calls.push(call)
  }

  #proceed(at: number): void {
    const call = this.#calls[at]!
    const { chain, faults, random } = this.#world
    if (faults.hit('gatewayDies')) return void this.#calls.splice(at, 1)
    switch (call.next) {
      case 'ask':
        this.#calls.splice(at, 1)
        return this.#ask(call)
      case 'observe':
        call.next = 'ask'
        return chain.look(call.channel)
      case 'deposit':
        call.next = 'wait'
        return this.#world.deposit(
          call.channel,
          call.depositId!,
          call.deposit,
          `${call.channel}:${call.max}:${call.deposit}`,
        )
      case 'wait':
        if (chain.waits(call.depositId!) && random.below(8) > 0) return
        this.#calls.splice(at, 1)
        this.#ask(call)
    }
  }

  #upstream(at: number): void {
    const { random, faults, money } = this.#world
    const held = this.#serving[at]!
    const part = BigInt(random.below(Number(held.hold) + 1))
    if (random.below(4) === 0) return money.mark(held, part)
    this.#serving.splice(at, 1)
    if (faults.hit('gatewayDies')) return
    const failed = faults.hit('upstreamFails') || faults.hit('upstreamHangs')
    const short = faults.hit('callerHangsUp') || random.below(3) === 0
    this.#reports.push({ held, amount: failed ? 0n : short ? part : held.hold })
  }

  #report(at: number): void {
    const { money, faults } = this.#world
    const said = this.#reports[at]!
    const { held, amount, part = false } = said
    if (faults.hit('crashBeforeWrite')) return this.#world.crash()
    if (faults.hit('diskThrows')) return
    const dies = faults.hit('crashBeforeReply')
    const done = said.taken === true ? false : part ? money.spend(held, amount) : money.end(held, amount)
    if (done && part) said.taken = true
    this.#world.reach(`${held.leased === true ? 'lease ' : ''}${done ? 'report' : 'report too late'}`)
    if (dies) return this.#world.crash()
    if (held.leased !== true)
      demand(
        !held.open && (!done || held.charged === amount),
        'I11',
        'the receipt says another amount than the journal',
      )
    if (!faults.hit('reportTwice')) this.#reports.splice(at, 1)
  }
}
