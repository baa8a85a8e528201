/** What has to be true when the faults have stopped and all has come to its end. */
import { channelIds } from '../support/fixtures.ts'
import { demand } from '../support/Violation.ts'
import type { World } from './World.ts'

/** Nothing is under way, and all that was charged is settled or lost. */
export function isQuiet(world: World): boolean {
  const { session, gateway, settlement, lane, events, oracle, chain } = world
  if (
    gateway.busy > 0 ||
    session.waiting > 0 ||
    session.disk.deposits.size > 0 ||
    settlement.queued > 0 ||
    settlement.dead > 0
  )
    return false
  if (lane.isOpen || lane.unsaid > 0 || events.length > 0 || oracle.open > 0 || chain.foreign.length > 0) return false
  const { seq, sent } = session.book.positions
  if (seq !== sent) return false
  return oracle.channels.every((channel) => {
    const { claiming, refund, provisional, spent, settled, lost } = session.book.channel(channelIds[channel]!)!
    return claiming === undefined && refund === undefined && provisional === 0n && settled + lost === spent
  })
}

/** I8 and whatever else only the end can show. */
export function ended(world: World): void {
  const { session, gateway, settlement, lane, events, oracle, chain } = world
  demand(oracle.open === 0, 'I7', 'a reservation never ended')
  demand(gateway.busy === 0 && session.waiting === 0, 'I8', 'a call was never answered')
  demand(!lane.isOpen && lane.unsaid === 0, 'I9', 'the lane is not empty')
  demand(settlement.queued === 0 && settlement.dead === 0, 'I8', 'a queue is not empty')
  demand(
    events.rows.size === oracle.rows && session.book.positions.sent === oracle.rows,
    'I8',
    'the outbox is not empty',
  )
  for (let nonce = 0; nonce < lane.nonces; nonce++)
    demand(chain.pool.get(nonce) === undefined, 'I9', 'a nonce is still in the pool')
  demand(chain.head.count === lane.nonces, 'I9', 'each nonce ends with one mined transaction')
  let settledByUs = 0n
  for (const channel of oracle.channels) {
    channelEnded(world, channel)
    settledByUs += oracle.numbers(channel)!.settled
  }
  demand(settledByUs <= chain.head.state.paid, 'I4', 'more counts as settled than the receiver got')
}

function channelEnded(world: World, channel: number): void {
  const { session, oracle, chain, events } = world
  const written = session.disk.channels.get(channelIds[channel]!)!.channel
  demand(session.book.channel(channelIds[channel]!)?.revision === written.revision, 'I6', 'memory and disk differ')
  const { spent, settled, claimed, lost, deposited, provisional, returned, reserved } = written
  const funds = deposited + provisional - returned
  const state = chain.head.state.channels[channel]!
  demand(reserved === 0n && provisional === 0n, 'I8', 'money is still set aside')
  demand(settled + lost === spent, 'I8', 'settled + lost = spent')
  demand(funds === state.balance, 'I8', 'the session knows what the contract holds')
  demand(claimed === state.claimed, 'I8', 'the session knows what was claimed')
  demand(oracle.charged[channel as 0 | 1] === spent, 'I13', 'spent is what was charged')
  const shown = events.shown[channel]
  demand(shown === undefined || shown.spent === spent, 'I8', 'what is shown is what was recorded')
}
