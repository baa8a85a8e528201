/** Paid requests of x402: the header, and sending it again without paying again. */
import * as Base64 from '@pbstream/core/Base64'
import { type Extensions, type Offer, PAYMENT_IDENTIFIER, type PaymentRequired } from '@pbstream/core/Challenge'
import { EXTENSION } from '@pbstream/core/session/OpenSession'
import { AnswerLostError } from '../errors/Payer.ts'
import { problemOf } from '../errors/Problem.ts'
import { type Context, isUnseen, waitFor, waitOut } from './Context.ts'
import { randomId } from './Endpoint.ts'
import type { Outgoing } from './Outgoing.ts'

/** How often a payment is sent again when no answer came, and when it is still on its way on the chain. */
const REPEATS = 2
const PENDING_TRIES = 12

/** One payment of one request, under one id if the server takes any. */
export type Attempt = { required: PaymentRequired; offer: Offer; id: string | undefined }

/** The id of a request: the caller's, or a new one where the server says that it understands ids. */
export function attempt(outgoing: Outgoing, required: PaymentRequired, offer: Offer): Attempt {
  const declared = required.extensions?.[PAYMENT_IDENTIFIER] !== undefined
  return { required, offer, id: outgoing.id ?? (declared ? randomId() : undefined) }
}

/** PAYMENT-SIGNATURE: the offer and the extensions of the 402 come back as they were. */
export function header(outgoing: Outgoing, { required, offer, id }: Attempt, payload: object): Record<string, string> {
  const { extensions = {}, resource } = required
  const { [EXTENSION]: _, [PAYMENT_IDENTIFIER]: identifier, ...echoed } = extensions as Extensions
  const named =
    identifier === undefined || outgoing.id !== undefined || id === undefined
      ? {}
      : { [PAYMENT_IDENTIFIER]: { ...identifier, info: { ...identifier.info, id } } }
  const all = { ...echoed, ...named }
  const payment = {
    x402Version: 2,
    resource,
    accepted: offer,
    payload,
    ...(Object.keys(all).length === 0 ? {} : { extensions: all }),
  }
  return { 'PAYMENT-SIGNATURE': Base64.encodeJson(payment) }
}

/**
 * Sends a payment until there is an answer to it. `isOnce`: the payment itself can be used only once, so that repeating
 * it needs no id.
 *
 * @throws what `fetch` throws, when it may not be repeated; {AnswerLostError} when it was charged, or may have been.
 */
export async function sendPaid(
  context: Context,
  outgoing: Outgoing,
  headers: Record<string, string>,
  may: { id: string | undefined; isOnce?: boolean },
): Promise<Response> {
  let lost = 0
  let waited = 0
  for (let pending = 0; ;) {
    let response: Response
    try {
      response = await context.send(outgoing.with(headers), outgoing.init)
    } catch (error) {
      lost += 1
      const mayRepeat = may.id !== undefined || may.isOnce === true
      if (outgoing.signal.aborted || !mayRepeat || lost > REPEATS) throw error
      continue
    }
    const code = (await problemOf(response))?.code
    if (lost > 0 && code === 'request_id_used') {
      throw new AnswerLostError(may.id ?? '', response.headers.get('pbstream-receipt') ?? undefined)
    }
    if (waited < REPEATS && (await waitOut(code, response, outgoing.signal))) {
      waited += 1
      continue
    }
    if (lost > 0 && code !== undefined && isUnseen(code)) throw new AnswerLostError(may.id ?? '')
    const waits = code === 'settlement_pending' || (lost > 0 && code === 'request_in_flight')
    if (!waits || pending === PENDING_TRIES) return response
    pending += 1
    await waitFor(response, outgoing.signal)
  }
}
