/** The server alone: callers come to it directly, and it asks the gateway to set money aside and to charge it. */
import type { Hex } from '@pbstream/core/Hex'
import * as Path from '@pbstream/core/Path'
import * as RequestBinding from '@pbstream/core/RequestBinding'
import { PAYMENT_HEADERS } from '@pbstream/core/standalone/Wire'
import type { Binding, Deployment, Facts, Grant, Header, Hold, Refusal, Resource } from './Deployment.ts'
import { namedDigest } from './Named.ts'
import type { Settings } from './Options.ts'
import type { Terms } from './Price.ts'
import { refuse } from './Refuse.ts'
import { createStandalone, type Standalone, StandaloneError } from './Standalone.ts'

/** What is sold is known by this label where nobody gave it one. */
const LABEL = 'api'

export function standing(settings: Extract<Settings, { deployment: 'standalone' }>): Deployment {
  const { gateway, secretKey: apiKey, fetch, provider } = settings
  const gate = createStandalone({ gateway, apiKey, fetch, ...(provider === undefined ? {} : { provider }) })
  return { admit: (facts, terms, resource) => admit(gate, facts, terms, resource) }
}

async function admit(gate: Standalone, facts: Facts, terms: Terms, resource: Resource): Promise<Grant | Refusal> {
  if (!Path.normalise(facts.url).ok) return refuse('non_canonical_path')
  const bound = await bodyOf(facts)
  if ('kind' in bound) return bound
  try {
    const verdict = await gate.authorize({
      route: resource.route ?? LABEL,
      method: facts.method,
      url: facts.url,
      ...(bound.digest === RequestBinding.EMPTY_BODY ? {} : { bodyDigest: bound.digest }),
      price: terms.most,
      headers: paymentHeaders(facts),
    })
    if (verdict.kind === 'response') {
      const { status, headers, body } = verdict
      return { kind: 'refused', status, headers: Object.entries(headers), body }
    }
    const { id, payer, session, ceiling } = verdict
    const common = { kind: 'granted', payer, session, id, ceiling, content: bound.content } as const
    return { ...common, headers: Object.entries(verdict.headers), hold: holdOf(gate, id) }
  } catch (error) {
    const isTooLarge = error instanceof StandaloneError && error.code === 'header_too_large'
    return refuse(isTooLarge ? 'header_too_large' : 'temporarily_unavailable')
  }
}

/** The digest that the payment is for. A large body has to be named by its sender, who then answers for it. */
async function bodyOf(facts: Facts): Promise<{ digest: Hex; content: Binding } | Refusal> {
  const content = await facts.content()
  if (content.kind === 'broken') return refuse('malformed_body')
  if (content.kind === 'bytes') return { digest: content.digest, content: 'verified' }
  const digest = namedDigest(facts)
  if (digest !== undefined) return { digest, content: 'named' }
  return content.kind === 'large'
    ? refuse('payload_too_large', 'a body over 1 MiB needs a Content-Digest header with sha-256')
    : refuse('origin_body_unavailable')
}

/** Nothing else of the caller goes to the gateway. */
function paymentHeaders(facts: Facts): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const name of PAYMENT_HEADERS) {
    const value = facts.header(name)
    if (value !== null) headers[name] = value
  }
  return headers
}

function holdOf(gate: Standalone, id: string): Hold {
  return {
    kind: 'captured',
    async capture(amount) {
      const { receipt, headers } = await gate.capture(id, amount)
      return { receipt, headers: Object.entries(headers) satisfies Header[] }
    },
    async void(isKnown) {
      // It expires by itself when nobody is told.
      await gate.void(id, isKnown).catch(() => {})
    },
    async mark(amount) {
      try {
        await gate.mark(id, amount)
        return true
      } catch (error) {
        return !(error instanceof StandaloneError && error.code === 'payment_ended')
      }
    },
  }
}
