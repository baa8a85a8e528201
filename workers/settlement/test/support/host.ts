/** The Worker under test beside recorders of what it tells others. */
import { DurableObject } from 'cloudflare:workers'
import type { PbEvent } from '@pbstream/core/message/Event'
import type { ChannelStanding, DrainReply } from '@pbstream/core/message/Operations'
import type { ChainEvent } from '@pbstream/core/message/Session'
import worker, { ChainWatcher as Watcher } from '../../src/index.ts'

export { DeadLetters, KeyRelay, NonceLane, Operations, Settlement } from '../../src/index.ts'

/** Everything that went to the events queue. */
export const events: PbEvent[] = []

/** The watcher, whose looks the tests decide on: an alarm that is set is far away. */
export class ChainWatcher extends Watcher {
  protected override at(time: number): number {
    return time + 86_400_000
  }
}

/** Takes the place of the gateway's object: remembers acknowledgements, and refuses as many as it is told to. */
export class StreamSession extends DurableObject {
  #taken: ChainEvent[] = []
  #refusals = 0
  #words: { standing?: ChannelStanding; drain?: DrainReply } = {}
  readonly #drained: string[] = []

  async acknowledge(_v: 1, news: ChainEvent[]): Promise<void> {
    if (this.#refusals-- > 0) throw new Error('not now')
    this.#taken.push(...news)
  }

  async taken(): Promise<ChainEvent[]> {
    return this.#taken
  }

  async refuse(times: number): Promise<void> {
    this.#refusals = times
  }

  /** What the session says from now on when it is asked how a channel stands, or to drain it. */
  async say(words: { standing?: ChannelStanding; drain?: DrainReply }): Promise<void> {
    this.#words = words
  }

  async standing(_v: 1, _channelId: string): Promise<ChannelStanding | undefined> {
    return this.#words.standing
  }

  async drain(_v: 1, channelId: string): Promise<DrainReply> {
    this.#drained.push(channelId)
    return this.#words.drain ?? { kind: 'unknown_channel' }
  }

  /** The channels that were to be drained. */
  async drained(): Promise<string[]> {
    return this.#drained
  }
}

export default {
  ...worker,
  async queue(batch: MessageBatch<unknown>, env: Parameters<typeof worker.queue>[1]) {
    if (batch.queue === 'pbstream-events') events.push(...(batch.messages.map(({ body }) => body) as PbEvent[]))
    else await worker.queue(batch, env)
  },
}
