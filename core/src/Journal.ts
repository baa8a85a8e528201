/**
 * Double entry: every change of a channel's numbers as movements between accounts, `debit` gives and `credit`
 * receives. What an account holds is always told by the channel's numbers, which is how conservation (I5) is checked.
 *
 * | account | holds |
 * |---|---|
 * | `payer` | minus what was deposited and not given back |
 * | `provisional` | deposits mined, not yet at confirmation depth |
 * | `escrow` | confirmed deposits less what was charged; below zero while provisional money is spent |
 * | `earned` | charged, not yet claimed, not lost; below zero by what was claimed after it had been booked lost |
 * | `claimed` | recorded on chain, not yet paid out; and what was paid out after it had been booked lost |
 * | `provider` | paid out |
 * | `lost` | charged, and not covered by the channel's money any more |
 */
import type { ChannelNumbers } from './message/Session.ts'
import type { JournalRow } from './message/Event.ts'

export type Account = 'payer' | 'provisional' | 'escrow' | 'earned' | 'claimed' | 'provider' | 'lost'

export type Movement = { kind: JournalRow['kind']; debit: Account; credit: Account; amount: bigint }

/** The movements between two states of one channel, at most one for each number that changed. */
export function movements(before: ChannelNumbers, after: ChannelNumbers): Movement[] {
  const rows: Movement[] = []
  const add = (kind: Movement['kind'], debit: Account, credit: Account, amount: bigint): void => {
    if (amount > 0n) rows.push({ kind, debit, credit, amount })
  }
  const provisional = after.provisional - before.provisional
  const deposited = after.deposited - before.deposited
  // Money that leaves `provisional` while `deposited` rises was confirmed; what else leaves it was never there.
  const confirmed = provisional < 0n ? least(-provisional, deposited) : 0n
  add('deposit', 'payer', 'provisional', provisional)
  add('deposit', 'provisional', 'escrow', confirmed)
  add('deposit', 'payer', 'escrow', deposited - confirmed)
  add('loss', 'provisional', 'payer', -provisional - confirmed)
  add('charge', 'escrow', 'earned', after.spent - before.spent)
  add('loss', 'earned', 'lost', after.lost - before.lost)
  add('claim', 'earned', 'claimed', after.claimed - before.claimed)
  add('settle', 'claimed', 'provider', after.settled - before.settled)
  add('refund', 'escrow', 'payer', after.returned - before.returned)
  return rows
}

/** A charge of nothing, for a call that was metered and cost nothing: what it used is told all the same. */
export const uncharged: Movement = { kind: 'charge', debit: 'escrow', credit: 'earned', amount: 0n }

/** What each account must hold by a channel's numbers. The sum over all accounts is zero. */
export function balances(numbers: ChannelNumbers): Record<Account, bigint> {
  const { provisional, deposited, returned, spent, claimed, settled, lost } = numbers
  return {
    payer: returned - deposited - provisional,
    provisional,
    escrow: deposited - returned - spent,
    earned: spent - claimed - lost,
    claimed: claimed - settled,
    provider: settled,
    lost,
  }
}

/** Adds rows up by account; a channel's rows since its opening give `balances` now less `balances` then. */
export function sum(rows: Iterable<{ debit: string; credit: string; amount: bigint }>): Map<string, bigint> {
  const totals = new Map<string, bigint>()
  for (const { debit, credit, amount } of rows) {
    totals.set(debit, (totals.get(debit) ?? 0n) - amount)
    totals.set(credit, (totals.get(credit) ?? 0n) + amount)
  }
  return totals
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}
