// Stands for the gateway Worker: a StreamSession that stops when it is told to, and says which stops hold.
import { DurableObject } from 'cloudflare:workers'

export class StreamSession extends DurableObject {
  stop(_v, session, order) {
    this.stops ??= []
    const known = this.stops.find((each) => each.decision === order.decisionId)
    if (known !== undefined) return known
    const { decisionId: decision, ...rest } = order
    const stop = { id: `st_${decision}`, ...rest, at: Date.now(), decision }
    this.stops.push(stop)
    this.session = session
    return stop
  }

  /** The stops that hold, as a test says. */
  hold(ids) {
    this.stops = ids.map((id) => ({ id }))
  }

  sentinel() {
    return { sets: [], stops: this.stops ?? [], snoozes: [], throttles: [], breakers: [], session: this.session }
  }
}

export default { fetch: () => new Response(null, { status: 404 }) }
