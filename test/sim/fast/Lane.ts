/**
 * The nonce lane: the real decisions (`Lane.next`, `nextNonce`, `fees`, `bumped`, `chainEvents`) over a journal in memory.
 * Every write of the journal is durable at once and nothing else is kept, so a lane that dies is one that stops between
 * two writes.
 */
import type { Hex } from '@pbstream/core/Hex'
import type { ChainEvent } from '@pbstream/core/message/Session'
import type { Market, Receipt } from '@pbstream/nonce-lane/ChainRpc'
import * as Decide from '@pbstream/nonce-lane/Lane'
import { type AckEvent, chainEvents, eventByAnother } from '@pbstream/nonce-lane/Order'
import { demand } from '../support/Violation.ts'
import type { Body } from './FakeChain.ts'
import type { LanePort } from './Parts.ts'
import type { World } from './World.ts'

export type Order = {
  id: string
  body: Body
  acks: readonly AckEvent[]
  keys: readonly string[]
  proof?: { channel: number; above: bigint }
}
export type Entry = Order & {
  nonce: number
  state: Decide.State
  attempts: Decide.Attempt[]
  mined?: Decide.Mined
  missingSince?: number
}
export type Reply =
  | { kind: 'accepted'; entry: Entry }
  | { kind: 'reverted'; proven: boolean }
  | { kind: 'over_budget' | 'unavailable' }

/** A port gave no answer, or the process died there: what was to follow does not happen. */
export class Silence {}
const silence = new Silence()

const policy: Decide.Policy = {
  confirmations: 3,
  rebroadcastMs: 2_000,
  stallMs: 10_000,
  maxFeeCap: 100_000n,
  lostMs: 60_000,
  maxRefusals: 2,
}
export const { confirmations } = policy
const unanswered = { underpriced: false, unpaid: false }

export class Lane implements LanePort {
  readonly #world: World
  readonly entries = new Map<string, Entry>()
  readonly #open: Entry[] = []
  readonly #cover = new Map<string, Entry>()
  readonly outbox: ChainEvent[] = []
  /** Orders that no node takes. */
  readonly #refused = new Set<string>()
  /** Ids that were given up before they came. */
  readonly #givenUp = new Set<string>()
  #nonce: number | undefined

  constructor(world: World) {
    this.#world = world
  }

  get isOpen(): boolean {
    return this.#open.length > 0
  }

  get unsaid(): number {
    return this.outbox.length
  }

  get nonces(): number {
    return this.entries.size
  }

  covered(key: string): boolean {
    const entry = this.#cover.get(key)
    return entry !== undefined && entry.state !== 'failed'
  }

  submit(order: Order): Reply {
    const { chain, faults } = this.#world
    const known = this.#world.plant.laneForgets === true ? undefined : this.entries.get(order.id)
    if (known !== undefined) return { kind: 'accepted', entry: known }
    if (this.#givenUp.has(order.id)) return { kind: 'unavailable' }
    try {
      this.#rpc()
      if (!chain.passes(order.body))
        return { kind: 'reverted', proven: order.proof !== undefined && this.#holds(order.proof) }
      if (faults.hit('budgetSpent')) return { kind: 'over_budget' }
    } catch (error) {
      if (error instanceof Silence) return { kind: 'unavailable' }
      throw error
    }
    const nonce = Decide.nextNonce(this.#nonce, chain.head.count)
    demand(nonce === (this.#nonce ?? -1) + 1, 'I9', 'nonces are contiguous')
    this.#nonce = nonce
    const entry: Entry = { ...order, nonce, state: 'open', attempts: [] }
    this.#attempt(entry, false, Decide.fees(this.#market(), policy.maxFeeCap))
    this.entries.set(order.id, entry)
    this.#open.push(entry)
    for (const key of order.keys) this.#cover.set(key, entry)
    this.#guarded(() => {
      this.#act(entry, { do: 'sign', attempt: entry.attempts[0]! })
      this.#act(entry, { do: 'send', attempt: entry.attempts[0]! })
    })
    return { kind: 'accepted', entry }
  }

  /** As `Journal.giveUp`: what is not there now never will be. */
  giveUp(id: string): Entry | undefined {
    const entry = this.entries.get(id)
    if (entry === undefined) this.#givenUp.add(id)
    return entry
  }

  tick(): void {
    this.#guarded(() => {
      this.#rpc()
      const { number: head, count } = this.#view().head
      for (const entry of [...this.#open]) this.#guarded(() => this.#advance(entry, head, count))
    })
    for (let i = this.#open.length - 1; i >= 0; i--) {
      const { state } = this.#open[i]!
      if (state === 'confirmed' || state === 'failed') this.#open.splice(i, 1)
    }
    this.deliver()
  }

  /** Tells the session what it has not taken yet, in order. */
  deliver(): void {
    if (this.outbox.length === 0) return
    const events = this.outbox.slice()
    if (this.#world.tell(events)) this.outbox.splice(0, events.length)
  }

  #guarded(work: () => void): void {
    try {
      work()
    } catch (error) {
      if (!(error instanceof Silence)) throw error
    }
  }

  #rpc(): void {
    const { faults } = this.#world
    if (faults.hit('rpcSilent') || faults.hit('laneDies')) throw silence
  }

  /** What the node that is asked knows. One that lags is a block behind. */
  #view() {
    const { chain, faults } = this.#world
    return { head: faults.hit('nodeLags') ? chain.at(chain.head.number - 1) : chain.head }
  }

  #advance(entry: Entry, head: number, count: number): void {
    const { chain, now } = this.#world
    for (let round = 0; round < 12; round++) {
      const receipts = new Map<Hex, Receipt>()
      if (entry.state === 'mined' || entry.nonce < count) {
        this.#rpc()
        for (const { hash, sentAt } of entry.attempts) {
          const receipt = hash === undefined || sentAt === undefined ? undefined : chain.receipt(hash)
          if (receipt !== undefined) receipts.set(receipt.hash, receipt)
        }
      }
      const view: Decide.View = { head, count, now, receipts }
      if (Decide.needsMarket(entry, view, policy)) {
        this.#rpc()
        view.market = this.#market()
      }
      if (Decide.needsDeepCount(entry, view)) view.deepCount = chain.at(head - policy.confirmations + 1).count
      const seen = this.#world.plant.finalAtOnce === true ? { ...policy, confirmations: 1 } : policy
      const step = Decide.next(entry, view, seen)
      if (step.do === 'rest') return
      this.#act(entry, step)
    }
  }

  #act(entry: Entry, step: Exclude<Decide.Step, { do: 'rest' }>): void {
    this.#world.reach('lane', step.do)
    switch (step.do) {
      case 'sign':
        this.#rpc()
        this.#change(entry, step.attempt, { raw: '0x', hash: `0x${entry.nonce}e${step.attempt.n}` })
        return
      case 'send':
        return this.#send(entry, entry.attempts[step.attempt.n]!)
      case 'bump':
      case 'fill':
        return this.#attempt(entry, step.do === 'fill' || step.from.filler, step.fees)
      case 'mined':
        return this.#move(entry, 'mined', step.mined)
      case 'confirmed':
        return this.#move(entry, 'confirmed', step.mined)
      case 'failed': {
        const proven = entry.proof !== undefined && this.#holds(entry.proof)
        if (!proven) return this.#move(entry, 'failed', step.mined)
        this.#set(entry, 'confirmed', step.mined)
        for (const ack of entry.acks) this.#put(eventByAnother(ack))
        return
      }
      case 'reopen':
        return this.#set(entry, 'open', undefined)
      case 'missing':
        if (step.since === undefined) delete entry.missingSince
        else entry.missingSince = step.since
    }
  }

  #send(entry: Entry, attempt: Decide.Attempt): void {
    const { chain, faults, now } = this.#world
    this.#change(entry, attempt, { sentAt: now })
    this.#rpc()
    if (!attempt.filler && (this.#refused.has(entry.id) || faults.hit('nodeRefuses'))) {
      this.#refused.add(entry.id)
      this.#change(entry, entry.attempts[attempt.n]!, { refusals: attempt.refusals + 1, refusal: 'no' })
      return
    }
    const { hash, maxFee } = attempt
    const body: Body = attempt.filler ? { kind: 'filler' } : entry.body
    const reply = chain.send({ hash: hash!, item: entry.id, nonce: entry.nonce, maxFee, body })
    if (faults.hit('rpcSilentAfter')) throw silence
    if (reply === 'underpriced') this.#change(entry, entry.attempts[attempt.n]!, { underpriced: true })
    const first = { takenAt: attempt.takenAt ?? now, takenHead: attempt.takenHead ?? chain.head.number }
    if (reply === 'accepted') this.#change(entry, entry.attempts[attempt.n]!, { underpriced: false, ...first })
  }

  #market(): Market {
    return { baseFee: this.#world.chain.baseFee, priority: 1n }
  }

  #holds({ channel, above }: { channel: number; above: bigint }): boolean {
    this.#rpc()
    return this.#world.chain.head.state.channels[channel]!.refundNonce > above
  }

  #attempt(entry: Entry, filler: boolean, fees: Decide.Fees): void {
    const n = entry.attempts.length
    entry.attempts.push({ n, filler, ...fees, createdAt: this.#world.now, refusals: 0, ...unanswered })
  }

  #change(entry: Entry, { n }: Decide.Attempt, patch: Partial<Decide.Attempt>): void {
    entry.attempts[n] = { ...entry.attempts[n]!, ...patch }
  }

  #move(entry: Entry, state: Decide.State, mined: Decide.Mined | undefined): void {
    this.#set(entry, state, mined)
    if (state === 'mined' && !(mined?.success === true && !mined.filler)) return
    const recorded = mined === undefined ? undefined : this.#world.chain.recorded(mined.hash)
    for (const ack of entry.acks)
      for (const event of chainEvents(ack, state, mined?.hash, recorded, mined?.block)) this.#put(event)
  }

  #set(entry: Entry, state: Decide.State, mined: Decide.Mined | undefined): void {
    entry.state = state
    delete entry.missingSince
    if (mined === undefined) delete entry.mined
    else entry.mined = mined
  }

  #put(event: ChainEvent | undefined): void {
    if (event !== undefined) this.outbox.push(event)
  }
}
