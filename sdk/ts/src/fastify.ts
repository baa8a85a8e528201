/**
 * `@pbstream/sdk/fastify`: paid routes of Fastify 5.
 *
 *     app.get('/weather', paid('$0.002'), (request) => ({ payer: payment(request).payer }))
 *
 * Options of the route go into `paid(price, options)`, which puts its own hooks before theirs.
 */
import { createHash } from 'node:crypto'
import { Transform } from 'node:stream'
import type {
  FastifyPluginCallback,
  FastifyReply,
  FastifyRequest,
  preHandlerAsyncHookHandler,
  preParsingHookHandler,
  RouteShorthandOptions,
} from 'fastify'
import { fromBytes } from '@pbstream/core/Hex'
import { attach, checkSingle, meterOf, paymentOf, paywallOf, setPaywall } from './server/Attached.ts'
import { type Content, READ_LIMIT, type Refusal, type Resource } from './server/Deployment.ts'
import { declared, factsOf, guard } from './server/NodeHttp.ts'
import type { PaywallOptions } from './server/Options.ts'
import type { Payment, Usage } from './server/Payment.ts'
import { Paywall } from './server/Paywall.ts'
import { parse, type Price } from './server/Price.ts'
import { record } from './server/Web.ts'

export * from './server/Public.ts'

/**
 * Sets up the paywall: `app.register(paywall, options)`. Without it, `paid()` goes by the environment.
 *
 * @throws {ConfigurationError} when the settings cannot work: the server does not start.
 */
export const paywall: FastifyPluginCallback<PaywallOptions> = (app, options, done) => {
  const wall = new Paywall(options)
  app.addHook('onRequest', (request, _reply, next) => {
    setPaywall(request, wall)
    next()
  })
  done()
}
// For the routes of whoever registers it, not for itself only.
Object.assign(paywall, { [Symbol.for('skip-override')]: true, [Symbol.for('fastify.display-name')]: 'pbstream' })

/** Hooks as a route has them: one or several. */
type Hooks<Hook> = Hook | Hook[] | undefined

/**
 * The options of a route that only paid calls get to.
 *
 * @param options of the route, and what is sold.
 * @throws {InvalidPriceError} at once, when the price cannot be used.
 */
export function paid<Options extends RouteShorthandOptions>(
  price: Price,
  options?: Options & { resource?: Resource },
): RouteShorthandOptions {
  const terms = parse(price)
  const { resource, ...others } = options ?? ({} as Options & { resource?: Resource })
  const admit: preHandlerAsyncHookHandler = async (request, reply) => {
    checkSingle(request)
    const wall = paywallOf(request)
    const facts = factsOf(request.raw, wall.publicUrl, () => contentHere(request))
    const passage = await wall.admit(facts, terms, resource)
    if ('kind' in passage) return refuse(reply, passage)
    attach(request, passage)
    guard(reply.raw, passage)
    return undefined
  }
  return {
    ...others,
    preParsing: [hash, ...listOf<preParsingHookHandler>(others.preParsing as Hooks<preParsingHookHandler>)],
    preHandler: [admit, ...listOf(others.preHandler as Hooks<preHandlerAsyncHookHandler>)],
  } as RouteShorthandOptions
}

/** @throws {UsageError} when the route has no `paid()`. */
export function payment(request: FastifyRequest): Payment {
  return paymentOf(request)
}

/** Adds to what was used, in units of a metered price. @throws {UsageError} */
export function meter(request: FastifyRequest, usage: Usage): void {
  meterOf(request, usage)
}

/** More than any chunk has: a stream that is full to its mark does not end. */
const MARGIN = 262_144

/** What each body turned out to be. */
const contents = new WeakMap<FastifyRequest, Promise<Content>>()

/** Hashes the bytes on their way to the parser, which may leave them unread: small bodies end here all the same. */
const hash: preParsingHookHandler = (request, _reply, payload, done) => {
  if (declared(request.raw) !== undefined) return done(null, payload)
  const counted = payload as NodeJS.ReadableStream & { receivedEncodedLength?: number }
  const { promise, resolve } = Promise.withResolvers<Content>()
  const sha256 = createHash('sha256')
  let length = 0
  const passing = new Transform({
    readableHighWaterMark: READ_LIMIT + MARGIN,
    transform(chunk: Uint8Array, _encoding, next) {
      sha256.update(chunk)
      length += chunk.length
      if (length > READ_LIMIT) resolve({ kind: 'large' })
      next(null, chunk)
    },
    flush(next) {
      resolve({ kind: 'bytes', digest: fromBytes(sha256.digest()), length })
      next()
    },
  })
  // What the parser holds against Content-Length.
  Object.defineProperty(passing, 'receivedEncodedLength', { get: () => counted.receivedEncodedLength ?? length })
  payload.on('error', (error) => passing.destroy(error))
  // A parser that has left it alone does not listen.
  passing.on('error', () => resolve({ kind: 'broken' }))
  contents.set(request, promise)
  done(null, payload.pipe(passing))
}

async function contentHere(request: FastifyRequest): Promise<Content> {
  return contents.get(request) ?? declared(request.raw) ?? { kind: 'gone' }
}

/** Through the framework, so that the headers of its plugins (CORS) join the answer. */
function refuse(reply: FastifyReply, { status, headers, body }: Refusal): FastifyReply {
  return reply.code(status).headers(record(headers)).send(body)
}

function listOf<Hook>(hooks: Hooks<Hook>): Hook[] {
  return hooks === undefined ? [] : Array.isArray(hooks) ? hooks : [hooks]
}
