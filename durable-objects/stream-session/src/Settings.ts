import type { IncidentEvent, SessionEvent } from '@pbstream/core/message/Event'
import type { ClaimMessage } from '@pbstream/core/message/Settlement'
import type { Settings } from './Plan.ts'

/** What a StreamSession needs of the Worker that hosts it. Numbers come as decimal strings. */
export type StreamSessionEnv = {
  CLAIMS: Pick<Queue<ClaimMessage>, 'send' | 'sendBatch'>
  EVENTS: Pick<Queue<SessionEvent | IncidentEvent>, 'send'>
  /** Unclaimed atomic units at which a channel is claimed. Default 10 USDC. */
  SETTLE_AMOUNT?: string
  /** Unclaimed charges at which a channel is claimed. Default 100. */
  SETTLE_COUNT?: string
  /** Age of the oldest unclaimed charge at which a channel is claimed, in milliseconds. Default 1 hour. */
  SETTLE_AGE_MS?: string
  /** The smallest deposit that is worth its gas, in atomic units. Default 0: any. */
  MIN_DEPOSIT?: string
}

/**
 * Reads the settings.
 *
 * @throws {TypeError} when one is not a decimal number: a deployment that would settle wrongly does not start.
 */
export function settings(env: StreamSessionEnv): Settings {
  return {
    settleAmount: BigInt(decimal(env.SETTLE_AMOUNT ?? '10000000')),
    settleCount: Number(decimal(env.SETTLE_COUNT ?? '100')),
    settleAgeMs: Number(decimal(env.SETTLE_AGE_MS ?? '3600000')),
    minDeposit: BigInt(decimal(env.MIN_DEPOSIT ?? '0')),
  }
}

function decimal(text: string): string {
  if (!/^[0-9]{1,38}$/.test(text)) throw new TypeError('a SETTLE_ or MIN_DEPOSIT variable is not a decimal number')
  return text
}
