/**
 * `@pbstream/sdk/server`: paid handlers for everything that takes a `Request` and gives a `Response` (Workers, Deno, Bun,
 * Next.js), and the check by hand for everything else.
 *
 *     export default { fetch: paid('$0.002', async (request, { payment }) => new Response(`paid by ${payment.payer}`)) }
 */
import type { Resource } from './server/Deployment.ts'
import type { Environment, PaywallOptions } from './server/Options.ts'
import type { Passage } from './server/Passage.ts'
import type { Payment, Usage } from './server/Payment.ts'
import { Paywall, standardPaywall } from './server/Paywall.ts'
import { parse, type Price, type Terms } from './server/Price.ts'
import { answer, environmentOf, factsOf, keepOf, toResponse } from './server/Web.ts'

export * from './server/Public.ts'
export * from './server/Rental.ts'
export * from './server/Standalone.ts'

/** What a handler is given beside the request. */
export type Call = {
  payment: Payment
  /** Adds to what was used, in units of a metered price. */
  meter(usage: Usage): void
}

/** `rest` is what the platform gives: the bindings and the context of a Worker. */
export type PaidHandler<Rest extends unknown[]> = (
  request: Request,
  call: Call,
  ...rest: Rest
) => Response | Promise<Response>

/** Takes what its handler takes, and whatever else a platform gives. */
export type Handler<Rest extends unknown[]> = (request: Request, ...rest: [...Rest, ...unknown[]]) => Promise<Response>

/** What `check` found. */
export type Checked =
  /** To be given to the caller as it is. */
  | { ok: false; response: Response }
  /** Let in. Every answer has to go through `answer`: it charges a 2xx, and gives the money back otherwise. */
  | ({ ok: true; answer(response: Response): Promise<Response>; fail(): void } & Call)

export type FetchPaywall = {
  /** @throws {InvalidPriceError} at once, when the price cannot be used. */
  paid<Rest extends unknown[]>(price: Price, handler: PaidHandler<Rest>, resource?: Resource): Handler<Rest>
  /**
   * Judges a request by hand.
   *
   * @param environment on Workers, the bindings with the `PB_` variables.
   * @throws {InvalidPriceError}
   */
  check(request: Request, price: Price, resource?: Resource, environment?: Environment): Promise<Checked>
}

/** @throws {ConfigurationError} when the settings cannot work; on Workers with the first call. */
export function paywall(options: PaywallOptions = {}): FetchPaywall {
  const wall = new Paywall(options)
  return withPaywall(() => wall)
}

const standard = withPaywall(standardPaywall)

/** As `paywall().paid`, by the environment. */
export const paid = standard.paid

/** As `paywall().check`, by the environment. */
export const check = standard.check

function withPaywall(wall: () => Pick<Paywall, 'admit' | 'publicUrl'>): FetchPaywall {
  return {
    paid<Rest extends unknown[]>(price: Price, handler: PaidHandler<Rest>, resource?: Resource): Handler<Rest> {
      const terms = parse(price)
      return async (request, ...rest) => {
        const checked = await judge(wall(), request, terms, resource, rest)
        if (!checked.ok) return checked.response
        const { payment, meter } = checked
        try {
          return await checked.answer(await handler(request, { payment, meter }, ...(rest as unknown[] as Rest)))
        } catch (error) {
          checked.fail()
          throw error
        }
      }
    },
    check: (request, price, resource, environment) => judge(wall(), request, parse(price), resource, [environment]),
  }
}

async function judge(
  wall: Pick<Paywall, 'admit' | 'publicUrl'>,
  request: Request,
  terms: Terms,
  resource: Resource | undefined,
  rest: readonly unknown[],
): Promise<Checked> {
  const admission = await wall.admit(factsOf(request, wall.publicUrl), terms, resource, environmentOf(rest[0]))
  if ('kind' in admission) return { ok: false, response: toResponse(admission) }
  return checkedOf(admission, request, rest)
}

function checkedOf(passage: Passage, request: Request, rest: readonly unknown[]): Checked {
  const { payment } = passage
  const keep = rest.map(keepOf).find((found) => found !== undefined)
  const leave = () => passage.leave()
  request.signal.addEventListener('abort', leave, { once: true })
  return {
    ok: true,
    payment,
    meter: (usage) => payment.meter(usage),
    answer: (response) => answer(passage, request, response, keep),
    fail: () => passage.fail(),
  }
}
