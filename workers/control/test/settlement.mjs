// Stands for the settlement Worker: says what a test told it to say, and remembers what it was asked to do.
import { WorkerEntrypoint } from 'cloudflare:workers'

let words = {}
let done = []

export class Operations extends WorkerEntrypoint {
  say(next) {
    words = next
    done = []
  }

  done() {
    return done
  }

  compare(_v, channels) {
    if (words.down) throw new Error('settlement is away')
    return channels.map((channel) => ({ channel, answered: true, ...words.channels?.[channel.channelId] }))
  }

  observe(_v, { channelId }) {
    done.push(`observe ${channelId}`)
    return { ok: true }
  }

  drain(_v, { channelId }) {
    done.push(`drain ${channelId}`)
    return words.drain ?? { kind: 'drained' }
  }

  lanes() {
    return words.lanes ?? []
  }

  pauseLane(_v, chainId, signer, on) {
    done.push(`${on ? 'pause' : 'resume'} ${chainId} ${signer}`)
    return chainId === 84532
  }

  deadLetters() {
    return words.deadLetters ?? { letters: [], depth: 0, settled: [] }
  }

  replay(_v, id) {
    done.push(`replay ${id}`)
    return words.replay ?? { kind: 'not_found' }
  }
}

export default { fetch: () => new Response(null, { status: 404 }) }
