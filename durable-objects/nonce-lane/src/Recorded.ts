/** What a claim transaction that leaves bad rows out has recorded, read from its own logs. Pure. */
import type { Address, Hex } from '@pbstream/core/Hex'
import { toEventSelector } from 'viem'
import type { Log } from './ChainRpc.ts'

/** By channel: the total that was recorded; `before`: all that was asked for was recorded already. */
export type Recorded = ReadonlyMap<Hex, bigint | 'before'>

export const nothing: Recorded = new Map()

const CLAIMED = toEventSelector('Claimed(bytes32,uint128)')
const SKIPPED = toEventSelector('ClaimSkipped(bytes32,uint8)')
/** `RowOutcome.NothingNew` of the escrow. */
const NOTHING_NEW = 1n

/**
 * Reads the logs of a mined transaction. They say what *this* transaction did, and it pays out all that is recorded
 * before it ends: what others record afterwards may not be paid, and does not count.
 */
export function recordedIn(logs: readonly Log[], contract: Address): Recorded {
  const found = new Map<Hex, bigint | 'before'>()
  for (const { address, topics, data } of logs) {
    const [kind, channelId] = topics
    if (address !== contract || channelId === undefined || data.length !== 66) continue
    if (kind === CLAIMED) found.set(channelId, BigInt(data))
    if (kind === SKIPPED && BigInt(data) === NOTHING_NEW) found.set(channelId, 'before')
  }
  return found
}

/** How much of a claim up to `asked` is recorded. */
export function recordedUpTo(recorded: Recorded, channelId: Hex, asked: bigint): bigint {
  const total = recorded.get(channelId) ?? 0n
  return total === 'before' || total > asked ? asked : total
}
