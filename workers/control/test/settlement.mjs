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

  close(_v, { channelId }, keep) {
    done.push(`close ${channelId} ${keep.receiver} ${keep.withdrawDelay}`)
    return words.close?.[channelId] ?? { kind: 'closed' }
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

  view(_v, { chainId, contract, data }) {
    done.push(`view ${chainId} ${contract} ${data}`)
    return words.view ?? { kind: 'unavailable' }
  }
}

/** Answers each call with what a test said for its name; `verifyWallet` says no unless told otherwise. */
export class KeyRelay extends WorkerEntrypoint {
  verifyWallet(_v, claim) {
    done.push(`verifyWallet ${claim.chainId} ${claim.address}`)
    return words.verifyWallet ?? { kind: 'invalid' }
  }

  addresses() {
    return {}
  }

  keyState() {
    return { kind: 'unknown' }
  }

  relay() {
    return { kind: 'refused', code: 'key_signature_invalid' }
  }

  freezeAsFreezer() {
    return { kind: 'refused', code: 'key_not_registered' }
  }

  deposit() {
    return { kind: 'refused', code: 'deposit_failed' }
  }
}

export default { fetch: () => new Response(null, { status: 404 }) }
