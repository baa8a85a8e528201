/** What each gas key may spend in a day (UTC), in wei. What others ask for has budgets of its own: it never stops our claims. */
import type { Config } from '@pbstream/nonce-lane/Runner'
import { amountOf, type Env } from './Env.ts'
import type { Keys, Signer } from './Keys.ts'

/** An ether, and a tenth each for callers of the facilitator and owners of session keys: brakes, above what a day takes. */
const DAILY_GAS = 1_000_000_000_000_000_000n
const FACILITATOR_DAILY_GAS = 100_000_000_000_000_000n
const RELAY_DAILY_GAS = 100_000_000_000_000_000n
/**
 * A quarter of the day is for claims only. Deposits, refunds and `exact` share a lane with them, and payers decide how
 * many of those there are; a claim of a channel that closes has to be mined before its withdrawal is. Claims go in
 * batches, and a channel's takes a fraction of the gas that its deposit took: a quarter is enough for them.
 */
const KEPT = 4n

type Vars = Pick<Env, 'DAILY_GAS_WEI' | 'FACILITATOR_DAILY_GAS_WEI' | 'RELAY_DAILY_GAS_WEI'>

export function budgetOf(env: Vars, keys: Keys, signer: Signer): Pick<Config, 'dailyBudget' | 'keptForClaims'> {
  if (signer === keys.gas) {
    const dailyBudget = amountOf(env.DAILY_GAS_WEI, DAILY_GAS)
    return { dailyBudget, keptForClaims: dailyBudget / KEPT }
  }
  if (signer === keys.relayGas) return { dailyBudget: amountOf(env.RELAY_DAILY_GAS_WEI, RELAY_DAILY_GAS) }
  return { dailyBudget: amountOf(env.FACILITATOR_DAILY_GAS_WEI, FACILITATOR_DAILY_GAS) }
}
