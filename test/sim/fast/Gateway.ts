/** Callers, the gateway and its upstreams: who asks for money, what comes of it, and what is reported, late or twice. */
import type { Hex } from '@pbstream/core/Hex'
import type { ChannelView, Report, Reserve, ReserveReply } from '@pbstream/core/message/Session'
import { channelIds, configs, session, signatureOf } from '../support/fixtures.ts'
import type { World } from './World.ts'

type Call = {
  channel: number
  command: Reserve
  tries: number
  depositId?: string
  next: 'ask' | 'observe' | 'deposit' | 'wait'
}
type Serving = { reservationId: string; command: Reserve }
type Outgoing = { report: Report; amount: bigint | undefined }

const MAX_TRIES = 6
const digests: readonly Hex[] = ['0xd1', '0xd2']
const answer = { status: 200, headers: [], body: new Uint8Array([1]) }

export class Gateway {
  readonly #world: World
  readonly #calls: Call[] = []
  readonly #serving: Serving[] = []
  readonly #reports: Outgoing[] = []
  /** What the caller was last told of each channel. */
  readonly #views: (ChannelView | undefined)[] = [undefined, undefined]
  #count = 0
  #closed = false

  constructor(world: World) {
    this.#world = world
  }

  get busy(): number {
    return this.#calls.length + this.#serving.length + this.#reports.length
  }

  /** A caller calls: with a fresh voucher, or with one that is wrong, old or too high; with a deposit if money is short. */
  call(): void {
    const { random, faults } = this.#world
    const channel = random.below(4) === 0 ? 1 : 0
    const view = this.#views[channel] ?? this.#look(channel)
    const hold = BigInt(1 + random.below(9))
    const start = view.chargedCumulative
    const off = faults.hit('vouchersWrong') ? BigInt(random.below(12) - 5) : 0n
    const max = start + hold + off
    if (max <= 0n) return
    const missing = max - view.balance
    const n = ++this.#count
    const command: Reserve = {
      v: 1,
      session,
      channelId: channelIds[channel]!,
      config: configs[channel]!,
      voucher: { max, signature: this.#sign(channel, max) },
      hold,
      digest: digests[random.below(8) === 0 ? 1 : 0]!,
      providerId: 'provider',
      routeId: 'route',
      rateVersion: 1,
    }
    if (random.below(5) > 0) command.callId = `c${n}`
    if (random.below(2) === 0) command.requestId = `r${random.below(3) === 0 ? random.below(n + 1) : n}`
    if (missing > 0n && random.below(8) > 0) command.deposit = { amount: missing + BigInt(random.below(60)) }
    this.#calls.push({ channel, command, tries: 0, next: 'ask' })
    this.#ask(this.#calls.length - 1)
  }

  /** Callers ask for nothing more; what is being served is served and reported. */
  close(): void {
    this.#closed = true
    this.#calls.length = 0
  }

  /** One call, one upstream or one report goes on. */
  go(): void {
    const { random } = this.#world
    const { busy } = this
    if (busy === 0) return
    const i = random.below(busy)
    if (i < this.#calls.length) return this.#proceed(i)
    if (i < this.#calls.length + this.#serving.length) return this.#upstream(i - this.#calls.length)
    this.#report(i - this.#calls.length - this.#serving.length)
  }

  refund(): void {
    const { session: object, settlement, random } = this.#world
    const channel = random.below(2)
    const numbers = object.book.view(channelIds[channel]!)
    const max = numbers === undefined ? 0n : numbers.spent + numbers.reserved
    const amount = random.below(2) === 0 ? undefined : BigInt(1 + random.below(20))
    const voucher = { max, signature: this.#sign(channel, max) }
    const config = configs[channel]!
    const request = { v: 1, session, channelId: channelIds[channel]!, config, voucher } as const
    let granted: Parameters<typeof settlement.refund>[1] | undefined
    object.call({
      apply: (book, now) => {
        const reply = book.refund(amount === undefined ? request : { ...request, amount }, now)
        this.#world.reach('refund asked:', reply.kind === 'refused' ? reply.code : reply.kind)
        if (reply.kind === 'granted') granted = reply.refund
      },
      settle: () => {
        if (granted !== undefined) settlement.refund(channel, granted)
      },
      failed: () => undefined,
    })
  }

  /** A caller that knows nothing yet may have looked at the chain. */
  #look(channel: number): Pick<ChannelView, 'balance' | 'chargedCumulative'> {
    const { balance, claimed } = this.#world.chain.head.state.channels[channel]!
    return { balance, chargedCumulative: claimed }
  }

  #sign(channel: number, max: bigint): Hex {
    const { signed } = this.#world.oracle
    if (max > signed[channel]!) signed[channel] = max
    return signatureOf(channel, max)
  }

  #ask(index: number): void {
    const call = this.#calls[index]!
    this.#remove(this.#calls, index)
    const { command } = call
    if (++call.tries > MAX_TRIES) return
    this.#world.session.reserve(
      command,
      (reply) => this.#replied(call, reply),
      // Nobody knows what came of it: the same bytes go again.
      () => this.#again(call, 'ask'),
    )
  }

  #again(call: Call, next: Call['next']): void {
    if (this.#closed) return
    call.next = next
    this.#calls.push(call)
  }

  #replied(call: Call, reply: ReserveReply): void {
    const { channel, command } = call
    const { random, oracle, session: object } = this.#world
    this.#world.reach('reply', reply.kind === 'refused' ? reply.code : reply.kind)
    switch (reply.kind) {
      case 'granted':
        oracle.granted(reply, command.digest, object.disk)
        this.#views[channel] = reply.channel
        this.#serving.push({ reservationId: reply.reservationId, command })
        return
      case 'unknown_channel':
        return this.#again(call, 'observe')
      case 'deposit':
        call.depositId = reply.depositId
        return this.#again(call, 'deposit')
      case 'corrective': {
        if (reply.channel === undefined) return
        this.#views[channel] = reply.channel
        if (random.below(8) === 0) return
        const max = reply.channel.chargedCumulative + command.hold
        call.command = { ...command, voucher: { max, signature: this.#sign(channel, max) } }
        return this.#again(call, 'ask')
      }
      case 'rules':
        return
      case 'refused':
        if (reply.sentinel !== undefined) {
          const { code, sentinel } = reply
          this.#world.rules.refused({ code, sentinel })
        }
        if (reply.code === 'temporarily_unavailable') this.#again(call, 'ask')
        return
      case 'in_flight':
      case 'duplicate':
      case 'replay':
        return
    }
  }

  #proceed(index: number): void {
    const call = this.#calls[index]!
    const { settlement, faults } = this.#world
    // The gateway's isolate is gone, and with it whoever waited there.
    if (faults.hit('gatewayDies')) return this.#remove(this.#calls, index)
    switch (call.next) {
      case 'ask':
        return this.#ask(index)
      case 'observe':
        settlement.observe(call.channel)
        call.next = 'ask'
        return
      case 'deposit': {
        const { depositId, command, channel } = call
        const authorization = `${channel}:${command.voucher.max}:${command.deposit?.amount}`
        settlement.deposit(depositId!, channel, command.deposit?.amount ?? 0n, authorization)
        call.next = 'wait'
        return
      }
      case 'wait': {
        // The gateway waits so long and no longer, and then asks whatever came of it.
        if (!settlement.isWaiting(call.depositId!) || this.#world.random.below(8) === 0) this.#ask(index)
      }
    }
  }

  #upstream(index: number): void {
    const { random, faults, session: object } = this.#world
    const { reservationId, command } = this.#serving[index]!
    const { hold, requestId } = command
    if (random.below(4) === 0) {
      // A metered stream marks on its way.
      const used = BigInt(random.below(Number(hold) + 1))
      if (!faults.hit('sendThrows'))
        object.report(
          { kind: 'mark', reservationId, amount: used },
          () => {},
          () => {},
        )
      return
    }
    this.#remove(this.#serving, index)
    if (faults.hit('gatewayDies')) return
    if (faults.hit('upstreamFails')) return this.#say({ kind: 'void', reservationId, freesId: true }, undefined)
    if (faults.hit('upstreamHangs')) return this.#say({ kind: 'void', reservationId, freesId: false }, undefined)
    const part = faults.hit('callerHangsUp') || random.below(3) === 0
    const amount = part ? BigInt(random.below(Number(hold) + 1)) : hold
    this.#say({ kind: 'post', reservationId, amount, receipt: `receipt of ${amount}` }, amount)
    if (requestId !== undefined) this.#say({ kind: 'answer', reservationId, answer }, undefined)
  }

  #say(report: Report, amount: bigint | undefined): void {
    this.#reports.push({ report, amount })
  }

  #report(index: number): void {
    const { session: object, faults, oracle } = this.#world
    const outgoing = this.#reports[index]!
    const { report, amount } = outgoing
    object.report(
      report,
      (done) => {
        this.#world.reach(report.kind, String(done))
        if (report.kind !== 'answer') oracle.acknowledged(report.reservationId, amount, done)
        if (faults.hit('reportTwice')) return
        const at = this.#reports.indexOf(outgoing)
        if (at >= 0) this.#remove(this.#reports, at)
      },
      () => undefined,
    )
  }

  #remove<T>(list: T[], index: number): void {
    list.splice(index, 1)
  }
}
