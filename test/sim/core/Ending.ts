/** What has to be true of a history over the core when the faults have stopped and all has come to its end. */
import { demand } from '../support/Violation.ts'
import type { CoreWorld } from './CoreWorld.ts'

/** Nothing is under way, and all that was charged is settled or lost. */
export function isQuiet({ callers, money, chain, queue }: CoreWorld): boolean {
  if (callers.busy > 0 || callers.parked > 0 || queue.length > 0 || money.holds.length > 0) return false
  if (money.deposits.length > 0 || chain.orders.length > 0 || chain.news.length > 0) return false
  return money.channels.every((channel) => {
    if (channel === undefined) return true
    const { claiming, refund, provisional, spent, settled, lost } = channel
    return claiming === undefined && refund === undefined && provisional === 0n && settled + lost === spent
  })
}

/** I8 and whatever else only the end can show. */
export function ended({ callers, money, chain, queue }: CoreWorld): void {
  demand(money.holds.length === 0, 'I7', 'a reservation never ended')
  demand(callers.busy === 0 && callers.parked === 0, 'I8', 'a call was never answered')
  demand(chain.orders.length === 0 && chain.news.length === 0, 'I8', 'an order or a report is still under way')
  demand(queue.length === 0, 'I8', 'a queue is not empty')
  const { state } = chain.head
  let settledByUs = 0n
  for (let i = 0; i < 2; i++) {
    const channel = money.channels[i]
    if (channel === undefined) continue
    const { spent, settled, claimed, lost, deposited, provisional, returned, reserved } = channel
    demand(reserved === 0n && provisional === 0n, 'I8', 'money is still set aside')
    demand(settled + lost === spent, 'I8', 'settled + lost = spent')
    demand(deposited - returned === state.channels[i]!.balance, 'I8', 'the session knows what the contract holds')
    demand(claimed === state.channels[i]!.claimed, 'I8', 'the session knows what was claimed')
    demand(money.charged[i] === spent - money.opened[i]!, 'I13', 'spent is what was charged')
    settledByUs += settled
  }
  demand(settledByUs <= state.paid, 'I4', 'more counts as settled than the receiver got')
}
