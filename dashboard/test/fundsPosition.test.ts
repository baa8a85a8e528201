import * as Withdraw from '@pbstream/sdk/Withdraw'
import { expect, it } from 'vitest'
import { position } from '../src/pages/funds/Position.ts'

const contract = `0x${'5c'.repeat(20)}` as const
const channelId = `0x${'01'.repeat(32)}` as const
const address = (byte: string) => `0x${byte.repeat(20)}` as const
const config = {
  ...{ payer: address('a1'), payerAuthorizer: address('b2'), receiver: address('ca'), token: address('e5') },
  ...{ receiverAuthorizer: address('d4'), withdrawDelay: 900, salt: channelId },
}
const withdrawal = { amount: 5n, initiatedAt: 1_000 }
const cases = [true, false].flatMap((escrow) =>
  [9n, 4n].flatMap((balance) =>
    [undefined, withdrawal].flatMap((pending) =>
      [1_000, 1_899, 1_900, 2_799, 2_800].map((time) => ({ escrow, balance, pending, time })),
    ),
  ),
)

it.each(cases)('says the same as the command-line tool: $escrow $balance $pending $time', (one) => {
  const state = { balance: one.balance, claimed: 4n, withdrawal: one.pending }
  const known = Withdraw.position({ contract, escrow: one.escrow, config }, { channelId, ...state }, one.time)
  const own = position({ escrow: one.escrow, config }, state, one.time)
  expect({ contract, channelId, config, ...own }).toEqual(known)
})
