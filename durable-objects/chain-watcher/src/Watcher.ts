/**
 * Follows the chain for the channels of a registry: reads logs from its place to the head, notices reorganisations, and
 * has every channel that was touched read again. A channel's state is told, never what changed: a log only says where
 * to look, so one that is seen twice, or in a block that vanishes, does no harm.
 *
 * Nothing it keeps in memory matters. One run does a bounded amount of work.
 */
import { subjectsOf } from './Logs.ts'
import type { Block, Config, Log, Ports } from './Port.ts'
import type { Mark, Place, Registry } from './Registry.ts'

/** Blocks in one question for logs; halved when a node finds that too many. */
const RANGE = 2_000
/** Questions for logs in one run. */
const STRETCHES = 5
/** Channels that one run reads. */
export const READS = 100
/** Blocks before our place whose logs are read again, beyond the depth at which a block is final: nodes lag. */
const OVERLAP = 4
/** A channel with money in it is read at least this often, whatever logs say. Milliseconds. */
const STALE = 6 * 3_600_000
const FORGET = 100
/** Soon: there is more to do than one run does. */
const SOON = 250
/** From the beginning of a look to that of the next at most, whether the chain answers or not. Milliseconds. */
export const LONGEST_PAUSE = 15_000

export class Watcher {
  readonly #registry: Registry
  readonly #ports: Ports
  readonly #config: Config
  #range = RANGE
  /** The chain did not answer the last time: it is asked half as often. */
  #silent = false
  /** When the last look began. */
  #began = 0
  #more = false

  constructor(registry: Registry, ports: Ports, config: Config) {
    this.#registry = registry
    this.#ports = ports
    this.#config = config
  }

  /** One look at the chain. Never throws for the chain or a session. */
  async tick(): Promise<void> {
    this.#more = false
    if (this.#registry.isEmpty()) return this.#registry.start(undefined)
    this.#silent = true
    this.#began = this.#ports.now()
    try {
      const head = await this.#ports.chain.block('latest')
      if (head === undefined) throw new Error('no newest block')
      await this.#follow(head)
      await this.#read(head)
      this.#registry.setMeta('looked', this.#ports.now())
      this.#silent = false
    } catch (error) {
      this.#ports.log('watcher_delayed', { message: error instanceof Error ? error.message : 'unknown' })
    }
    this.#registry.prune(this.#ports.now(), FORGET)
  }

  /** When to run the next tick, Unix milliseconds; undefined when there is nothing to watch. */
  nextTick(): number | undefined {
    if (this.#registry.isEmpty()) return undefined
    const { pollMs } = this.#config
    const soon = this.#ports.now() + Math.min(SOON, pollMs)
    if (this.#more && !this.#silent) return soon
    const pause = Math.min(this.#silent ? 2 * pollMs : pollMs, LONGEST_PAUSE)
    // What the look took does not come on top: a node that hangs would stretch every pause.
    return Math.max(soon, this.#began + pause)
  }

  /** Reads logs from our place to the head. */
  async #follow(head: Block): Promise<void> {
    const place = await this.#standing(head)
    if (place === undefined) return this.#registry.start(head)
    let at = place
    for (let i = 0; i < STRETCHES && (i === 0 || at.number < head.number); i++) {
      const next = await this.#stretch(at, head)
      if (next === undefined) break
      at = next
    }
    if (at.number < head.number) this.#more = true
  }

  /**
   * Our place, on the chain as it is now: the last block that we read up to and that is still part of it. Undefined at
   * the start, and when the chain has changed further back than we remember.
   */
  async #standing(head: Block): Promise<Place | undefined> {
    const { chain, log } = this.#ports
    const [newest, ...older] = this.#registry.places()
    if (newest === undefined) return undefined
    for (const place of [newest, ...older]) {
      // A node that lags knows nothing of what is above its head; what is below it tells whether it is our chain.
      if (place.number > head.number) continue
      const block = place.number === head.number ? head : await chain.block(place.number)
      if (block?.hash !== place.hash) continue
      if (place === newest || newest.number > head.number) return place
      log('watcher_reorg', { from: newest.number, to: place.number })
      this.#registry.rewind(place, head.number)
      return place
    }
    if (newest.number > head.number && older.every(({ number }) => number > head.number)) return newest
    log('watcher_reorg', { from: newest.number, to: head.number })
    this.#registry.touchAll(head.number)
    return undefined
  }

  /** Reads one stretch of blocks; undefined when the node does not want so many: the next are fewer. */
  async #stretch(place: Place, head: Block): Promise<Place | undefined> {
    const overlap = this.#config.confirmations + OVERLAP
    const from = Math.max(0, this.#range > 2 * overlap ? place.number - overlap + 1 : place.number + 1)
    const end = Math.min(Math.max(head.number, place.number), from + this.#range - 1)
    if (end < from || head.number < place.number) return undefined
    const { chain, log } = this.#ports
    const reply = await chain.logs({ addresses: this.#config.contracts, from, to: end })
    const to = end === head.number ? head : await chain.block(end)
    if (to === undefined) return undefined
    if (reply.kind === 'logs') {
      this.#registry.apply(from, to, this.#marks(reply.logs))
      this.#range = Math.min(RANGE, this.#range * 2)
      return to
    }
    if (this.#range > 1) {
      this.#range = Math.ceil(this.#range / 2)
      return place
    }
    // Not even one block: whatever it says, every channel is read.
    log('watcher_blind', { block: end })
    this.#registry.touchAll(end)
    this.#registry.apply(end, to, [])
    return to
  }

  #marks(logs: readonly Log[]): Mark[] {
    return logs.flatMap((log) => {
      if (!this.#config.contracts.includes(log.address)) return []
      const { block, blockHash } = log
      return subjectsOf(log).flatMap((subject) =>
        this.#registry.touchedBy(subject).map((channelId) => ({ block, blockHash, channelId, prompt: subject.prompt })),
      )
    })
  }

  /** Has the channels read that are due. */
  async #read(head: Block): Promise<void> {
    const { now, observe } = this.#ports
    const deep = head.number - this.#config.confirmations + 1
    const at = { deep, chainTime: head.time, now: now(), stale: now() - STALE }
    const due = this.#registry.due(at, READS)
    if (due.length === 0) return
    if (due.length === READS) this.#more = true
    const seen = await observe(due.map(({ channel }) => channel))
    for (const [i, each] of due.entries()) {
      const found = seen[i]
      if (found === undefined) this.#registry.putOff(each, now())
      else this.#registry.read(each, found, deep, now())
    }
  }
}
