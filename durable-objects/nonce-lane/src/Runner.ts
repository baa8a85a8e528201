/**
 * Drives the items of one lane to their ends: looks at the chain, asks `Lane.next` what to do, does it, and writes
 * each step into the journal. Nothing it keeps in memory matters: after a crash at any point a new runner over the
 * same journal goes on.
 */
import type { Address, Hex } from '@pbstream/core/Hex'
import type { PbEvent } from '@pbstream/core/message/Event'
import type { ChainEvent } from '@pbstream/core/message/Session'
import type { Signer } from '@pbstream/core/NobleSigner'
import { type ChainReader, type ChainRpc, type Receipt, RpcUnavailable } from './ChainRpc.ts'
import * as Budget from './Budget.ts'
import { gapOf, hashesOf, isBehind } from './Gap.ts'
import * as Gas from './Gas.ts'
import { BY_ANOTHER, type Entry, type Journal, toLaneItem } from './Journal.ts'
import {
  type Attempt,
  fees,
  gasLimit,
  MAX_GAS_LIMIT,
  type Mined,
  needsDeepCount,
  needsMarket,
  next,
  nextNonce,
  type Policy,
  type Step,
  type View,
} from './Lane.ts'
import type { LaneItem, LaneOrder, LaneReply, Proof } from './Order.ts'
import { EVENTS } from './Outbox.ts'
import { recordedIn } from './Recorded.ts'
import * as Transaction from './Transaction.ts'

/** Everything outside the lane. */
export type Ports = {
  chain: ChainRpc & Partial<Pick<ChainReader, 'balance'>>
  signer: Signer
  /** Tells a StreamSession; throws when it has not taken the news. */
  acknowledge(session: string, events: ChainEvent[]): Promise<void>
  /** Puts events on the queue; throws when it has not taken them. */
  publish(events: PbEvent[]): Promise<void>
  now(): number
  /** For operators: one line a trouble, without secrets. */
  log(event: string, detail: Record<string, string | number>): void
}

export type Config = Policy & {
  /** Milliseconds between looks at the chain while something is under way. */
  pollMs: number
  /** Wei that may be set aside for gas in a day (UTC). */
  dailyBudget: bigint
  /** Wei of it that only claims may be signed for; absent: none. */
  keptForClaims?: bigint
  /** Wei of ether below which the signer is reported as running out; absent: never. */
  lowBalance?: bigint
}

/** The part of what was seen that is the same for all items. */
type Head = { head: number; count: number }

const MAX_ROUNDS = 12
const MAX_ITEMS = 200
const MAX_LETTERS = 100
/** One run of the object may make only so many calls; whoever is left is told in the next, which follows at once. */
const MAX_TARGETS = 400
const KEEP = 30 * 86_400_000
const DELIVERY_TIMEOUT = 15_000
const LONGEST_PAUSE = 30_000
const PAUSED: LaneReply = { kind: 'unavailable', message: 'the lane is paused' }
const GIVEN_UP: LaneReply = { kind: 'unavailable', message: 'it was given up before it came' }

export class Runner {
  readonly #journal: Journal
  readonly #ports: Ports
  readonly #config: Config
  /** How often in a row the chain did not answer: looks become rarer. */
  #silence = 0
  #weighAt = 0
  /** The newest block that was seen. */
  #newest: number | undefined
  /** Since when the chain is short of nonces that it had come past. */
  #shortSince: number | undefined
  readonly #posting = new Map<string, Promise<void>>()

  constructor(journal: Journal, ports: Ports, config: Config) {
    this.#journal = journal
    this.#ports = ports
    this.#config = config
  }

  /**
   * Takes an order on, once per id. What would revert or cannot be asked about never gets a nonce.
   *
   * @param onAllocated runs in the same turn as the journal's write: the place to set the alarm
   */
  async submit(order: LaneOrder, onAllocated: () => void): Promise<LaneReply> {
    if (this.#journal.entry(order.id) === undefined) {
      const refusal = await this.#allocate(order, onAllocated)
      // Meanwhile another call may have taken the same order on: what was found out here then says nothing about it.
      if (refusal !== undefined && this.#journal.entry(order.id) === undefined) {
        // Perhaps because there is no ether left.
        await this.#guarded(order.id, () => this.#weigh(order.chainId))
        return refusal
      }
      await this.#guarded(order.id, () => this.#launch(order.id))
    }
    await this.#guarded(order.id, () => this.#weigh(order.chainId))
    const item = this.#item(order.id)
    if (item === undefined) throw new Error('an accepted item is not in the journal')
    return { kind: 'accepted', item }
  }

  /** Looks at the chain for one item now; its reports are delivered when this returns. */
  async poke(id: string): Promise<LaneItem | undefined> {
    if (this.#journal.entry(id) === undefined) return undefined
    await this.#guarded(id, async () => this.#advance(id, await this.#look()))
    await this.#deliver(id)
    return this.#item(id)
  }

  /** One look at everything that is under way, then the post. Never throws for the chain or a receiver. */
  async tick(): Promise<void> {
    if (this.#journal.hasOpen()) {
      await this.#guarded('', async () => {
        const head = await this.#look()
        await this.#guarded('', () => this.#mend(head))
        // In line: what goes out first is what is mined first.
        for (const id of this.#journal.open(MAX_ITEMS)) await this.#guarded(id, () => this.#advance(id, head))
      })
    } else this.#shortSince = undefined
    await this.#guarded('', () => this.#weigh(this.#journal.lane()?.chainId))
    await this.#deliver()
    this.#journal.prune(this.#ports.now() - KEEP, 100)
  }

  /** When to run the next tick, Unix milliseconds; undefined when nothing is under way. */
  nextTick(): number | undefined {
    const now = this.#ports.now()
    const pause = Math.min(this.#config.pollMs * 2 ** Math.min(this.#silence, 10), LONGEST_PAUSE)
    const poll = this.#journal.hasOpen() ? now + Math.max(pause, this.#config.pollMs) : undefined
    const post = this.#journal.outbox.nextDue()
    if (poll === undefined || post === undefined) return poll ?? post
    return Math.max(now, Math.min(poll, post))
  }

  /** Tests an order and gives it its nonce, or says why not. */
  async #allocate(order: LaneOrder, onAllocated: () => void): Promise<LaneReply | undefined> {
    const { chain, now } = this.#ports
    const { signer: from, to, data } = order
    if (this.#journal.paused) return PAUSED
    try {
      const [estimate, market, count] = await Promise.all([
        chain.estimateGas({ from, to, data }),
        chain.market(),
        chain.transactionCount(from, 'latest'),
      ])
      this.#newest = Math.max(this.#newest ?? 0, market.block)
      if (estimate.kind === 'reverted') {
        const proven = order.proof !== undefined && (await this.#holds(order.proof))
        return { kind: 'reverted', message: estimate.message, proven }
      }
      if (estimate.gas > order.maxGas || estimate.gas > MAX_GAS_LIMIT) {
        return { kind: 'reverted', message: 'it takes too much gas', proven: false }
      }
      // No await from here to the journal: a second call for the same id finds the first one's entry.
      if (this.#journal.entry(order.id) !== undefined) return undefined
      if (this.#journal.givenUp.has(order.id)) return GIVEN_UP
      if (this.#journal.paused) return PAUSED
      const at = now()
      const fee = fees(market, this.#config.maxFeeCap)
      const gas = gasLimit(estimate.gas)
      // What would go behind a transaction that waits for its own gas takes none away from it.
      const kept = order.purpose === 'claim' ? 0n : (this.#config.keptForClaims ?? 0n)
      if (this.#journal.isHeld || gas * fee.maxFee > this.#room(at) - kept) {
        this.#journal.short({ chainId: order.chainId, signer: from }, this.#config.dailyBudget, at)
        return { kind: 'over_budget' }
      }
      const nonce = nextNonce(this.#journal.highestNonce(), count)
      this.#journal.allocate(order, { nonce, gasLimit: gas, fees: fee }, at)
      onAllocated()
      return undefined
    } catch (error) {
      if (error instanceof RpcUnavailable) return { kind: 'unavailable', message: error.message }
      throw error
    }
  }

  /** Looks from time to time whether the signer can go on paying for gas. */
  async #weigh(chainId: number | undefined): Promise<void> {
    const { chain, signer, now } = this.#ports
    const { lowBalance } = this.#config
    const at = now()
    if (lowBalance === undefined || chain.balance === undefined || chainId === undefined || at < this.#weighAt) return
    const balance = await chain.balance(signer.address)
    const verdict = Gas.judge(this.#journal.gas, balance, lowBalance, at, this.#journal.isUnpaid)
    this.#weighAt = at + Gas.PAUSE
    this.#journal.weighed({ chainId, signer: signer.address }, verdict, at)
  }

  #item(id: string): LaneItem | undefined {
    const entry = this.#journal.entry(id)
    return entry === undefined ? undefined : toLaneItem(entry)
  }

  async #look(): Promise<Head> {
    this.#silence++
    const head = await this.#ports.chain.blockNumber()
    const count = await this.#ports.chain.transactionCount(this.#ports.signer.address, 'latest')
    this.#silence = 0
    this.#newest = Math.max(this.#newest ?? 0, head)
    return { head, count }
  }

  /**
   * Fills nonces that the chain had come past and has lost, once that has been so in every look for `stallMs`. A node
   * that is behind, or a count that is older than the rest, shows itself by then.
   */
  async #mend({ head, count }: Head): Promise<void> {
    const { chain, now, log } = this.#ports
    const gap = gapOf(count, this.#journal.lowestOpen())
    const since = gap === undefined ? undefined : (this.#shortSince ?? now())
    this.#shortSince = since
    if (gap === undefined || since === undefined || now() - since < this.#config.stallMs) return
    const items = this.#journal.within(gap)
    if (isBehind(head, this.#newest ?? 0, items)) return
    for (const hash of items.flatMap(hashesOf)) if ((await chain.receipt(hash)) !== undefined) return
    const market = await chain.market()
    log('lane_gap', { nonce: gap.from, to: gap.to })
    this.#journal.fill(gap, fees(market, this.#config.maxFeeCap), now())
    this.#shortSince = undefined
  }

  /** Signs and sends a new item, without a look at the chain. */
  async #launch(id: string): Promise<void> {
    for (let round = 0; round < 2; round++) {
      const entry = this.#journal.entry(id)
      const attempt = entry?.attempts[0]
      if (entry === undefined || attempt === undefined || attempt.sentAt !== undefined) return
      await this.#act(entry, { do: attempt.raw === undefined ? 'sign' : 'send', attempt })
    }
  }

  /** Takes an item as far as it goes with what can be seen now. */
  async #advance(id: string, head: Head): Promise<void> {
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const before = this.#journal.entry(id)
      if (before === undefined) return
      const view = await this.#view(before, head)
      // Others may have moved the item meanwhile: what was seen of its past says nothing about its present.
      const entry = this.#journal.entry(id)
      if (entry === undefined) return
      if (entry.revision !== before.revision) continue
      const step = next(entry, view, this.#config)
      if (step.do === 'rest') return
      await this.#act(entry, step)
      // It waits for another day: what there was to do is done.
      if (this.#journal.entry(id)?.heldSince !== undefined) return
    }
  }

  async #view(entry: Entry, head: Head): Promise<View> {
    const { chain, signer } = this.#ports
    const receipts = new Map<Hex, Receipt>()
    // A nonce that the chain has not come to is in no block.
    const mayBeMined = entry.state === 'mined' || entry.nonce < head.count
    for (const { hash, sentAt } of mayBeMined ? entry.attempts : []) {
      if (hash === undefined || sentAt === undefined) continue
      const receipt = await chain.receipt(hash)
      if (receipt !== undefined) receipts.set(hash, receipt)
    }
    const view: View = { ...head, now: this.#ports.now(), receipts }
    if (needsMarket(entry, view, this.#config)) return { ...view, market: await chain.market() }
    if (!needsDeepCount(entry, view)) return view
    const deep = Math.max(0, head.head - this.#config.confirmations + 1)
    return { ...view, deepCount: await chain.transactionCount(signer.address, deep) }
  }

  async #act(entry: Entry, step: Exclude<Step, { do: 'rest' }>): Promise<void> {
    const { now, log } = this.#ports
    const { id } = entry
    switch (step.do) {
      case 'sign':
        return this.#sign(entry, step.attempt)
      case 'send':
        return this.#send(entry, step.attempt)
      case 'bump':
      case 'fill':
        return this.#replace(entry, step)
      case 'mined':
        return this.#journal.move(id, { state: 'mined', mined: step.mined }, now())
      case 'confirmed': {
        const { mined, logs } = step
        return this.#journal.move(id, { state: 'confirmed', mined, recorded: recordedIn(logs, entry.to) }, now())
      }
      case 'failed':
        return this.#fail(entry, step.error, step.mined)
      case 'reopen':
        log('lane_reorg', { itemId: id, nonce: entry.nonce })
        return this.#journal.move(id, { state: 'open' }, now())
      case 'missing':
        return this.#journal.missing(id, step.since)
    }
  }

  /** Other bytes for an item's nonce, if the day's gas pays for them; if not, those that there are go out again. */
  async #replace(entry: Entry, step: Extract<Step, { do: 'bump' | 'fill' }>): Promise<void> {
    const { do: what, from, fees: wanted } = step
    const { now, log, signer } = this.#ports
    const { id, nonce, heldSince } = entry
    const at = now()
    const filler = what === 'fill' || from.filler
    const gas = Budget.gasOf(entry, filler)
    const there = Budget.setAside(entry)
    const fee = Budget.affordable(wanted, from, { gas, setAside: there, room: this.#room(at) })
    if (fee !== undefined) {
      log(filler ? 'lane_fill' : 'lane_bump', { itemId: id, nonce })
      const setAside = Budget.missing(gas, fee.maxFee, there)
      return this.#journal.addAttempt(id, { n: from.n + 1, filler, fees: fee, setAside }, at)
    }
    const chainId = this.#journal.lane()?.chainId
    if (heldSince === undefined) log('lane_held', { itemId: id, nonce })
    this.#journal.hold(id, at)
    if (chainId !== undefined) this.#journal.short({ chainId, signer: signer.address }, this.#config.dailyBudget, at)
    if (at - (from.sentAt ?? 0) >= this.#config.rebroadcastMs) return this.#send(entry, from)
  }

  /** Wei of the day's gas that are left. */
  #room(at: number): bigint {
    return this.#config.dailyBudget - this.#journal.spent(at)
  }

  async #sign(entry: Entry, attempt: Attempt): Promise<void> {
    const { signer } = this.#ports
    const chainId = this.#journal.lane()?.chainId
    if (chainId === undefined) throw new Error('a lane without a chain')
    const body: { to: Address; data: Hex; gasLimit: bigint } = attempt.filler
      ? { to: signer.address, data: '0x', gasLimit: Budget.FILLER_GAS }
      : entry
    const bytes = await Transaction.sign(
      {
        chainId,
        nonce: entry.nonce,
        to: body.to,
        data: body.data,
        gasLimit: body.gasLimit,
        maxFee: attempt.maxFee,
        priorityFee: attempt.priorityFee,
      },
      signer,
    )
    this.#journal.signed(entry.id, attempt.n, bytes)
  }

  async #send(entry: Entry, attempt: Attempt): Promise<void> {
    const { id, nonce } = entry
    if (attempt.raw === undefined) return
    // Written first: whatever comes of it, these bytes may be out there from now on.
    this.#journal.sending(id, attempt.n, this.#ports.now())
    const reply = await this.#ports.chain.sendRaw(attempt.raw)
    if (reply.kind === 'accepted') this.#journal.taken(id, attempt.n, this.#ports.now(), this.#newest)
    if (reply.kind === 'no_funds') {
      // Said at once where it is news, and not only when the balance is looked at next.
      if (!attempt.unpaid) this.#weighAt = 0
      this.#journal.unpaid(id, attempt.n)
    }
    if (reply.kind === 'underpriced') this.#journal.underpriced(id, attempt.n)
    if (reply.kind === 'refused') this.#journal.refused(id, attempt.n, reply.message)
    if (reply.kind === 'accepted' || reply.kind === 'nonce_too_low') return
    this.#ports.log(`lane_${reply.kind}`, {
      itemId: id,
      nonce,
      ...(reply.kind === 'refused' ? { message: reply.message } : {}),
    })
  }

  async #fail(entry: Entry, error: string, mined: Mined | undefined): Promise<void> {
    const proven = entry.proof !== undefined && (await this.#holds(entry.proof))
    if (this.#journal.entry(entry.id)?.revision !== entry.revision) return
    const at = mined === undefined ? {} : { mined }
    const move = proven ? ({ state: 'confirmed', error: BY_ANOTHER } as const) : ({ state: 'failed', error } as const)
    this.#journal.move(entry.id, { ...move, ...at }, this.#ports.now())
  }

  async #holds(proof: Proof): Promise<boolean> {
    const reply = await this.#ports.chain.call({ to: proof.to, data: proof.data })
    return reply.kind === 'returned' && reply.data.length === 66 && BigInt(reply.data) > proof.above
  }

  /** Runs work on one item; its troubles are logged and left to the next tick. */
  async #guarded(itemId: string, work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      const message = error instanceof Error ? error.message : 'unknown'
      this.#ports.log(error instanceof RpcUnavailable ? 'rpc_unavailable' : 'lane_trouble', { itemId, message })
    }
  }

  async #deliver(itemId?: string): Promise<void> {
    const targets = this.#journal.outbox.targets(this.#ports.now(), MAX_TARGETS, itemId)
    await Promise.all(targets.map((target) => this.#inTurn(target)))
  }

  /** One delivery to a target at a time: the same news is not told twice because two callers wait for it. */
  async #inTurn(target: string): Promise<void> {
    const before = this.#posting.get(target)
    const mine = (before ?? Promise.resolve()).then(() => this.#deliverTo(target))
    this.#posting.set(target, mine)
    await mine
    if (this.#posting.get(target) === mine) this.#posting.delete(target)
  }

  async #deliverTo(target: string): Promise<void> {
    const { outbox } = this.#journal
    const letters = outbox.letters(target, MAX_LETTERS)
    if (letters.length === 0) return
    const bodies = letters.map(({ body }) => body)
    try {
      await within(DELIVERY_TIMEOUT, async () => {
        if (target === EVENTS) await this.#ports.publish(bodies as PbEvent[])
        else await this.#ports.acknowledge(target, bodies as ChainEvent[])
      })
      outbox.taken(letters)
    } catch (error) {
      const message = error instanceof Error ? error.message : 'unknown'
      this.#ports.log('outbox_delayed', { letters: bodies.length, message })
      outbox.putOff(target, this.#ports.now())
    }
  }
}

/** A promise that is not kept in time counts as broken: a queue has been seen to hang for a minute. */
async function within(ms: number, work: () => Promise<void>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | null = null
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('no answer in time')), ms)
  })
  try {
    await Promise.race([work(), late])
  } finally {
    clearTimeout(timer)
  }
}
