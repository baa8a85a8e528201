/** A watcher over a chain that a test writes, and sessions that remember what they were told to look at. */
import { keccak256 } from '@pbstream/core/Eip712'
import { type Address, fromBytes, type Hex } from '@pbstream/core/Hex'
import { DatabaseSync } from 'node:sqlite'
import type { Block, Config, Log, LogsReply, Ports, Seen, Watched } from '../../src/Port.ts'
import { Registry } from '../../src/Registry.ts'
import type { Sql, SqlValue } from '../../src/Sql.ts'
import { Watcher } from '../../src/Watcher.ts'

export const contract: Address = `0x${'e5'.repeat(20)}`
const topic = (signature: string): Hex => fromBytes(keccak256(new TextEncoder().encode(signature)))
export const kinds = {
  deposited: topic('Deposited(bytes32,uint128,uint128)'),
  withdrawal: topic('WithdrawInitiated(bytes32,uint128,uint40)'),
  claimed: topic('Claimed(bytes32,uint128)'),
  frozen: topic('KeyFrozen(bytes32,uint40)'),
  settled: topic('Settled(address,address,address,uint128)'),
  unknown: topic('Unknown(bytes32)'),
}

export const word = (n: number): Hex => `0x${n.toString(16).padStart(64, '0')}`
export const keyId: Hex = `0x50425354${'7'.repeat(56)}`

export function channel(n: number, salt: Hex = word(0)): Watched {
  const address = (digit: string): Address => `0x${digit.repeat(40)}`
  return {
    session: { chainId: 1, contract, payer: address('1'), payerAuthorizer: address('2') },
    channelId: word(n),
    config: {
      payer: address('1'),
      payerAuthorizer: address('2'),
      receiver: address('3'),
      receiverAuthorizer: address('4'),
      token: address('5'),
      withdrawDelay: 900,
      salt,
    },
  }
}

type Draft = { kind: Hex; words: Hex[] }

export class World {
  now = 1_700_000_000_000
  /** Logs of each block; block 0 is there. */
  #blocks: { hash: Hex; logs: Draft[] }[] = []
  #forks = 0
  /** Which channels were read, run by run. */
  reads: number[][] = []
  readonly lines: string[] = []
  /** What a look at a channel shows. */
  shows = new Map<number, Partial<Seen>>()
  /** Channels whose session does not take the news. */
  readonly deaf = new Set<number>()
  /** The chain does not answer. */
  down = false
  /** More blocks than this are not looked through at once. */
  maxRange = Infinity
  asked = 0
  /** A block whose logs the node does not show yet. */
  hidden: number | undefined
  /** The head that the node knows of, when it lags. */
  lags: number | undefined
  readonly #sql = memorySql()
  registry = new Registry(this.#sql)
  watcher: Watcher
  readonly config: Config

  constructor(config: Partial<Config> = {}) {
    this.config = { contracts: [contract], confirmations: 3, pollMs: 10_000, ...config }
    this.mine(20)
    this.watcher = new Watcher(this.registry, this.#ports(), this.config)
  }

  get head(): number {
    return Math.min(this.#blocks.length - 1, this.lags ?? Infinity)
  }

  mine(blocks = 1, ...logs: Draft[]): void {
    for (let i = 0; i < blocks; i++) {
      const number = this.#blocks.length
      const hash = fromBytes(keccak256(new TextEncoder().encode(`${number}:${this.#forks}`)))
      this.#blocks.push({ hash, logs: i === 0 ? logs : [] })
    }
  }

  /** The last blocks never happened: others, without their logs, are there instead, and one more. */
  reorg(depth: number): void {
    this.#forks++
    this.#blocks.length -= depth
    this.mine(depth + 1)
  }

  add(...channels: Watched[]): void {
    this.registry.add(channels, this.now)
  }

  /** One run; answers which channels it read. */
  async tick(): Promise<number[]> {
    this.reads = []
    await this.watcher.tick()
    this.now += 10_000
    return this.reads.flat()
  }

  /** One run that takes so long; answers how long after its beginning the next begins, and time goes on to there. */
  async pause(takes = 0): Promise<number> {
    const began = this.now
    await this.watcher.tick()
    this.now += takes
    this.now = this.watcher.nextTick()!
    return this.now - began
  }

  /** Memory is gone; what was written is there. */
  restart(): void {
    this.registry = new Registry(this.#sql)
    this.watcher = new Watcher(this.registry, this.#ports(), this.config)
  }

  #block(number: number): Block | undefined {
    const found = number <= this.head ? this.#blocks[number] : undefined
    return found === undefined ? undefined : { number, hash: found.hash, time: 1_000 + number * 2 }
  }

  #logs(from: number, to: number): LogsReply {
    if (to - from + 1 > this.maxRange) return { kind: 'range' }
    const logs: Log[] = []
    for (let number = from; number <= Math.min(to, this.head); number++) {
      const block = number === this.hidden ? undefined : this.#blocks[number]
      for (const { kind, words } of block?.logs ?? []) {
        logs.push({ address: contract, topics: [kind, ...words], data: '0x', block: number, blockHash: block!.hash })
      }
    }
    return { kind: 'logs', logs }
  }

  #ports(): Ports {
    const answer = async <T>(what: () => T): Promise<T> => {
      this.asked++
      if (this.down) throw new Error('no answer')
      return what()
    }
    return {
      chain: {
        block: (at) => answer(() => this.#block(at === 'latest' ? this.head : at)),
        logs: ({ from, to }) => answer(() => this.#logs(from, to)),
      },
      observe: (channels) =>
        answer(() => {
          const ids = channels.map(({ channelId }) => Number(channelId))
          this.reads.push(ids)
          return ids.map((id) => {
            const seen = { empty: false, funded: true, awaitsPayout: false, ...this.shows.get(id) }
            return this.deaf.has(id) ? undefined : seen
          })
        }),
      now: () => this.now,
      log: (event) => this.lines.push(event),
    }
  }
}

function memorySql(): Sql {
  const database = new DatabaseSync(':memory:')
  return {
    rows: (query, ...bindings) => database.prepare(query).all(...bindings) as Record<string, SqlValue>[],
    transaction: (work) => {
      database.exec('BEGIN')
      try {
        const result = work()
        database.exec('COMMIT')
        return result
      } catch (error) {
        database.exec('ROLLBACK')
        throw error
      }
    },
  }
}
