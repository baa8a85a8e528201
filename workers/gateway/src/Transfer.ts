import type { Authorization } from '@pbstream/core/message/Settlement'
import type * as Rate from '@pbstream/core/Rate'
import type { PaidCall } from './Call.ts'
import type { Chain } from './Chains.ts'

/** An authorisation that this gateway has checked. */
export type Transfer = {
  chain: Chain
  authorization: Authorization
  rate: { version: number; rule: Rate.Card }
  /** The id of its quote. */
  callId?: string
  /** x402 version that the caller speaks. */
  version: 1 | 2
  /** The name of its claim object. */
  name: string
  /** There is time left to have it mined. */
  fresh: boolean
  /** Signed by a contract wallet: settlement has checked it already. */
  checked: boolean
}

/** How long a caller keeps an authorisation without a sign of life. */
export const HOLD_MS = 75_000

/** The claim object of a payer; a fresh stub each time. */
export function open(call: PaidCall, name: string) {
  return call.gateway.env.EXACT_CLAIM.getByName(name)
}
