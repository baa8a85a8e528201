/**
 * A chain as one signer and one channel contract see it: blocks, pool, reorganisations, and the contract's rules on
 * what moves (contracts/src/Channels.sol), without signatures or calldata.
 */
import type { Hex } from '@pbstream/core/Hex'
import type { Receipt } from '@pbstream/nonce-lane/ChainRpc'
import type { Recorded } from '@pbstream/nonce-lane/Recorded'
import { channelIds, signatureOf, WITHDRAW_DELAY } from '../support/fixtures.ts'
import { demand } from '../support/Violation.ts'

export type Kind = 'canonical' | 'escrow'

export type ChannelState = {
  readonly balance: bigint
  readonly claimed: bigint
  readonly withdrawAmount: bigint
  readonly withdrawAt: number
  readonly refundNonce: bigint
}

/** `paid`: what the receiver got of all that was claimed. `used`: deposit authorisations. */
export type State = {
  readonly channels: readonly [ChannelState, ChannelState]
  readonly claimed: bigint
  readonly paid: bigint
  readonly used: readonly string[]
}

export type Row = { channel: number; total: bigint; max: bigint; signature: Hex }

export type Body =
  /** Recorded and paid out. `partial`: a row that does not fit is left out; otherwise it makes everything revert. */
  | { kind: 'claims'; rows: readonly Row[]; partial: boolean; pays: boolean }
  | { kind: 'deposit'; channel: number; amount: bigint; authorization: string }
  | { kind: 'refund'; channel: number; amount: bigint; nonce: bigint; claim: Row | undefined }
  | { kind: 'initiate' | 'finalize'; channel: number; amount: bigint }
  | { kind: 'filler' }

export type Tx = { hash: Hex; item: string; nonce: number; maxFee: bigint; body: Body }
type Block = { number: number; hash: Hex; time: number; state: State; count: number; txs: Tx[]; foreign: Body[] }
type Place = { block: Block; tx: Tx; success: boolean; recorded: Recorded }

const empty: ChannelState = { balance: 0n, claimed: 0n, withdrawAmount: 0n, withdrawAt: 0, refundNonce: 0n }
export const genesis: State = { channels: [empty, empty], claimed: 0n, paid: 0n, used: [] }

export class FakeChain {
  readonly kind: Kind
  readonly blocks: Block[] = []
  readonly pool = new Map<number, Tx>()
  /** What others have sent and no block has taken. */
  foreign: Body[] = []
  baseFee = 100n
  /** Is told of each change of the state, on or back. */
  turned: (before: State, after: State) => void = () => {}
  readonly #places = new Map<Hex, Place>()
  /** Orders that are in the chain as it stands, with the hash that did it. */
  readonly #done = new Map<string, Hex>()
  readonly #time: () => number
  #forks = 0

  constructor(kind: Kind, time: () => number) {
    this.kind = kind
    this.#time = time
    this.blocks.push({ number: 0, hash: '0x0', time: time(), state: genesis, count: 0, txs: [], foreign: [] })
  }

  get head(): Block {
    return this.blocks[this.blocks.length - 1]!
  }

  /** The block of a number, or the nearest that there is. */
  at(number: number): Block {
    return this.blocks[Math.max(0, Math.min(number, this.blocks.length - 1))]!
  }

  mine(limit = 10, foreign = true): void {
    const { head } = this
    const number = head.number + 1
    const time = Math.max(head.time + 1, this.#time())
    const block: Block = {
      number,
      hash: `0x${number}f${this.#forks}`,
      time,
      state: head.state,
      count: head.count,
      txs: [],
      foreign: [],
    }
    if (foreign && this.foreign.length > 0) {
      for (const body of this.foreign) {
        const next = execute(block.state, body, time, this.kind)
        if (next === undefined) continue
        this.turned(block.state, next)
        block.state = next
        block.foreign.push(body)
      }
      this.foreign = []
    }
    for (let mined = 0; mined < limit; mined++) {
      const tx = this.pool.get(block.count)
      if (tx === undefined || tx.maxFee < this.baseFee) break
      this.pool.delete(block.count)
      this.#include(block, tx)
    }
    this.blocks.push(block)
  }

  #include(block: Block, tx: Tx): void {
    block.count++
    block.txs.push(tx)
    const recorded = new Map<Hex, bigint | 'before'>()
    const next = execute(block.state, tx.body, block.time, this.kind, recorded)
    this.#places.set(tx.hash, { block, tx, success: next !== undefined, recorded })
    if (next === undefined) return
    this.turned(block.state, next)
    block.state = next
    if (tx.body.kind === 'filler') return
    demand(!this.#done.has(tx.item), 'I9', `${tx.item} was mined twice`)
    this.#done.set(tx.item, tx.hash)
  }

  /** The last blocks never happened. What was in them is in the pool again, or gone. A fork is as long as what it replaces. */
  reorganise(depth: number, keep: boolean): void {
    this.#forks++
    const { head } = this
    const gone = this.blocks.splice(Math.max(1, this.blocks.length - depth))
    for (const { txs, foreign } of gone) {
      for (const tx of txs) {
        this.#places.delete(tx.hash)
        if (this.#done.get(tx.item) === tx.hash) this.#done.delete(tx.item)
        if (keep) this.pool.set(tx.nonce, tx)
      }
      if (keep) this.foreign.push(...foreign)
    }
    this.turned(head.state, this.head.state)
    for (const _ of gone) this.mine(0, false)
  }

  send(tx: Tx): 'accepted' | 'nonce_too_low' | 'underpriced' {
    const other = this.pool.get(tx.nonce)
    if (other?.hash === tx.hash) return 'accepted'
    if (tx.nonce < this.head.count) return 'nonce_too_low'
    if (tx.maxFee < this.baseFee || (other !== undefined && tx.maxFee * 10n < other.maxFee * 11n)) return 'underpriced'
    this.pool.set(tx.nonce, tx)
    return 'accepted'
  }

  receipt(hash: Hex): Receipt | undefined {
    const place = this.#places.get(hash)
    if (place === undefined) return undefined
    const { block, success } = place
    return { hash, block: block.number, blockHash: block.hash, success, gasUsed: 1n, gasPrice: 1n, logs: [] }
  }

  /** What the logs of a mined transaction say. */
  recorded(hash: Hex): Recorded | undefined {
    return this.#places.get(hash)?.recorded
  }

  /** Whether a call would go through on the newest state. */
  passes(body: Body): boolean {
    return execute(this.head.state, body, Math.max(this.head.time + 1, this.#time()), this.kind) !== undefined
  }
}

/** Whether a withdrawal is under way: in the escrow a request lapses at twice the delay. */
export function isPending({ withdrawAt }: ChannelState, time: number, kind: Kind): boolean {
  return withdrawAt !== 0 && (kind === 'canonical' || time < withdrawAt + 2 * WITHDRAW_DELAY)
}

/** The state after a call; undefined when it reverts. */
export function execute(
  state: State,
  body: Body,
  time: number,
  kind: Kind,
  recorded?: Map<Hex, bigint | 'before'>,
): State | undefined {
  switch (body.kind) {
    case 'filler':
      return state
    case 'claims':
      return claims(state, body, recorded)
    case 'deposit':
      return deposit(state, body, time, kind)
    case 'refund':
      return refund(state, body)
    case 'initiate':
      return initiate(state, body, time, kind)
    case 'finalize':
      return finalize(state, body.channel, time, kind)
  }
}

function claims(
  state: State,
  { rows, partial, pays }: Extract<Body, { kind: 'claims' }>,
  recorded?: Map<Hex, bigint | 'before'>,
): State | undefined {
  let next = state
  for (const row of rows) {
    const after = claim(next, row, partial)
    if (after === undefined && !partial) return undefined
    if (partial && recorded !== undefined) {
      const id = channelIds[row.channel]!
      if (after !== undefined && after !== next) recorded.set(id, after.channels[row.channel]!.claimed)
      else if (after !== undefined) recorded.set(id, 'before')
    }
    next = after ?? next
  }
  return pays ? { ...next, paid: next.claimed } : next
}

/** The same state: nothing new. Undefined: the row does not fit. */
function claim(state: State, { channel, total, max, signature }: Row, partial: boolean): State | undefined {
  const before = state.channels[channel]!
  if (total <= before.claimed) return state
  if (total > max || signature !== signatureOf(channel, max)) return undefined
  const claimed = partial && total > before.balance ? before.balance : total
  if (claimed > before.balance || claimed <= before.claimed) return undefined
  return { ...put(state, channel, { ...before, claimed }), claimed: state.claimed + claimed - before.claimed }
}

function deposit(
  state: State,
  { channel, amount, authorization }: Extract<Body, { kind: 'deposit' }>,
  time: number,
  kind: Kind,
): State | undefined {
  const before = state.channels[channel]!
  if (state.used.includes(authorization) || (kind === 'escrow' && isPending(before, time, kind))) return undefined
  const lapsed = kind === 'escrow' ? { withdrawAt: 0, withdrawAmount: 0n } : {}
  const after = put(state, channel, { ...before, ...lapsed, balance: before.balance + amount })
  return { ...after, used: [...state.used, authorization] }
}

function refund(state: State, body: Extract<Body, { kind: 'refund' }>): State | undefined {
  const { channel, amount, nonce, claim: row } = body
  const claimed = row === undefined ? state : claim(state, row, false)
  if (claimed === undefined || nonce !== claimed.channels[channel]!.refundNonce) return undefined
  const paid = row === undefined ? claimed : { ...claimed, paid: claimed.claimed }
  const before = paid.channels[channel]!
  const back = least(amount, before.balance - before.claimed)
  const after = { ...before, refundNonce: nonce + 1n, balance: before.balance - back }
  if (back === 0n) return put(paid, channel, after)
  const left = before.withdrawAmount > back
  const pending = left ? { withdrawAmount: before.withdrawAmount - back } : { withdrawAmount: 0n, withdrawAt: 0 }
  return put(paid, channel, { ...after, ...pending })
}

function initiate(
  state: State,
  { channel, amount }: { channel: number; amount: bigint },
  time: number,
  kind: Kind,
): State | undefined {
  const before = state.channels[channel]!
  if (amount <= 0n || amount > before.balance - before.claimed || isPending(before, time, kind)) return undefined
  return put(state, channel, { ...before, withdrawAmount: amount, withdrawAt: time })
}

function finalize(state: State, channel: number, time: number, kind: Kind): State | undefined {
  const before = state.channels[channel]!
  if (!isPending(before, time, kind) || time < before.withdrawAt + WITHDRAW_DELAY) return undefined
  const back = least(before.withdrawAmount, before.balance - before.claimed)
  const refundNonce = kind === 'escrow' ? before.refundNonce + 1n : before.refundNonce
  return put(state, channel, {
    ...before,
    refundNonce,
    balance: before.balance - back,
    withdrawAmount: 0n,
    withdrawAt: 0,
  })
}

function put(state: State, channel: number, next: ChannelState): State {
  const channels: [ChannelState, ChannelState] = channel === 0 ? [next, state.channels[1]] : [state.channels[0], next]
  return { channels, claimed: state.claimed, paid: state.paid, used: state.used }
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}
