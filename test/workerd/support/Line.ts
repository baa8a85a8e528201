/**
 * One history of a payer's session against the whole line: session, claims queue, settlement, lane, chain,
 * acknowledgements, events queue, projection. The test plays gateway, queues, clock and misfortune; all else is real.
 */
import { createExecutionContext, createMessageBatch, getQueueResult, runDurableObjectAlarm } from 'cloudflare:test'
import { env, exports } from 'cloudflare:workers'
import type { Hex } from '@pbstream/core/Hex'
import type {
  ChannelNumbers,
  RefundReply,
  Report,
  Reserve,
  ReserveReply,
  StreamSessionApi,
} from '@pbstream/core/message/Session'
import type { DepositOrder, SettlementApi } from '@pbstream/core/message/Settlement'
import * as NobleSigner from '@pbstream/core/NobleSigner'
import { watcherName } from '@pbstream/chain-watcher/Port'
import { laneName } from '@pbstream/nonce-lane/Order'
import { expect, vi } from 'vitest'
import type { Step } from '../../../durable-objects/stream-session/test/Steps.ts'
import { digestOf } from '../../../durable-objects/stream-session/test/fixtures.ts'
import {
  type Channel,
  channel,
  chainId,
  depositOrder,
  fundChannel,
  gas,
  random32,
  voucher,
} from '../../../workers/settlement/test/support/chain.ts'
import { type Fault, Faults } from './Faults.ts'
import { atRest } from './atRest.ts'
import { type Consumers, consumers, waiting } from './host.ts'

export type History = { steps: Step[]; faults: { at: number; fault: Fault }[] }

type Granted = { id: string; command: Reserve; charged: bigint | 'unknown' | undefined }
type Refund = { channel: Channel; order: Extract<RefundReply, { kind: 'granted' }>['refund'] }

const bindings = env as unknown as Record<'STREAM_SESSION' | 'NONCE_LANE' | 'CHAIN_WATCHER', DurableObjectNamespace>
const settlement = (exports as unknown as { Settlement: SettlementApi }).Settlement
const monotone = ['deposited', 'returned', 'accepted', 'spent', 'claimed', 'settled', 'lost'] as const

const PATIENCE_MS = 60

export class Line {
  /** What happened so far in all histories: a check that nothing reaches proves nothing. */
  static readonly reached = new Map<string, number>()
  /** How far ahead of the real clock the line is: so far that no alarm comes by itself, only in `wait`. */
  static #ahead = 86_400_000

  readonly channels: [Channel, Channel]
  readonly granted: Granted[] = []
  readonly #sessionKey = NobleSigner.create(random32())
  readonly #faults: Faults
  readonly #deposits: DepositOrder[] = []
  readonly #refunds: Refund[] = []
  /** Request ids that a reservation has taken and nobody has freed. */
  readonly #taken = new Map<string, string>()
  readonly #seen = new Map<Hex, ChannelNumbers>()
  /** Calls that are parked behind another's turn; they are answered when that has passed. */
  readonly #open = new Set<Promise<void>>()
  readonly #consumers: Consumers
  #calls = 0

  /** @param on the consumers of the queues; a test that looks for mistakes puts others in their place. */
  constructor(on: Partial<Consumers> = {}) {
    this.#consumers = { ...consumers, ...on }
    const payerAuthorizer = this.#sessionKey.address
    this.channels = [channel({ payerAuthorizer }), channel({ payerAuthorizer })]
    this.#faults = new Faults(
      () => this.stub as unknown as DurableObjectStub,
      () => this.lane,
      reach,
    )
  }

  /** Fresh each time: one that has failed once stays broken. */
  get stub(): StreamSessionApi {
    return bindings.STREAM_SESSION.getByName(this.channels[0].name) as unknown as StreamSessionApi
  }

  get lane(): DurableObjectStub {
    return bindings.NONCE_LANE.getByName(laneName(chainId, gas.address))
  }

  get watcher(): DurableObjectStub {
    return bindings.CHAIN_WATCHER.getByName(watcherName(chainId))
  }

  async run({ steps, faults }: History): Promise<void> {
    const real = Date.now.bind(Date)
    const clock = vi.spyOn(Date, 'now').mockImplementation(() => real() + Line.#ahead)
    waiting.claims.length = 0
    waiting.events.length = 0
    try {
      await this.#reserve({
        hold: 1n,
        above: 59n,
        call: 0,
        id: 9,
        digest: 0,
        deposit: 60n,
        second: false,
        period: undefined,
      })
      for (const [i, step] of steps.entries()) {
        for (const { at, fault } of faults) if (at === i) await this.#faults.strike(fault)
        await this.#step(step)
        await this.#look()
      }
      await this.#faults.stop()
      await this.#drain()
      await this.#look()
      await atRest(this)
    } finally {
      await this.#faults.stop()
      await Promise.all(this.#open)
      clock.mockRestore()
    }
  }

  async #step(step: Step): Promise<void> {
    switch (step.do) {
      case 'reserve':
        return this.#reserve(step)
      case 'post':
      case 'mark':
        return this.#report(step.which, (reservationId) => ({
          kind: step.do,
          reservationId,
          amount: step.amount,
          ...(step.usage === undefined ? {} : { usage: step.usage }),
        }))
      case 'void':
        return this.#report(step.which, (reservationId) => ({ kind: 'void', reservationId, freesId: step.frees }))
      case 'answer': {
        const answer = { status: 200, headers: [], body: new Uint8Array([1]) }
        return this.#report(step.which, (reservationId) => ({ kind: 'answer', reservationId, answer }))
      }
      case 'observe':
        return this.#observe(this.channels[step.second ? 1 : 0], step.more)
      case 'deposit': {
        const again = recent(this.#deposits, step.which)
        if (again !== undefined) await settlement.deposit(again)
        return
      }
      case 'claim':
        return this.#deliverClaims(step.which, step.paid)
      case 'refund':
        return this.#refund(this.channels[step.second ? 1 : 0], step.amount)
      case 'refunded': {
        const again = recent(this.#refunds, step.which)
        if (again !== undefined) await this.#submitRefund(again)
        return
      }
      case 'wait':
        return this.#wait(step.ms)
      case 'commit':
        return this.#deliverEvents()
      case 'fail':
        return this.#faults.strike('write fails')
      case 'crash':
        return this.#faults.strike('session aborted')
    }
  }

  /** The gateway and the official client in one; what an accident does to a call is that nobody hears of it. */
  async #reserve(step: Omit<Extract<Step, { do: 'reserve' }>, 'do'>): Promise<void> {
    const of = this.channels[step.second ? 1 : 0]
    const numbers = await this.#view(of)
    const max = (numbers === undefined ? 0n : numbers.spent + numbers.reserved) + step.hold + step.above
    if (max <= 0n) return
    const command: Reserve = {
      v: 1,
      session: of.session,
      channelId: of.id,
      config: of.config,
      voucher: { max, signature: await voucher(of, max, this.#sessionKey) },
      hold: step.hold,
      callId: `call-${step.call < 6 ? step.call : `n${++this.#calls}`}`,
      digest: digestOf(step.digest),
      providerId: 'provider',
      routeId: 'route',
      rateVersion: 1,
      ...(step.id < 4 ? { requestId: `id-${step.id}` } : {}),
      ...(step.deposit === 0n ? {} : { deposit: { amount: step.deposit } }),
      ...(step.period === undefined ? {} : { period: step.period }),
    }
    const call = this.#lead(of, command, step.deposit).finally(() => this.#open.delete(call))
    this.#open.add(call)
    // A call that is parked goes on beside what comes next.
    await Promise.race([call, new Promise((resolve) => setTimeout(resolve, PATIENCE_MS))])
  }

  async #lead(of: Channel, command: Reserve, deposit: bigint): Promise<void> {
    for (let tries = 0; tries < 4; tries++) {
      const reply = await this.stub.reserve(command).catch(() => undefined)
      reach(reply === undefined ? 'unheard' : reply.kind === 'refused' ? reply.code : reply.kind)
      if (reply?.kind === 'unknown_channel') await this.#observe(of, 0n)
      else if (reply?.kind === 'deposit') await this.#deposit(of, reply.depositId, deposit)
      else return this.#replied(command, reply)
    }
  }

  #replied(command: Reserve, reply: ReserveReply | undefined): void {
    const { requestId } = command
    // Nobody heard: the id may be taken by a reservation that only the session knows.
    if (reply === undefined && requestId !== undefined && !this.#taken.has(requestId)) this.#taken.set(requestId, '?')
    if (reply?.kind !== 'granted') return
    const owner = requestId === undefined ? undefined : this.#taken.get(requestId)
    expect(owner === undefined || owner === '?', 'I2: an id is served once').toBe(true)
    if (requestId !== undefined) this.#taken.set(requestId, reply.reservationId)
    expect(command.voucher.max, 'I4').toBeGreaterThanOrEqual(reply.channel.chargedCumulative)
    expect(reply.channel.balance, 'I6').toBeGreaterThanOrEqual(reply.channel.chargedCumulative)
    this.granted.push({ id: reply.reservationId, command, charged: undefined })
  }

  async #deposit(of: Channel, depositId: string, amount: bigint): Promise<void> {
    const order = { ...(await depositOrder(of, amount)), depositId, waitMs: 300 }
    this.#deposits.push(order)
    const reply = await settlement.deposit(order).catch(() => undefined)
    reach(`deposit ${reply?.kind ?? 'unheard'}`)
  }

  async #observe(of: Channel, more: bigint): Promise<void> {
    // Money that the payer deposits past us.
    if (more > 8n) await fundChannel(of, more)
    await settlement.observe(1, of.session, of.id, of.config).catch(() => undefined)
  }

  async #report(index: number, make: (reservationId: string) => Report): Promise<void> {
    const granted = recent(this.granted, index)
    if (granted === undefined) return
    const report = make(granted.id)
    const [reply] = await this.stub.report(1, [report]).catch(() => [undefined])
    reach(`${report.kind} ${reply?.done ?? 'unheard'}`)
    if (report.kind !== 'post' && report.kind !== 'void') return
    const { requestId, hold } = granted.command
    const freed = report.kind === 'void' && report.freesId && requestId !== undefined
    if (freed && reply?.done !== false && this.#taken.get(requestId) === granted.id) {
      if (reply === undefined) this.#taken.set(requestId, '?')
      else this.#taken.delete(requestId)
    }
    if (reply === undefined) granted.charged ??= 'unknown'
    if (reply?.done !== true) return
    expect(granted.charged === undefined || granted.charged === 'unknown', 'I7: a reservation ends once').toBe(true)
    granted.charged = report.kind === 'void' ? 0n : report.amount < hold ? report.amount : hold
  }

  async #refund(of: Channel, amount: bigint): Promise<void> {
    const max = (await this.#view(of))?.spent ?? 0n
    if (max === 0n) return
    const reply = await this.stub
      .refund({
        v: 1,
        session: of.session,
        channelId: of.id,
        config: of.config,
        voucher: { max, signature: await voucher(of, max, this.#sessionKey) },
        ...(amount === 0n ? {} : { amount }),
      })
      .catch(() => undefined)
    reach(`refund ${reply?.kind === 'refused' ? reply.code : (reply?.kind ?? 'unheard')}`)
    if (reply?.kind !== 'granted') return
    const refund = { channel: of, order: reply.refund }
    this.#refunds.push(refund)
    await this.#submitRefund(refund)
  }

  async #submitRefund({ channel: of, order }: Refund): Promise<void> {
    const { session, id: channelId, config } = of
    const reply = await settlement
      .refund({ v: 1, session, channelId, config, ...order, waitMs: 300 })
      .catch(() => undefined)
    reach(`refund order ${reply?.kind ?? 'unheard'}`)
  }

  /** Some of the claims that wait, in another order and twice if `repeat`; what is retried waits on. */
  async #deliverClaims(which: number, repeat: boolean): Promise<void> {
    const bodies = waiting.claims.slice(0, 1 + which)
    if (repeat) bodies.push(...[...bodies].reverse())
    await deliver('pbstream-claims', bodies, waiting.claims, this.#consumers.claims)
    await runDurableObjectAlarm(this.lane).catch(() => undefined)
  }

  async #deliverEvents(): Promise<void> {
    // Twice, the second time in reverse: what is projected is projected once.
    await deliver('pbstream-events', [...waiting.events].reverse(), [], this.#consumers.events)
    await deliver('pbstream-events', waiting.events.slice(0, 100), waiting.events, this.#consumers.events)
  }

  async #wait(ms: number): Promise<void> {
    Line.#ahead += ms
    await this.#faults.mine()
    for (const object of [this.stub as unknown as DurableObjectStub, this.lane, this.watcher]) {
      await runDurableObjectAlarm(object).catch(() => undefined)
    }
  }

  /** I8. No more faults: time passes, alarms come and queues deliver until nothing moves any more. */
  async #drain(): Promise<void> {
    let calm = 0
    for (let round = 0; round < 12; round++) {
      await this.#wait(round < 6 ? 100_000 : 3_700_000)
      await this.#deliverClaims(99, false)
      await this.#wait(1_000)
      await this.#deliverEvents()
      const empty = this.#open.size + waiting.claims.length + waiting.events.length === 0
      calm = empty && (await this.#quiet()) ? calm + 1 : 0
      // Once more: what was done last is still to be told.
      if (calm > 1) return
    }
    const numbers = await Promise.all(this.channels.map((of) => this.#view(of)))
    const text = JSON.stringify(numbers, (_, value: unknown) => (typeof value === 'bigint' ? `${value}` : value))
    throw new Error(`I8: not drained: ${text}, waiting ${waiting.claims.length} ${waiting.events.length}`)
  }

  async #quiet(): Promise<boolean> {
    const all = await Promise.all(this.channels.map((of) => this.#view(of)))
    return all.every(
      (numbers) =>
        numbers === undefined ||
        (numbers.settled + numbers.lost === numbers.spent && numbers.reserved === 0n && numbers.provisional === 0n),
    )
  }

  #view(of: Channel): Promise<ChannelNumbers | undefined> {
    return this.stub.view(1, of.id)
  }

  /** I1 and I3 after every step. */
  async #look(): Promise<void> {
    for (const of of this.channels) {
      const now = await this.#view(of)
      if (now === undefined) continue
      const { settled, claimed, spent, accepted } = now
      expect(settled <= claimed && claimed <= spent && spent <= accepted, 'I1: order').toBe(true)
      const before = this.#seen.get(of.id)
      for (const key of monotone) expect(now[key], `I3: ${key}`).toBeGreaterThanOrEqual(before?.[key] ?? 0n)
      this.#seen.set(of.id, now)
    }
  }
}

/** Hands messages to a consumer as the platform does; what it acknowledges leaves `from`. */
async function deliver<T>(
  queue: string,
  bodies: T[],
  from: T[],
  consume: (batch: MessageBatch, on: unknown) => Promise<void>,
): Promise<void> {
  if (bodies.length === 0) return
  const messages = bodies.map((body, i) => ({ id: `${i}`, timestamp: new Date(), attempts: 1, body }))
  const batch = createMessageBatch(queue, messages)
  await consume(batch, env)
  const { explicitAcks } = await getQueueResult(batch, createExecutionContext())
  const acked = new Set(explicitAcks.map((id) => bodies[Number(id)]))
  from.splice(0, from.length, ...from.filter((body) => !acked.has(body)))
}

/** One of the last few, mostly the last. */
function recent<T>(items: readonly T[], index: number): T | undefined {
  return items.at(-1 - (index % Math.min(4, items.length || 1)))
}

function reach(what: string): void {
  Line.reached.set(what, (Line.reached.get(what) ?? 0) + 1)
}
