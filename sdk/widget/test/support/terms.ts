import { type GrantRequest, type Terms, termsOf } from '../../src/grant/Request.ts'
import { CHAIN, TOKEN } from './service.ts'

/** 15 January 2027, 08:00 UTC. */
export const NOW = 1_800_000_000
export const PAYEE = `0x${'ca'.repeat(20)}`

/** 50 USDC in 30 days, 5 a day, at most 0.10 for one payment. */
export const asked: GrantRequest = {
  name: 'Research agent',
  chainId: CHAIN,
  payees: [PAYEE],
  spendCap: '50',
  periodAmount: '5',
  perPaymentMax: '0.10',
}

export function terms(more: Partial<GrantRequest> = {}, now = NOW): Terms {
  return termsOf({ ...asked, ...more }, TOKEN, now)
}
