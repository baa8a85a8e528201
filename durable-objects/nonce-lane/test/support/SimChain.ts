import type { Address, Hex } from '@pbstream/core/Hex'
import { encodeAbiParameters, encodeEventTopics, keccak256, parseAbi, parseTransaction } from 'viem'
import type { ChainRpc, Log, Market, Receipt, SendReply } from '../../src/ChainRpc.ts'

/** Calldata that means something to this chain; anything else is an ordinary call. */
export const marks = {
  /** Mined, and reverts. */
  reverts: '0xbad',
  /** No node ever takes it. */
  refused: '0xdead',
  /** Goes through and may leave its row out: the block that it is mined in decides. */
  skips: '0xfade',
} as const

/** What a transaction that may leave its row out does in a block. */
export type Outcome = 'whole' | 'half' | 'before' | 'skipped'

export function outcomeIn(blockHash: Hex): Outcome {
  return (['whole', 'half', 'before', 'skipped'] as const)[Number(BigInt(blockHash) % 4n)] ?? 'whole'
}

const events = parseAbi([
  'event Claimed(bytes32 indexed channelId, uint128 totalClaimed)',
  'event ClaimSkipped(bytes32 indexed channelId, uint8 reason)',
])

/** The log of a claim up to `total`, as the escrow writes it. */
export function logOf(address: Address, channelId: Hex, outcome: Outcome, total: bigint): Log {
  const claimed = outcome === 'whole' || outcome === 'half'
  const eventName = claimed ? 'Claimed' : 'ClaimSkipped'
  const value = claimed ? (outcome === 'half' ? total / 2n : total) : outcome === 'before' ? 1n : 3n
  const topics = encodeEventTopics({ abi: events, eventName, args: { channelId } }) as Hex[]
  return { address, topics, data: encodeAbiParameters([{ type: 'uint128' }], [value]) }
}

type Tx = {
  hash: Hex
  nonce: number
  to: Address
  data: Hex
  gas: bigint
  maxFee: bigint
  priorityFee: bigint
  raw: Hex
}
type Block = { number: number; hash: Hex; txs: Tx[] }

/** One signer's view of a chain: a pool, blocks, and everything that can go wrong with them. */
export class SimChain {
  readonly blocks: Block[] = []
  readonly pool = new Map<number, Tx>()
  market: Market = { baseFee: 1_000n, priority: 100n }
  /** Wei that the signer has for gas, as nodes see it; absent: enough. */
  funds: bigint | undefined
  #forks = 0

  get head(): number {
    return this.blocks.length
  }

  get mined(): Tx[] {
    return this.blocks.flatMap(({ txs }) => txs)
  }

  count(at: number | 'latest'): number {
    const upTo = at === 'latest' ? this.head : at
    return this.blocks.slice(0, upTo).flatMap(({ txs }) => txs).length
  }

  /** Mines what is next in line, at most `limit` transactions. */
  mine(limit = 10): void {
    const txs: Tx[] = []
    for (let nonce = this.count('latest'); txs.length < limit; nonce++) {
      const tx = this.pool.get(nonce)
      if (tx === undefined || tx.maxFee < this.market.baseFee) break
      this.pool.delete(nonce)
      txs.push(tx)
    }
    const number = this.head + 1
    this.blocks.push({
      number,
      hash: keccak256(`0x${(number * 1000 + this.#forks).toString(16).padStart(12, '0')}`),
      txs,
    })
  }

  /** The pool forgets a transaction. */
  drop(nonce: number): void {
    this.pool.delete(nonce)
  }

  /** The last blocks never happened; their transactions are in the pool again, or gone. */
  reorg(depth: number, keep: boolean): void {
    this.#forks++
    const gone = this.blocks.splice(Math.max(0, this.head - depth))
    for (const tx of gone.flatMap(({ txs }) => txs)) if (keep) this.pool.set(tx.nonce, tx)
    // A fork that replaces blocks is at least as long.
    for (const _ of gone) this.mine(0)
  }

  send(raw: Hex): SendReply {
    const tx = read(raw)
    if (tx.data.startsWith(marks.refused)) return { kind: 'refused', message: 'no' }
    if (this.pool.get(tx.nonce)?.hash === tx.hash) return { kind: 'accepted' }
    if (tx.nonce < this.count('latest')) return { kind: 'nonce_too_low' }
    if (this.funds !== undefined && tx.gas * tx.maxFee > this.funds) return { kind: 'no_funds' }
    const other = this.pool.get(tx.nonce)
    const enough = (fee: bigint, old: bigint) => fee * 10n >= old * 11n
    if (other !== undefined && !(enough(tx.maxFee, other.maxFee) && enough(tx.priorityFee, other.priorityFee))) {
      return { kind: 'underpriced' }
    }
    this.pool.set(tx.nonce, tx)
    return { kind: 'accepted' }
  }

  receipt(hash: Hex): Receipt | undefined {
    for (const block of this.blocks) {
      const tx = block.txs.find((each) => each.hash === hash)
      if (tx === undefined) continue
      const success = !tx.data.startsWith(marks.reverts)
      const where = { hash, block: block.number, blockHash: block.hash }
      return { ...where, success, gasUsed: 21_000n, gasPrice: tx.maxFee, logs: logsOf(tx, block) }
    }
    return undefined
  }

  /** The port; every call goes through `pass`, which may let it fail before or after it took effect. */
  rpc(pass: <T>(effect: () => T) => Promise<T>): ChainRpc {
    return {
      sendRaw: (raw) => pass(() => this.send(raw)),
      receipt: (hash) => pass(() => this.receipt(hash)),
      blockNumber: () => pass(() => this.head),
      time: () => pass(() => this.head),
      transactionCount: (_address: Address, at) => pass(() => this.count(at)),
      estimateGas: () => pass(() => ({ kind: 'gas', gas: 50_000n }) as const),
      market: () => pass(() => ({ ...this.market, block: this.head })),
      call: () => pass(() => ({ kind: 'returned', data: '0x' }) as const),
    }
  }
}

/** Marked transactions end in the number of their order. */
function logsOf({ to, data }: Tx, block: Block): Log[] {
  if (!data.startsWith(marks.skips)) return []
  const i = Number(`0x${data.slice(-4)}`)
  return [logOf(to, channelOf(i), outcomeIn(block.hash), totalOf(i))]
}

/** The channel of the order with this number, and what it claims of it. */
export const channelOf = (i: number): Hex => `0x${i.toString(16).padStart(64, '0')}`
export const totalOf = (i: number): bigint => BigInt(10 * (i + 1))

function read(raw: Hex): Tx {
  const tx = parseTransaction(raw as `0x02${string}`)
  return {
    hash: keccak256(raw),
    nonce: tx.nonce ?? 0,
    to: (tx.to ?? '0x').toLowerCase() as Address,
    data: tx.data ?? '0x',
    gas: tx.gas ?? 0n,
    maxFee: tx.maxFeePerGas ?? 0n,
    priorityFee: tx.maxPriorityFeePerGas ?? 0n,
    raw,
  }
}
