/** The withdraw delay that payees sell under: money in a channel with another one could not be spent, only taken out again. */
import type { Address } from '@pbstream/core/Hex'
import { delaysAt } from '@pbstream/db/ProviderKeys'
import { chainById } from '../api/Chains.ts'
import { type ApiContext, callerOf } from '../api/Types.ts'
import { Refusal } from '../Problem.ts'

/** `withdrawDelay` in seconds; null: that of the chain. Payees that nobody here is paid at are left out. */
export type PayeeDelay = { payee: string; withdrawDelay: number | null }

/** One for each payee, as rows have them; of several providers that are paid there, always the same one's. */
export async function delaysOf(c: ApiContext, payees: readonly string[]): Promise<PayeeDelay[]> {
  const found = await delaysAt(c.var.database, payees as readonly Address[], callerOf(c).mode)
  const rows = found.toSorted((a, b) => (a.id < b.id ? -1 : 1))
  return payees.flatMap((payee) => {
    const row = rows.find(({ payTo }) => payTo === payee)
    return row === undefined ? [] : [{ payee, withdrawDelay: row.withdrawDelay }]
  })
}

/** @throws {Refusal} withdraw_delay_mismatch; a receiver that nobody here is paid at may have any. */
export async function requireDelay(
  c: ApiContext,
  channel: { chainId: number; receiver: Address; withdrawDelay: number },
): Promise<void> {
  const { mode } = callerOf(c)
  const rows = await delaysAt(c.var.database, [channel.receiver], mode)
  const usual = chainById(c.env, mode, channel.chainId)?.withdrawDelay
  const wanted = rows.map(({ withdrawDelay }) => withdrawDelay ?? usual)
  if (wanted.length === 0 || wanted.includes(undefined) || wanted.includes(channel.withdrawDelay)) return
  const detail = `this receiver is paid from channels with a withdrawDelay of ${[...new Set(wanted)].join(' or ')} seconds`
  throw new Refusal('withdraw_delay_mismatch', { detail })
}
