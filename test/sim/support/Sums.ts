/**
 * What must hold of one channel after each write, from sums kept beside the product: used by every world. Amounts are
 * atomic units.
 */
import type { ChannelNumbers } from '@pbstream/core/message/Session'
import { demand } from './Violation.ts'

/** Which kind of row moves money from where to where. */
const kinds: Record<string, Record<string, string>> = {
  payer: { provisional: 'deposit', escrow: 'deposit' },
  provisional: { escrow: 'deposit', payer: 'loss' },
  escrow: { earned: 'charge', payer: 'refund' },
  earned: { claimed: 'claim', lost: 'loss' },
  claimed: { provider: 'settle' },
}

export class Sums {
  payer = 0n
  provisional = 0n
  escrow = 0n
  earned = 0n
  claimed = 0n
  provider = 0n
  lost = 0n
  numbers: ChannelNumbers | undefined
  /** How much the chain's balance of the channel has fallen and risen, in all blocks that there ever were. */
  fell = 0n
  rose = 0n

  /** A row of the journal. */
  moved(kind: string, debit: string, credit: string, amount: bigint): void {
    demand(kinds[debit]?.[credit] === kind, 'I5', 'a row is not of its kind')
    demand(amount > 0n, 'I5', 'a row moves nothing')
    const sums = this as unknown as Record<string, bigint>
    sums[debit] = sums[debit]! - amount
    sums[credit] = sums[credit]! + amount
  }

  /** The chain went from one block to another, on or back. */
  turned(before: bigint, after: bigint): void {
    if (after < before) this.fell += before - after
    else this.rose += after - before
  }

  /** The numbers as they were written, after their rows. `signed`: the highest maximum that the payer has signed. */
  written(after: ChannelNumbers, signed: bigint): void {
    const before = this.numbers
    this.numbers = after
    const { provisional, deposited, returned, accepted, spent, claimed, settled, lost, reserved } = after
    const ordered = settled <= claimed && claimed <= spent && spent + reserved <= accepted
    demand(ordered, 'I1', 'settled ≤ claimed ≤ spent ≤ accepted')
    const funds = deposited + provisional - returned
    demand(spent - lost <= funds && provisional >= 0n, 'I1', 'spent − lost ≤ deposited + provisional − returned')
    demand(settled + lost <= spent, 'I13', 'settled + lost ≤ spent')
    demand(accepted <= signed, 'I4', 'more was accepted than signed')
    if (before !== undefined) rose(before, after)
    const same =
      this.payer === returned - deposited - provisional &&
      this.provisional === provisional &&
      this.escrow === deposited - returned - spent &&
      this.earned === spent - claimed - lost &&
      this.claimed === claimed - settled &&
      this.provider === settled &&
      this.lost === lost
    demand(same, 'I5', 'the journal adds up to the numbers')
    demand(returned <= this.fell, 'I5', 'more counts as given back than the chain ever gave back')
  }
}

/** Written out: this runs after every write of every history. */
function rose(before: ChannelNumbers, after: ChannelNumbers): void {
  demand(after.deposited >= before.deposited, 'I3', 'deposited fell')
  demand(after.returned >= before.returned, 'I3', 'returned fell')
  demand(after.accepted >= before.accepted, 'I3', 'accepted fell')
  demand(after.spent >= before.spent, 'I3', 'spent fell')
  demand(after.claimed >= before.claimed, 'I3', 'claimed fell')
  demand(after.settled >= before.settled, 'I3', 'settled fell')
  demand(after.lost >= before.lost, 'I3', 'lost fell')
  demand(after.published >= before.published, 'I3', 'published fell')
}
