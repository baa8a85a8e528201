/** The receipt of a charge as the gateway signed it: the session keeps it beside the request's id. */
import { parseSessionName, type StreamSessionApi } from '@pbstream/core/message/Session'
import type { PaidRow } from '@pbstream/db/PayerPayments'
import type { Env } from '../Env.ts'
import { asked } from '../keys/Edge.ts'
import { Refusal } from '../Problem.ts'

/** A compact JWS. That there is none, or no answer, is no failure: null. */
export async function signedReceipt(env: Env, payment: PaidRow['payment']): Promise<string | null> {
  const { session, reservationId, requestId } = payment
  const ref = parseSessionName(session)
  if (ref === undefined || reservationId === null || requestId === null) return null
  try {
    const outcome = await asked<Awaited<ReturnType<StreamSessionApi['outcome']>>, Pick<StreamSessionApi, 'outcome'>>(
      env,
      ref,
      (object) => object.outcome(1, reservationId, requestId),
    )
    return outcome.kind === 'charged' ? (outcome.receipt ?? null) : null
  } catch (error) {
    if (error instanceof Refusal) return null
    throw error
  }
}
