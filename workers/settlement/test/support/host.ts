/** The Worker under test beside recorders of what it tells others. */
import { DurableObject } from 'cloudflare:workers'
import type { PbEvent } from '@pbstream/core/message/Event'
import type { ChainEvent } from '@pbstream/core/message/Session'
import worker from '../../src/index.ts'

export { NonceLane, Settlement } from '../../src/index.ts'

/** Everything that went to the events queue. */
export const events: PbEvent[] = []

/** Takes the place of the gateway's object: remembers acknowledgements, and refuses as many as it is told to. */
export class StreamSession extends DurableObject {
  #taken: ChainEvent[] = []
  #refusals = 0

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
}

export default {
  ...worker,
  async queue(batch: MessageBatch<unknown>, env: Parameters<typeof worker.queue>[1]) {
    if (batch.queue === 'pbstream-events') events.push(...(batch.messages.map(({ body }) => body) as PbEvent[]))
    else await worker.queue(batch, env)
  },
}
