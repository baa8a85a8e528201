/** Which channels a log of a channel contract touches. Pure. */
import { keccak256 } from '@pbstream/core/Eip712'
import { type Address, fromBytes, type Hex } from '@pbstream/core/Hex'
import type { Log } from './Port.ts'

/** What a log speaks of: a channel, every channel of a session key, or every channel whose receiver waits for a payout. */
export type Subject =
  | { kind: 'channel'; channelId: Hex; prompt: boolean }
  | { kind: 'key'; contract: Address; keyId: Hex; prompt: true }
  | { kind: 'payout'; contract: Address; receiver: Address; token: Address; prompt: false }

const topic = (signature: string): Hex => fromBytes(keccak256(new TextEncoder().encode(signature)))

/** Counts at depth k only: our own claims report themselves. */
const claimed = topic('Claimed(bytes32,uint128)')
const keys = [
  'KeyFrozen(bytes32,uint40)',
  'KeyUnfrozen(bytes32,uint40)',
  'KeyRevoked(bytes32,uint40)',
  'KeyRotated(bytes32,bytes32)',
].map(topic)
/** How an indexed address begins. */
const PADDING = `0x${'0'.repeat(24)}`

/**
 * All that a log may speak of. Deployments of the canonical contract differ in what they index, so the first topic does
 * not matter but for the escrow's session keys: whoever knows the channel, the key or the receiver reads its state.
 */
export function subjectsOf({ address: contract, topics: [kind, ...indexed] }: Log): Subject[] {
  const [first, second] = indexed
  if (kind === undefined || first === undefined) return []
  if (keys.includes(kind)) return [{ kind: 'key', contract, keyId: first, prompt: true }]
  const prompt = kind !== claimed
  const subjects: Subject[] = indexed.map((channelId) => ({ kind: 'channel', channelId, prompt }))
  if (second !== undefined && first.startsWith(PADDING) && second.startsWith(PADDING)) {
    subjects.push({ kind: 'payout', contract, receiver: addressIn(first), token: addressIn(second), prompt: false })
  }
  return subjects
}

/** The address in a topic, which is padded to 32 bytes. */
function addressIn(word: Hex): Address {
  return `0x${word.slice(-40)}`
}
