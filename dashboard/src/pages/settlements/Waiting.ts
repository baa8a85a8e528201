/** What is still to be paid out, the most first. Pure. */
import type { Channel, Incident } from '../sessions/Calls.ts'
import { type Standing, standingOf } from '../sessions/Numbers.ts'

export type WaitingState = 'accruing' | 'paying' | 'failed' | 'blocked'

export type Waiting = Standing & { id: string; session: string; chainId: number; state: WaitingState }

/** Channels that owe something. `incidents`: those that hold; a claim that ran out of retries is one. */
export function waitingOf(channels: readonly Channel[], incidents: readonly Incident[]): Waiting[] {
  const dead = new Set(of(incidents, 'claim_dead_letter', 'claim_stuck'))
  const blocked = new Set(of(incidents, 'receiver_blocked'))
  const rows = channels.flatMap((channel): Waiting[] => {
    const standing = standingOf(channel)
    if (standing.unsettled === 0n) return []
    const { id, session, chainId } = channel
    const usual = standing.claimed > 0n ? 'paying' : 'accruing'
    const state = blocked.has(id) ? 'blocked' : dead.has(id) ? 'failed' : usual
    return [{ id, session, chainId, state, ...standing }]
  })
  return rows.toSorted((a, b) => (a.unsettled < b.unsettled ? 1 : a.unsettled > b.unsettled ? -1 : 0))
}

function of(incidents: readonly Incident[], ...kinds: string[]): string[] {
  return incidents.filter(({ what }) => kinds.includes(what)).map(({ channelId }) => channelId)
}
