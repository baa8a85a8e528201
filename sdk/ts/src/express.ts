/**
 * `@pbstream/sdk/express`: paid routes of Express 5.
 *
 *     app.get('/weather', paid('$0.002'), (req, res) => res.json({ payer: payment(req).payer }))
 *
 * A payment is for the bytes of the body. `paywall()` or `paid()` before a body parser sees them, and the parser reads
 * them afterwards; a parser that has to come first keeps them by `express.json({ verify: keepBody })`.
 */
import type { Request, RequestHandler } from 'express'
import { attach, checkSingle, meterOf, paymentOf, paywallOf, setPaywall } from './server/Attached.ts'
import type { Resource } from './server/Deployment.ts'
import { factsOf, guard, look, type NodeRequest, send } from './server/NodeHttp.ts'
import type { PaywallOptions } from './server/Options.ts'
import type { Payment, Usage } from './server/Payment.ts'
import { Paywall } from './server/Paywall.ts'
import { parse, type Price } from './server/Price.ts'

export * from './server/Public.ts'

/**
 * Sets up the paywall of the routes after it, and looks at bodies before a parser does. Without it, `paid()` goes by
 * the environment.
 *
 * @throws {ConfigurationError} when the settings cannot work.
 */
export function paywall(options: PaywallOptions = {}): RequestHandler {
  const wall = new Paywall(options)
  return async (req, _res, next) => {
    setPaywall(req, wall)
    // A request that nobody will parse or pay for may be a stream without an end.
    if (mayBeSold(req)) await look(req as NodeRequest)
    next()
  }
}

/**
 * Lets only paid calls through to the handlers after it.
 *
 * @throws {InvalidPriceError} at once, when the price cannot be used.
 */
export function paid(price: Price, resource?: Resource): RequestHandler {
  const terms = parse(price)
  return async (req, res, next) => {
    checkSingle(req)
    const wall = paywallOf(req)
    const passage = await wall.admit(factsOf(req as NodeRequest, wall.publicUrl), terms, resource)
    if ('kind' in passage) return send(res, passage)
    attach(req, passage)
    guard(res, passage)
    next()
  }
}

/** @throws {UsageError} when the route has no `paid()`. */
export function payment(req: Request): Payment {
  return paymentOf(req)
}

/** Adds to what was used, in units of a metered price. @throws {UsageError} */
export function meter(req: Request, usage: Usage): void {
  meterOf(req, usage)
}

/** Whether a parser may consume its body, or a payment is for it. */
function mayBeSold({ headers }: Request): boolean {
  if (headers['content-length'] !== undefined) return true
  const pays = ['pbstream-payment', 'payment-signature', 'x-payment', 'pbstream-session']
  return (
    pays.some((name) => headers[name] !== undefined) || /json|urlencoded|^text\//i.test(headers['content-type'] ?? '')
  )
}

/** For the option `verify` of a body parser that runs before `paywall()` and `paid()`: keeps what it has read. */
export function keepBody(req: object, _res: unknown, body: Uint8Array): void {
  ;(req as { rawBody?: Uint8Array }).rawBody = body
}
