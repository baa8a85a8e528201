/** What a granted key paid, as the site that has its token may see it. */
import type { Database } from '@pbstream/db/Database'
import { progressOf } from '@pbstream/db/PayerClaims'
import { type PaidRow, pathsOf, paymentQuery, paymentsOf } from '@pbstream/db/PayerPayments'
import type { ManagedKey } from '@pbstream/db/SessionKeys'
import type { z } from '../api/Parts.ts'
import { Refusal } from '../Problem.ts'
import { parsePaymentId, printPaymentId } from '../reports/PaymentId.ts'
import type * as Schemas from './Schemas.ts'

const MOST = 20

/** The newest. */
export async function receiptsOf(db: Database, row: ManagedKey): Promise<z.infer<typeof Schemas.Grant>['receipts']> {
  const rows = await paymentsOf(db, whoseOf(row), { session: row.id }, undefined, MOST)
  const paths = await pathsOf(db, [...new Set(rows.flatMap(({ payment }) => payment.routeId ?? []))])
  return rows.map(({ payment, channel, provider }) => ({
    id: printPaymentId(payment),
    at: payment.at.toISOString(),
    price: payment.amount,
    asset: channel?.token ?? null,
    route: payment.routeId,
    path: payment.routeId === null ? null : (paths.get(payment.routeId) ?? null),
    service: provider,
    status: progressOf(channel, payment.cumulative),
  }))
}

/** @throws {Refusal} not_found for a charge of another key, and for one that is not there. */
export async function chargeOf(db: Database, row: ManagedKey, id: string): Promise<PaidRow['payment']> {
  const place = parsePaymentId(id)
  if (place === undefined || place.session !== row.id) throw new Refusal('not_found')
  const [found] = await paymentQuery(db, whoseOf(row), place.session, place.seq)
  if (found === undefined) throw new Refusal('not_found')
  return found.payment
}

function whoseOf({ payer, chainId }: ManagedKey) {
  return { payer, chainIds: [chainId] }
}
