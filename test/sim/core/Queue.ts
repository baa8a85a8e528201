/** The queue of claims and who takes them to the chain: messages are lost, come twice, late, and in any order. */
import type { ChainEvent } from '@pbstream/core/message/Session'
import { channelIds } from '../support/fixtures.ts'
import type { Row, State } from '../fast/FakeChain.ts'
import type { CoreWorld } from './CoreWorld.ts'

type Message = Row & { attempts: number; at: number }

const RETRIES = 3
const RETRY_MS = 20_000
const DEAR_MS = 60_000

export class Queue {
  readonly #world: CoreWorld
  #messages: Message[] = []

  constructor(world: CoreWorld) {
    this.#world = world
  }

  get length(): number {
    return this.#messages.length
  }

  /** When the next message may be delivered; Infinity: there is none. */
  get dueAt(): number {
    let due = Infinity
    for (const { at } of this.#messages) if (at < due) due = at
    return due
  }

  /** False: the sender must take it as not sent. */
  send(message: Message): boolean {
    const { faults } = this.#world
    if (faults.hit('sendThrows')) return false
    if (!faults.hit('messageLost')) this.#messages.push(message)
    return !faults.hit('sendHangs')
  }

  /** Some of what is due, in any order. */
  consume(): void {
    const { random, faults, now } = this.#world
    const messages = this.#messages
    this.#messages = []
    for (let left = messages.length; left > 0; left--) {
      const [message] = messages.splice(left === 1 ? 0 : random.below(left), 1)
      const waits = message!.at > now || (faults.on('messageTwice') && random.below(4) === 0)
      if (waits || faults.hit('messageTwice')) this.#messages.push(message!)
      if (!waits && !this.#settle(message!)) this.#again(message!)
    }
  }

  /** False: it has to come again. */
  #settle({ channel, total, max, signature }: Message): boolean {
    const { chain, faults } = this.#world
    if (faults.hit('rpcSilent')) return false
    const isDone = ({ channels, claimed, paid }: State) => channels[channel]!.claimed >= total && claimed === paid
    if (isDone(chain.deep.state)) return this.#tell(channel, total, 'confirmed')
    if (chain.covers(channel, total) || isDone(chain.head.state)) return true
    if (faults.hit('feesRise')) return this.#tell(channel, total, 'deferred')
    const rows = [{ channel, total, max, signature }]
    const sent = chain.submit(channel, { kind: 'claims', rows, partial: false, pays: true }, { kind: 'claim', total })
    return sent === 'sent' ? !faults.hit('consumerDies') : this.#tell(channel, total, 'failed')
  }

  /** After its last try a message is a dead letter, and given back to its session. */
  #again(message: Message): void {
    if (message.attempts === RETRIES) {
      this.#world.chain.news.push(eventOf(message.channel, message.total, 'failed'))
      return
    }
    message.attempts++
    message.at = this.#world.now + RETRY_MS
    this.#messages.push(message)
  }

  #tell(channel: number, total: bigint, status: 'confirmed' | 'failed' | 'deferred'): boolean {
    return this.#world.tell(eventOf(channel, total, status))
  }
}

function eventOf(channel: number, total: bigint, status: 'confirmed' | 'failed' | 'deferred'): ChainEvent {
  const settled = status === 'confirmed'
  const waits = status === 'deferred' ? { waitMs: DEAR_MS } : {}
  return { kind: 'claim', channelId: channelIds[channel]!, total, status, settled, ...waits }
}
