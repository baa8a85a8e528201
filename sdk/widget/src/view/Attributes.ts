/** What a site asks for, written as attributes: for pages without script of their own. */
import type { GrantRequest, Span } from '../grant/Request.ts'

/** `payees` and `routes` are lists with commas or spaces between. Wrong values are found where terms are made. */
export function requestFrom(element: Pick<Element, 'getAttribute'>): GrantRequest {
  const text = (name: string) => element.getAttribute(name) ?? undefined
  const list = (name: string) =>
    text(name)
      ?.split(/[\s,]+/)
      .filter((item) => item !== '')
  const span = (name: string) => text(name) as Span | undefined
  const at = (name: string) => (text(name) === undefined ? undefined : Number(text(name)))
  const request = {
    name: text('name') ?? '',
    reason: text('reason'),
    chainId: Number(text('chain-id')),
    payees: list('payees') ?? [],
    routes: list('routes'),
    spendCap: text('spend-cap') ?? '',
    periodAmount: text('period-amount'),
    period: span('period'),
    perPaymentMax: text('per-payment-max'),
    start: at('start'),
    expiry: at('expiry'),
    lifetime: span('lifetime'),
    token: text('token'),
    key: text('agent-key'),
    adjust: adjustOf(text('adjust')),
  }
  const given = Object.entries(request).filter(([, value]) => value !== undefined)
  return Object.fromEntries(given) as GrantRequest
}

function adjustOf(text: string | undefined): unknown {
  return text === undefined || text === 'all' || text === 'none' ? text : text.split(/[\s,]+/)
}
