/** One call that is paid for: the answer, what was charged, and the receipt, verified without asking anybody. */
import * as Amount from '@pbstream/core/Amount'
import type { Offer } from '@pbstream/core/Challenge'
import * as Path from '@pbstream/core/Path'
import * as PaymentResponse from '@pbstream/core/PaymentResponse'
import * as Receipt from '@pbstream/core/Receipt'
import * as RequestBinding from '@pbstream/core/RequestBinding'
import { answered, asker, type Request } from './Ask.ts'
import type { Checks, Flaw } from './Checks.ts'
import { publishedKeys, type ReadJson } from './Ours.ts'

/** A fetch that pays. */
export type Pay = typeof fetch

/** `offers`: what the unpaid call was told, if it was x402 v2. `home`: the origin of the gateway that signs. */
type Given = { pay: Pay; offers: readonly Offer[]; home: string; read: ReadJson; timeoutMs: number }

/** Pays one call and looks at what came of it. */
export async function paid(checks: Checks, request: Request, given: Given): Promise<void> {
  const failed: { error?: unknown } = {}
  const pay: Pay = async (input, init) => {
    try {
      return await given.pay(input, init)
    } catch (error) {
      failed.error = error
      throw error
    }
  }
  const seen = await asker(request, given.timeoutMs, pay)()
  if (!answered(seen)) {
    const why = failed.error instanceof Error ? failed.error.message : seen.why
    return checks.fail(
      'paid',
      `the paid call did not come through: ${why}`,
      'Read what the client says; --max-price may be too low, or the wallet empty.',
    )
  }
  const { status, headers } = seen
  if (status < 200 || status > 299) {
    return checks.fail(
      'paid',
      `the paid call is answered ${status}`,
      'Serve who has paid; a 402 after a payment says in its body what is wrong.',
    )
  }
  checks.pass('paid', `the paid call is answered ${status}, after ${seen.ms} ms`)
  privacy(checks, headers)
  response(checks, headers, given.offers)
  await receipt(checks, request, headers, given)
}

function privacy(checks: Checks, headers: Headers): void {
  const control = headers.get('cache-control') ?? ''
  if (/\b(?:private|no-store)\b/i.test(control)) return checks.pass('cache-paid', `Cache-Control: ${control}`)
  const advice = 'Send Cache-Control: private with what was paid for, or a shared cache gives it to others for nothing.'
  return checks.fail(
    'cache-paid',
    control === '' ? 'no Cache-Control on a paid answer' : `Cache-Control: ${control}`,
    advice,
  )
}

function response(checks: Checks, headers: Headers, offers: readonly Offer[]): void {
  const header = headers.get('payment-response') ?? headers.get('x-payment-response')
  if (header === null) {
    // Under a session nothing goes by x402's headers; a metered stream knows its price at the end only.
    if (headers.has('pbstream-room')) return checks.skip('payment-response', 'paid in session mode')
    return checks.warn('payment-response', 'no PAYMENT-RESPONSE', 'Say in PAYMENT-RESPONSE what was charged.')
  }
  const said = PaymentResponse.decode(header)
  if (said === undefined) {
    return checks.fail('payment-response', 'PAYMENT-RESPONSE cannot be read', 'Send base64 of an x402 SettleResponse.')
  }
  const charged = Amount.tryParse(said.extra?.['chargedAmount']) ?? Amount.tryParse(said.amount)
  const most = offers.reduce((max, { amount }) => Amount.max(max, Amount.tryParse(amount) ?? 0n), 0n)
  const flaws: Flaw[] = []
  if (!said.success) {
    flaws.push({ status: 'fail', found: 'served, with success: false', advice: 'Serve nothing whose payment failed.' })
  }
  if (charged !== undefined && offers.length > 0 && charged > most) {
    flaws.push({
      status: 'fail',
      found: `charged ${charged}, offered ${most}`,
      advice: 'Never charge more than was offered.',
    })
  }
  checks.judge('payment-response', `charged ${charged ?? 'what was offered'}`, flaws)
  return undefined
}

async function receipt(
  checks: Checks,
  { url, method, body }: Request,
  headers: Headers,
  { offers, home, read }: Given,
): Promise<void> {
  const token = headers.get('pbstream-receipt')
  if (token === null) return checks.skip('receipt', 'no signed receipt came with the answer')
  const keys = await publishedKeys(home, read)
  const result = keys === undefined ? undefined : await Receipt.verify(token, keys)
  if (result?.ok !== true) {
    return checks.fail('receipt', 'the receipt does not verify', 'Sign receipts with a key of /.well-known/jwks.json.')
  }
  const { claims } = result
  const flaws: Flaw[] = []
  if (claims.digest !== digestOf(url, method, body)) {
    flaws.push({
      status: 'fail',
      found: 'the receipt is for another request',
      advice: 'Bind it to method, address and body.',
    })
  }
  const most = offers.reduce((max, { amount }) => Amount.max(max, Amount.tryParse(amount) ?? 0n), 0n)
  if (offers.length > 0 && BigInt(claims.price) > most) {
    flaws.push({
      status: 'fail',
      found: 'the receipt is above the offer',
      advice: 'Never charge more than was offered.',
    })
  }
  checks.judge('receipt', `the receipt verifies offline: ${claims.price} by ${claims.scheme}`, flaws)
}

function digestOf(url: URL, method: string, body: Uint8Array | undefined): string | undefined {
  const target = Path.normalise(url.href)
  if (!target.ok) return undefined
  const content = body === undefined ? RequestBinding.EMPTY_BODY : RequestBinding.bodyDigest(body)
  return RequestBinding.digest(method, url.host + target.path + target.search, content)
}
