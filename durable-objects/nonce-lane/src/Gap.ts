/**
 * Nonces that the chain had come past and has not any more: a reorganisation deeper than the depth at which transactions
 * are final, or somebody else's transaction that is gone. Until they are filled, nothing behind them can be mined. Pure.
 */
import type { Hex } from '@pbstream/core/Hex'
import type { Attempt, Mined, State } from './Lane.ts'

/** Nonces `from` to `to`, both included. */
export type Gap = { from: number; to: number }

/** What is known of an item that had come to its end. */
export type Ended = { state: State; attempts: readonly Attempt[]; mined?: Mined; error?: string }

/** So many nonces are filled at once; the rest when they are. */
const MOST = 200

/** The gap in front of what is under way. `count`: what the chain has; `lowest`: the lowest nonce under way. */
export function gapOf(count: number, lowest: number | undefined): Gap | undefined {
  return lowest === undefined || count >= lowest ? undefined : { from: count, to: Math.min(lowest, count + MOST) - 1 }
}

/**
 * Whether the node has only not come to where these items were mined. A node that is behind is no reorganisation.
 *
 * @param newest newest block that was ever seen
 */
export function isBehind(head: number, newest: number, items: readonly Ended[]): boolean {
  return items.some(({ mined }) => mined !== undefined && head < mined.block) || head < newest
}

/**
 * Whether the bytes of an item go out again. What had its effect is to have it again; anything else has been told as
 * having come to nothing, perhaps acted on, and its nonce is filled with an empty transaction.
 */
export function isWanted({ state, mined, error }: Ended): boolean {
  return state === 'confirmed' && error === undefined && mined?.success === true && !mined.filler
}

/** Hashes of all bytes of an item that went out. */
export function hashesOf({ attempts }: Ended): Hex[] {
  return attempts.flatMap(({ hash, sentAt }) => (hash === undefined || sentAt === undefined ? [] : [hash]))
}
