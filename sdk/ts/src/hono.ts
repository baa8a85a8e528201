/**
 * `@pbstream/sdk/hono`: paid routes of Hono 4, on every platform that Hono runs on.
 *
 *     app.get('/weather', paid('$0.002'), (c) => c.json({ payer: payment(c).payer }))
 */
import type { Context, MiddlewareHandler } from 'hono'
import { attach, checkSingle, meterOf, paymentOf, paywallOf, setPaywall } from './server/Attached.ts'
import type { Resource } from './server/Deployment.ts'
import type { PaywallOptions } from './server/Options.ts'
import type { Payment, Usage } from './server/Payment.ts'
import { Paywall } from './server/Paywall.ts'
import { parse, type Price } from './server/Price.ts'
import { answer, environmentOf, factsOf, type Keep, keepOf, toResponse } from './server/Web.ts'

export * from './server/Public.ts'

/**
 * Sets up the paywall of the routes after it. Without it, `paid()` goes by the environment.
 *
 * @throws {ConfigurationError} when the settings cannot work; on Workers with the first call.
 */
export function paywall(options: PaywallOptions = {}): MiddlewareHandler {
  const wall = new Paywall(options)
  return async (c, next) => {
    setPaywall(c, wall)
    await next()
  }
}

/**
 * Lets only paid calls through to the handlers after it.
 *
 * @throws {InvalidPriceError} at once, when the price cannot be used.
 */
export function paid(price: Price, resource?: Resource): MiddlewareHandler {
  const terms = parse(price)
  return async (c, next) => {
    checkSingle(c)
    const wall = paywallOf(c)
    const request = c.req.raw
    // Hono keeps what a handler has read, as it came.
    const facts = factsOf(request, wall.publicUrl, () => c.req.arrayBuffer())
    const passage = await wall.admit(facts, terms, resource, environmentOf(c.env))
    if ('kind' in passage) return toResponse(passage)
    attach(c, passage)
    request.signal.addEventListener('abort', () => passage.leave(), { once: true })
    try {
      await next()
    } catch (error) {
      passage.fail()
      throw error
    }
    const charged = await answer(passage, request, c.res, keep(c))
    if (charged === c.res) return
    // What replaces an answer would be mixed with it.
    c.res = undefined
    c.res = charged
  }
}

/** @throws {UsageError} when the route has no `paid()`. */
export function payment(c: Context): Payment {
  return paymentOf(c)
}

/** Adds to what was used, in units of a metered price. @throws {UsageError} */
export function meter(c: Context, usage: Usage): void {
  meterOf(c, usage)
}

/** Only Workers have an execution context; Hono throws elsewhere. */
function keep(c: Context): Keep | undefined {
  try {
    return keepOf(c.executionCtx)
  } catch {
    return undefined
  }
}
