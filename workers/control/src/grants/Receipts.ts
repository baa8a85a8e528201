/** What a granted key paid last, as the site that has its token may see it. */
import type { Database } from '@pbstream/db/Database'
import { progressOf } from '@pbstream/db/PayerClaims'
import { pathsOf, paymentsOf } from '@pbstream/db/PayerPayments'
import type { ManagedKey } from '@pbstream/db/SessionKeys'
import type { z } from '../api/Parts.ts'
import { printPaymentId } from '../reports/PaymentId.ts'
import type * as Schemas from './Schemas.ts'

const MOST = 20

export async function receiptsOf(db: Database, row: ManagedKey): Promise<z.infer<typeof Schemas.Grant>['receipts']> {
  const whose = { payer: row.payer, chainIds: [row.chainId] }
  const rows = await paymentsOf(db, whose, { session: row.id }, undefined, MOST)
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
    jws: null,
  }))
}
