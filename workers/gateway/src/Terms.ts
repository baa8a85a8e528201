import type { SettlementPolicy } from '@pbstream/core/message/Session'
import type { CatalogRoute } from '@pbstream/db/CatalogRoute'

/** When the provider of a route wants its channels claimed, if it said so. */
export function settlementOf({ settle }: Pick<CatalogRoute, 'settle'>): { settle?: SettlementPolicy } {
  const { amount, ageMs } = settle
  if (amount === null && ageMs === null) return {}
  return { settle: { ...(amount === null ? {} : { amount: BigInt(amount) }), ...(ageMs === null ? {} : { ageMs }) } }
}
