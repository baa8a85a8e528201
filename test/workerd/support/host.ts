/**
 * The real objects and consumers of the line in one isolate. What they put on queues is kept here instead, for a test to
 * deliver: late, twice, in another order, or while something else fails.
 */
import type { PbEvent } from '@pbstream/core/message/Event'
import type { ClaimMessage } from '@pbstream/core/message/Settlement'
import { StreamSession as Session } from '@pbstream/stream-session/StreamSession'
import control from '../../../workers/control/src/index.ts'
import settlement, { NonceLane as Lane } from '../../../workers/settlement/src/index.ts'

export { ChainWatcher, DeadLetters, Operations, Settlement } from '../../../workers/settlement/src/index.ts'

/** What was sent and not yet acknowledged by its consumer. */
export const waiting: { claims: ClaimMessage[]; events: PbEvent[] } = { claims: [], events: [] }

/** How many of the next sends the queues refuse, and who is told when they do. */
export const queues = { refuse: 0, onRefusal: () => {} }

export class StreamSession extends Session {
  constructor(ctx: DurableObjectState, env: ConstructorParameters<typeof Session>[1]) {
    super(ctx, { ...env, CLAIMS: into(waiting.claims), EVENTS: into(waiting.events) } as typeof env)
  }
}

export class NonceLane extends Lane {
  constructor(ctx: DurableObjectState, env: ConstructorParameters<typeof Lane>[1]) {
    super(ctx, { ...env, EVENTS: into(waiting.events) })
  }
}

export type Consumer = (batch: MessageBatch, env: unknown) => Promise<void>
export type Consumers = Record<'claims' | 'events', Consumer>

export const consumers: Consumers = {
  claims: (batch, env) => settlement.queue(batch, env as never),
  events: async (batch, env) => control.queue(batch as never, env as never),
}

export default { fetch: () => new Response(null, { status: 404 }) }

/** Bodies travel as JSON, as they do on the platform. */
function into<T>(list: T[]): Queue<T> {
  const take = async (bodies: T[]): Promise<void> => {
    if (queues.refuse > 0) {
      queues.refuse -= 1
      queues.onRefusal()
      throw new Error('Queue sendBatch failed: Queue is overloaded. Please back off.')
    }
    list.push(...(JSON.parse(JSON.stringify(bodies)) as T[]))
  }
  const queue = {
    send: (body: T) => take([body]),
    sendBatch: (messages: Iterable<MessageSendRequest<T>>) => take([...messages].map(({ body }) => body)),
  }
  return queue as unknown as Queue<T>
}
