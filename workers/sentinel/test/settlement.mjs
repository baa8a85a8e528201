// Stands for settlement's entrypoint KeyRelay: one chain, on which keys have the freezer that their first byte says.
import { WorkerEntrypoint } from 'cloudflare:workers'

const OURS = `0x${'f5'.repeat(20)}`
const frozen = new Map()

export class KeyRelay extends WorkerEntrypoint {
  async addresses() {
    return { freezer: OURS }
  }

  async keyState(_v, { keyId }) {
    if (keyId.startsWith('0xdd')) return { kind: 'refused', code: 'temporarily_unavailable' }
    if (keyId.startsWith('0x00')) return { kind: 'unknown' }
    const freezer = keyId.startsWith('0xaa') ? OURS.toUpperCase().replace('0X', '0x') : `0x${'01'.repeat(20)}`
    return { kind: 'known', key: { keyId, freezer, frozenAt: frozen.get(keyId) ?? 0, revokedAt: 0 } }
  }

  async freezeAsFreezer(_v, { keyId }) {
    asked.push(keyId)
    frozen.set(keyId, 1)
    return { kind: 'done', key: { keyId } }
  }

  /** The keys that were to be frozen. */
  async asked() {
    return asked
  }
}

const asked = []

export default { fetch: () => new Response(null, { status: 404 }) }
