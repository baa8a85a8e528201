// Stands for the Worker of Sentinel: says what a test told it to say, and remembers what it was asked to do.
import { WorkerEntrypoint } from 'cloudflare:workers'

let words = {}
let done = []

const delivery = (id, over) => ({
  ...{
    id,
    status: 'sent',
    severity: 'info',
    title: 'A test',
    count: 1,
    isTest: true,
    tries: 1,
    code: 200,
    error: null,
  },
  ...{ createdAt: 1, updatedAt: 2, nextAt: null },
  ...over,
})

export class SentinelOperations extends WorkerEntrypoint {
  say(next) {
    words = next
    done = []
  }

  done() {
    return done
  }

  #asked(what) {
    if (words.down) throw new Error('sentinel is away: whsec_quoted')
    done.push(what)
  }

  configure(_v, channel) {
    this.#asked({ configure: channel })
  }

  forget(_v, channelId) {
    this.#asked({ forget: channelId })
  }

  sendTest(_v, channel, testId, code) {
    this.#asked({ test: channel, testId, code })
    return words.test ?? { kind: 'tried', delivery: delivery(1) }
  }

  deliveries(_v, channelId, { before = Infinity, limit }) {
    this.#asked({ deliveries: channelId })
    const all = words.deliveries ?? [3, 2, 1].map((id) => delivery(id))
    return all.filter(({ id }) => id < before).slice(0, limit)
  }

  resend(_v, channelId, id) {
    this.#asked({ resend: channelId, id })
    return words.resend ?? { kind: 'queued', delivery: delivery(id, { status: 'pending' }) }
  }

  breaker(_v, act) {
    this.#asked({ breaker: act })
    return words.breaker ?? { kind: 'done', phase: act.act === 'open' ? 'open' : 'closed' }
  }

  alertCounts() {
    this.#asked('alertCounts')
    return words.alertCounts ?? { sent: 0, failed: 0, dead: 0, deadKept: 0 }
  }
}

export default { fetch: () => new Response(null, { status: 404 }) }
