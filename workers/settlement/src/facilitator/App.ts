/** The x402 facilitator over HTTP: /supported, /verify, /settle. Nothing a caller sends yields a 500. */
import { problem } from '@pbstream/core/Errors'
import { RpcUnavailable } from '@pbstream/nonce-lane/ChainRpc'
import { type Context, Hono, type MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { type Chain, type Deps, deps, log } from '../Deps.ts'
import { amountOf, type Env } from '../Env.ts'
import * as ChannelSettle from './ChannelSettle.ts'
import * as ChannelVerify from './ChannelVerify.ts'
import * as ExactScheme from './ExactScheme.ts'
import { type Asked, parse, type SettleResponse, type Terms, Unavailable, type VerifyResponse } from './Wire.ts'

type App = { Bindings: Env }

const MAX_BODY = 256 * 1024
const MIN_AMOUNT = 10_000n
const MAX_WAIT = 60_000
const MIN_KEY = 16
/** Names that x402 v1 has for networks. */
const v1Names: Record<string, number> = { base: 8453, 'base-sepolia': 84532, polygon: 137, 'polygon-amoy': 80002 }

export const facilitator = new Hono<App>()

facilitator.get('/health', (c) => c.json({ ok: true }))

facilitator.get('/supported', (c) => {
  const { chains, keys } = deps(c.env)
  return c.json({
    kinds: chains.flatMap(kindsOf),
    extensions: [],
    signers: { 'eip155:*': [keys.facilitatorGas.address] },
  })
})

const limited = bodyLimit({ maxSize: MAX_BODY, onError: (c) => c.json(problem('payload_too_large'), 413) })

facilitator.post('/verify', authenticated(), limited, async (c) => {
  const asked = parse(await json(c))
  if (asked === undefined) return c.json({ isValid: false, invalidReason: 'invalid_payload' }, 400)
  return c.json(await verify(deps(c.env), asked, termsOf(c.env)))
})

facilitator.post('/settle', authenticated(), limited, async (c) => {
  const asked = parse(await json(c))
  if (asked === undefined) {
    return c.json({ success: false, errorReason: 'invalid_payload', transaction: '', network: '' }, 400)
  }
  return c.json(await settle(deps(c.env), asked, termsOf(c.env)))
})

facilitator.notFound((c) => c.json(problem('not_found'), 404))

facilitator.onError((error, c) => {
  if (!(error instanceof Unavailable || error instanceof RpcUnavailable)) {
    log('facilitator_trouble', { path: c.req.path, message: error.message })
  }
  c.header('retry-after', '5')
  // In the shape that official clients read; what was sent, if anything, is joined by the same request later.
  if (c.req.path === '/verify') return c.json({ isValid: false, invalidReason: 'unexpected_verify_error' }, 503)
  if (c.req.path !== '/settle') return c.json(problem('temporarily_unavailable'), 503)
  return c.json({ success: false, errorReason: 'unexpected_settle_error', transaction: '', network: '' }, 503)
})

async function verify(on: Deps, asked: Asked, terms: Terms): Promise<VerifyResponse> {
  const chain = chainOf(on, asked)
  const refusal = chain === undefined ? 'invalid_network' : refusalOf(asked)
  if (chain === undefined || refusal !== undefined)
    return { isValid: false, invalidReason: refusal ?? 'invalid_network' }
  return asked.scheme === 'exact'
    ? ExactScheme.verify(on, chain, asked, terms)
    : ChannelVerify.verify(on, chain, asked, terms)
}

async function settle(on: Deps, asked: Asked, terms: Terms): Promise<SettleResponse> {
  const { network } = asked
  const chain = chainOf(on, asked)
  const refusal = chain === undefined ? 'invalid_network' : refusalOf(asked)
  if (chain === undefined || refusal !== undefined) {
    return { success: false, errorReason: refusal ?? 'invalid_network', transaction: '', network }
  }
  // Server-side actions come with a timeout of 0: they have no caller who waits for an answer of his own.
  const wanted = asked.maxTimeoutSeconds * 1000
  const waitMs = wanted === 0 ? MAX_WAIT : Math.min(wanted, MAX_WAIT)
  return asked.scheme === 'exact'
    ? ExactScheme.settle(on, chain, asked, terms, waitMs)
    : ChannelSettle.settle(on, chain, asked, terms, waitMs)
}

function refusalOf(asked: Asked): string | undefined {
  const known = asked.scheme === 'exact' || (asked.scheme === 'batch-settlement' && asked.version === 2)
  if (!known) return 'unsupported_scheme'
  return asked.agrees ? undefined : 'invalid_payment_requirements'
}

function chainOf({ chains }: Deps, { version, network }: Asked): Chain | undefined {
  if (version === 2) return chains.find((chain) => chain.network === network)
  const chainId = Object.hasOwn(v1Names, network) ? v1Names[network] : undefined
  return chains.find((chain) => chain.chainId === chainId)
}

function kindsOf({ network, chainId }: Chain) {
  const name = Object.entries(v1Names).find(([, id]) => id === chainId)?.[0]
  return [
    { x402Version: 2, scheme: 'exact', network },
    // Without `receiverAuthorizer`: servers sign claims and refunds themselves.
    { x402Version: 2, scheme: 'batch-settlement', network },
    ...(name === undefined ? [] : [{ x402Version: 1, scheme: 'exact', network: name }]),
  ]
}

function termsOf(env: Env): Terms {
  return { minAmount: amountOf(env.FACILITATOR_MIN_AMOUNT, MIN_AMOUNT), tooSmall: 'pbstream_amount_below_minimum' }
}

/** The body as JSON; undefined when it is none. */
async function json(c: Context<App>): Promise<unknown> {
  try {
    return await c.req.json()
  } catch {
    return undefined
  }
}

/** Lets callers in who know the key, and not too often. */
function authenticated(): MiddlewareHandler<App> {
  return async (c, next) => {
    const given = /^Bearer ([\x21-\x7e]{1,512})$/.exec(c.req.header('authorization') ?? '')?.[1]
    if (c.env.FACILITATOR_OPEN !== 'true' && !(await isKey(given, c.env.FACILITATOR_API_KEY))) {
      c.header('www-authenticate', 'Bearer')
      return c.json({ error: 'unauthorized' }, 401)
    }
    const caller = given === undefined ? (c.req.header('cf-connecting-ip') ?? '') : 'key'
    const allowed = await c.env.FACILITATOR_LIMIT?.limit({ key: caller })
    if (allowed?.success === false) {
      c.header('retry-after', '60')
      return c.json(problem('rate_limited'), 429)
    }
    return next()
  }
}

/** Compares hashes, so that neither the length nor the place of a difference shows in the time it takes. */
async function isKey(given: string | undefined, key: string | undefined): Promise<boolean> {
  if (given === undefined || key === undefined || key.length < MIN_KEY) return false
  const [a, b] = await Promise.all(
    [given, key].map((text) => crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))),
  )
  return a !== undefined && b !== undefined && crypto.subtle.timingSafeEqual(a, b)
}
