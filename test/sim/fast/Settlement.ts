/**
 * Settlement over fakes of its queue and chain. The steps are those of `workers/settlement/src/Claims`, `Deposit`,
 * `Refund` and `Observe`, made synchronous and without calldata for speed; names and sizes of batches are the real ones. The
 * real handlers run in the other world (`full`).
 */
import type { ChainEvent, RefundOrder } from '@pbstream/core/message/Session'
import type { ClaimMessage } from '@pbstream/core/message/Settlement'
import { chainEvent, eventByAnother } from '@pbstream/nonce-lane/Order'
import type { Row as BatchRow } from '../../../workers/settlement/src/Batch.ts'
import * as Batch from '../../../workers/settlement/src/Batch.ts'
import { fateOf } from '../../../workers/settlement/src/Fate.ts'
import * as Sizing from '../../../workers/settlement/src/Sizing.ts'
import * as Worth from '../../../workers/settlement/src/Worth.ts'
import { channelIds, configs, indexOf, name, session } from '../support/fixtures.ts'
import { isPending, type Row } from './FakeChain.ts'
import { confirmations, type Lane, type Reply, Silence } from './Lane.ts'
import type { SettlementPort } from './Parts.ts'
import type { World } from './World.ts'

type Message = { body: ClaimMessage; attempts: number; notBefore: number; done: boolean }
type Status = 'confirmed' | 'failed' | 'deferred'
type Work = { row: BatchRow; messages: Message[] }

/** Wei per gas from which small young claims wait. */
export const CALM_FEE = 3_000n

const MAX_RETRIES = 3
const MAX_ATTEMPTS = 3
const limits = Sizing.limits(5_000_000)

export class Settlement implements SettlementPort {
  readonly #world: World
  readonly #lane: Lane
  #queue: Message[] = []
  #dead: Message[] = []
  /** News of the chain that are still on their way. */
  readonly #late: ChainEvent[][] = []
  incidents = 0

  constructor(world: World, lane: Lane) {
    this.#world = world
    this.#lane = lane
  }

  get queued(): number {
    return this.#queue.length
  }

  get dead(): number {
    return this.#dead.length
  }

  /** When the next message may be delivered; undefined when there is none. */
  get dueAt(): number | undefined {
    let due: number | undefined
    for (const { notBefore } of this.#queue) if (due === undefined || notBefore < due) due = notBefore
    return due
  }

  /** False: the sender must take it as not sent. */
  enqueue(body: ClaimMessage): boolean {
    const { faults, plant, now, oracle } = this.#world
    const sent = plant.claim?.(body) ?? body
    oracle.claimed(sent)
    if (faults.hit('sendThrows')) return false
    if (!faults.hit('messageLost')) this.#queue.push({ body: sent, attempts: 1, notBefore: now, done: false })
    return !faults.hit('sendHangs')
  }

  /** One batch of what is due: some of it, in any order. */
  consume(): void {
    const { random, faults, now } = this.#world
    const due = this.#queue.filter(({ notBefore }) => notBefore <= now)
    if (due.length === 0) return
    const batch = random.some(due)
    const copies = batch.filter(() => faults.hit('messageTwice')).map((message) => ({ ...message }))
    try {
      this.#settle(batch)
    } catch (error) {
      if (!(error instanceof Silence)) throw error
      // The Worker died, or its handler caught the chain's silence: what is not acknowledged comes again.
      for (const message of batch) if (!message.done) this.#retry(message)
    }
    this.#queue = [...this.#queue.filter(({ done }) => !done), ...copies]
  }

  /** Dead letters are given back to their session. */
  bury(): void {
    const late = this.#late.shift()
    if (late !== undefined) this.#world.tell(late)
    const message = this.#dead[0]
    if (message === undefined) return
    const row = rowOf(message.body)
    this.incidents++
    if (this.#world.tell([claimEvent(row, 'failed')])) this.#dead.shift()
  }

  #settle(messages: Message[]): void {
    const { faults, chain } = this.#world
    const works = new Map<string, Work>()
    for (const message of messages) {
      const row = rowOf(message.body)
      const work = works.get(row.channelId)
      works.set(row.channelId, work === undefined ? { row, messages: [message] } : merged(work, row, message))
    }
    const due = this.#due([...works.values()])
    const partial = chain.kind === 'escrow'
    const form = partial ? 'packed' : 'whole'
    const rows = due.map(({ row }) => row)
    for (const batch of Sizing.split(rows, form, limits)) {
      const { good, bad } = this.#trial(batch, partial)
      const worksOf = (some: readonly BatchRow[]) => due.filter(({ row }) => some.includes(row))
      if (good.length > 0) this.#send(worksOf(good), partial)
      for (const work of worksOf(bad)) {
        if (work.row.attempt >= MAX_ATTEMPTS) this.#retryAll(work)
        else this.#report(work, 'failed')
      }
      if (faults.hit('consumerDies')) throw new Silence()
    }
  }

  /** What is not done, not under way, and worth its gas. */
  #due(works: Work[]): Work[] {
    const { chain } = this.#world
    this.#rpc()
    const deep = chain.at(chain.head.number - confirmations + 1).state
    const newest = chain.head.state
    const due: Work[] = []
    for (const work of works) {
      const { channelId, total, reason } = work.row
      const isDone = ({ channels, claimed, paid }: typeof deep) =>
        channels[indexOf(channelId)]!.claimed >= total && claimed === paid
      const isDear = reason !== 'close' && reason !== 'age' && chain.baseFee >= CALM_FEE
      if (isDone(deep)) this.#report(work, 'confirmed')
      else if (this.#lane.covered(Batch.key(work.row)) || isDone(newest)) this.#ack(work)
      else if (isDear) this.#report(work, 'deferred')
      else due.push(work)
    }
    return due
  }

  #trial(rows: readonly BatchRow[], partial: boolean): { good: BatchRow[]; bad: BatchRow[] } {
    const { chain } = this.#world
    this.#rpc()
    const good: BatchRow[] = []
    const bad: BatchRow[] = []
    // Rows are of different channels, so each can be tried alone: what halving finds is the same.
    for (const row of rows) {
      const body = { kind: 'claims', rows: [chainRow(row)], partial: false, pays: true } as const
      const { balance, claimed } = chain.head.state.channels[indexOf(row.channelId)]!
      const part = partial && row.total > balance && balance > claimed && row.total <= row.max
      if (part || chain.passes(body)) good.push(row)
      else bad.push(row)
    }
    return { good, bad }
  }

  #send(works: Work[], partial: boolean): void {
    const keys = works.map(({ row }) => Batch.key(row))
    const reply = this.#lane.submit({
      // `Batch.itemId` is the hash of the same text.
      id: `claim:${[...keys].sort().join()}`,
      body: { kind: 'claims', rows: works.map(({ row }) => chainRow(row)), partial, pays: true },
      acks: works.map(({ row: { channelId, total } }) => ({
        kind: 'claim',
        channelId,
        total,
        settled: true,
        ...(partial ? { partial: true as const } : {}),
      })),
      keys,
    })
    for (const work of works) {
      if (reply.kind !== 'accepted') this.#retryAll(work, reply.kind === 'reverted' ? 5 : undefined)
      else if (reply.entry.state === 'failed') this.#report(work, 'failed')
      else this.#ack(work)
    }
  }

  deposit(depositId: string, channel: number, amount: bigint, authorization: string): 'sent' | 'failed' | 'lost' {
    const lane = this.#lane
    const ack = { kind: 'deposit', channelId: channelIds[channel]!, depositId, amount } as const
    const reply = this.#ask(() =>
      lane.submit({
        id: `deposit:${depositId}`,
        body: { kind: 'deposit', channel, amount, authorization },
        acks: [ack],
        keys: [],
      }),
    )
    if (reply === undefined) return 'lost'
    if (reply.kind === 'accepted') return 'sent'
    this.#world.tell([chainEvent(ack, 'failed', undefined)!])
    return 'failed'
  }

  refund(channel: number, { refundId, amount, nonce, claim }: RefundOrder): void {
    const { chain, now, skew } = this.#world
    const lane = this.#lane
    const channelId = channelIds[channel]!
    const ack = { kind: 'refund', channelId, refundId, amount, claimed: claim?.total ?? 0n, nonce } as const
    const tell = (event: ChainEvent | undefined) => void (event !== undefined && this.#world.tell([event]))
    const failed = () => tell(chainEvent(ack, 'failed', undefined))
    const id = `refund:${refundId}`
    if (lane.entries.get(id) === undefined) {
      const state = chain.head.state.channels[channel]!
      const claimed = claim !== undefined && claim.total > state.claimed ? claim.total : state.claimed
      if (state.refundNonce === nonce) {
        const pending = isPending(state, Math.floor((now + skew) / 1000), chain.kind)
        if (pending || amount > state.balance - claimed) return failed()
      }
    }
    const send = (with_: RefundOrder['claim']): Reply | undefined =>
      this.#ask(() => {
        const row = with_ === undefined ? undefined : { channel, ...with_ }
        const payout = with_ === undefined ? [] : [{ kind: 'payout', channelId, total: with_.total } as const]
        const claimed = with_?.total ?? 0n
        return lane.submit({
          id,
          body: { kind: 'refund', channel, amount, nonce, claim: row },
          acks: [{ ...ack, claimed }, ...payout],
          keys: [],
          proof: { channel, above: nonce },
        })
      })
    let reply = send(claim)
    if (reply?.kind === 'reverted' && !reply.proven && claim !== undefined && chain.kind === 'escrow') {
      reply = send(undefined)
    }
    if (reply === undefined || reply.kind === 'accepted') return
    if (reply.kind === 'reverted' && reply.proven) tell(eventByAnother(ack))
    else failed()
  }

  /** Reads a channel in the newest block that the node knows, and tells its session. */
  observe(channel: number): boolean {
    const { chain, faults, now, session } = this.#world
    const channelId = channelIds[channel]!
    const refund = session.book.standing(channelId, session.now)?.refundUnheard
    const over = refund !== undefined && this.#isOver(refund.refundId)
    if (faults.hit('rpcSilent')) return false
    const block = faults.hit('nodeLags') ? chain.at(chain.head.number - 1) : chain.head
    const state = block.state.channels[channel]!
    const pending = isPending(state, Math.max(block.time, Math.floor(now / 1000)), chain.kind)
    const fate = refund === undefined ? [] : fateOf(channelId, refund, { over, nonce: state.refundNonce })
    const event = {
      kind: 'observed',
      channelId,
      config: configs[channel]!,
      balance: state.balance,
      totalClaimed: state.claimed,
      withdrawRequestedAt: pending ? state.withdrawAt : 0,
      refundNonce: state.refundNonce,
      block: block.number,
    } as const
    if (!faults.hit('lookLate')) return this.#world.tell([...fate, event])
    this.#late.push([...fate, event])
    return false
  }

  /** As `Refund.isOver`: its transaction has failed for good, or there is none and never will be. */
  #isOver(refundId: string): boolean {
    const entry = this.#lane.giveUp(`refund:${refundId}`)
    return entry === undefined || entry.state === 'failed'
  }

  isWaiting(depositId: string): boolean {
    return this.#lane.entries.get(`deposit:${depositId}`)?.state === 'open'
  }

  broken(error: Error): never {
    throw error
  }

  idle(): undefined {
    return undefined
  }

  /** A lane that dies is asked again, three times in all; undefined: the caller gives up and knows nothing. */
  #ask(work: () => Reply): Reply | undefined {
    for (let tries = 0; tries < 3; tries++) {
      if (!this.#world.faults.hit('laneDies')) return work()
    }
    return undefined
  }

  #rpc(): void {
    if (this.#world.faults.hit('rpcSilent')) throw new Silence()
  }

  #report(work: Work, status: Status): void {
    if (this.#world.tell([claimEvent(work.row, status)])) this.#ack(work)
    else this.#retryAll(work)
  }

  #ack({ messages }: Work): void {
    for (const message of messages) message.done = true
  }

  #retryAll({ messages }: Work, seconds?: number): void {
    for (const message of messages) if (!message.done) this.#retry(message, seconds)
  }

  #retry(message: Message, seconds?: number): void {
    const { attempts } = message
    if (attempts > MAX_RETRIES) {
      message.done = true
      this.#dead.push({ ...message, done: false })
      return
    }
    message.attempts++
    message.notBefore = this.#world.now + 1000 * (seconds ?? Math.min(10 * 2 ** attempts, 900))
  }
}

function claimEvent({ channelId, total }: BatchRow, status: Status): ChainEvent {
  const wait = status === 'deferred' ? { waitMs: Worth.WAIT.dear } : {}
  return { kind: 'claim', channelId, total, status, settled: status === 'confirmed', ...wait }
}

function chainRow({ channelId, total, max, signature }: BatchRow): Row {
  return { channel: indexOf(channelId), total, max, signature }
}

function rowOf({ channelId, max, total, signature, reason, attempt }: ClaimMessage): BatchRow {
  return {
    session: name,
    chainId: session.chainId,
    contract: session.contract,
    channelId,
    config: configs[indexOf(channelId)]!,
    max: BigInt(max),
    total: BigInt(total),
    signature,
    reason,
    attempt,
  }
}

function merged({ row: known, messages }: Work, row: BatchRow, message: Message): Work {
  const higher = row.total > known.total ? row : known
  return { row: { ...higher, attempt: Math.max(row.attempt, known.attempt) }, messages: [...messages, message] }
}
