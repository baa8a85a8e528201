import { type Context, errorOf, waitFor } from './Context.ts'
import * as Endpoint from './Endpoint.ts'
import type { Session } from './Session.ts'

/** Charges under a lease are booked a moment after the answer; a stream when it ends. */
const TRIES = 10

/**
 * The receipt of a request of a session; `undefined` when nothing was charged under this id.
 *
 * @throws {RequestInFlightError} when it is still being served.
 */
export async function receiptOf(context: Context, session: Session, requestId: string): Promise<string | undefined> {
  const signer = { record: session.record, sign: await session.signer() }
  for (let tries = 1; ; tries++) {
    const path = `/receipts/${encodeURIComponent(requestId)}`
    const response = await Endpoint.call(context, signer, 'GET', path)
    if (response.ok) return ((await response.json()) as { receipt?: string }).receipt
    const error = await errorOf(response)
    if (error.code === 'receipt_unknown') return undefined
    if (error.code !== 'request_in_flight' || tries === TRIES) throw error
    await waitFor(response)
  }
}
