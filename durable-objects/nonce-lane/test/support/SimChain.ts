import type { Address, Hex } from '@pbstream/core/Hex'
import { keccak256, parseTransaction } from 'viem'
import type { ChainRpc, Market, Receipt, SendReply } from '../../src/ChainRpc.ts'

/** Calldata that means something to this chain; anything else is an ordinary call. */
export const marks = {
  /** Mined, and reverts. */
  reverts: '0xbad',
  /** No node ever takes it. */
  refused: '0xdead',
} as const

type Tx = { hash: Hex; nonce: number; data: Hex; maxFee: bigint; priorityFee: bigint; raw: Hex }
type Block = { number: number; hash: Hex; txs: Tx[] }

/** One signer's view of a chain: a pool, blocks, and everything that can go wrong with them. */
export class SimChain {
  readonly blocks: Block[] = []
  readonly pool = new Map<number, Tx>()
  market: Market = { baseFee: 1_000n, priority: 100n }
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
      return { hash, block: block.number, blockHash: block.hash, success, gasUsed: 21_000n, gasPrice: tx.maxFee }
    }
    return undefined
  }

  /** The port; every call goes through `pass`, which may let it fail before or after it took effect. */
  rpc(pass: <T>(effect: () => T) => Promise<T>): ChainRpc {
    return {
      sendRaw: (raw) => pass(() => this.send(raw)),
      receipt: (hash) => pass(() => this.receipt(hash)),
      blockNumber: () => pass(() => this.head),
      transactionCount: (_address: Address, at) => pass(() => this.count(at)),
      estimateGas: () => pass(() => ({ kind: 'gas', gas: 50_000n }) as const),
      market: () => pass(() => this.market),
      call: () => pass(() => ({ kind: 'returned', data: '0x' }) as const),
    }
  }
}

function read(raw: Hex): Tx {
  const tx = parseTransaction(raw as `0x02${string}`)
  return {
    hash: keccak256(raw),
    nonce: tx.nonce ?? 0,
    data: tx.data ?? '0x',
    maxFee: tx.maxFeePerGas ?? 0n,
    priorityFee: tx.maxPriorityFeePerGas ?? 0n,
    raw,
  }
}
