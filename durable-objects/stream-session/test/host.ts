/** Hosts the object and keeps what it puts on the queues. Runs in the isolate of the tests, so they can look. */
import type { IncidentEvent, SessionEvent } from '@pbstream/core/message/Event'
import type { ClaimMessage } from '@pbstream/core/message/Settlement'

export { StreamSession } from '../src/StreamSession.ts'

export const received: { claims: ClaimMessage[]; events: SessionEvent[]; incidents: IncidentEvent[] } = {
  claims: [],
  events: [],
  incidents: [],
}

export default {
  fetch: () => new Response(null, { status: 404 }),
  queue(batch: MessageBatch<ClaimMessage | SessionEvent | IncidentEvent>): void {
    for (const { body } of batch.messages) {
      if (body.kind === 'claim') received.claims.push(body)
      else if (body.kind === 'incident') received.incidents.push(body)
      else received.events.push(body)
    }
  },
}
