/** Which of the offers of a 402 is taken: in the order of `modes`, what is known, usable and within the budget. */
import * as Amount from '@pbstream/core/Amount'
import type { Offer, PaymentRequired } from '@pbstream/core/Challenge'
import * as OpenSession from '@pbstream/core/session/OpenSession'
import { isAddress } from '@pbstream/core/Hex'
import { BudgetExceededError, NoUsableOfferError, UnknownContractError } from '../errors/Payer.ts'
import type { PBStreamError } from '../errors/PBStreamError.ts'
import type { Budget } from './Budget.ts'
import type { Pins } from './Pins.ts'

/** Ways to pay. */
export type Mode = 'session' | 'batch-settlement' | 'exact'
export const MODES: readonly Mode[] = ['session', 'batch-settlement', 'exact']

/** The offer that is taken, to the character: servers compare what comes back with what they offered. */
export type Choice = { offer: Offer; price: bigint } & (
  | { mode: 'session'; info: OpenSession.Info }
  | { mode: 'batch-settlement' | 'exact' }
)

/**
 * @throws {BudgetExceededError} when all that could be used costs too much; {UnknownContractError} when what is asked
 * for is not known; {NoUsableOfferError} for anything else.
 */
export function choose(
  required: PaymentRequired,
  origin: string,
  by: { modes: readonly Mode[]; pins: Pins; budget: Budget; gateways: readonly string[] },
): Choice {
  const info = sessionInfo(required, [origin, ...by.gateways])
  const refusals: PBStreamError[] = []
  for (const mode of by.modes) {
    if (mode === 'session' && info === undefined) continue
    for (const offer of required.accepts.filter(({ scheme }) => scheme === schemeOf(mode))) {
      const refusal = check(offer, by)
      if (refusal !== undefined) refusals.push(refusal)
      else {
        const taken = { offer, price: Amount.parse(offer.amount) }
        return mode === 'session' ? { ...taken, mode, info: info as OpenSession.Info } : { ...taken, mode }
      }
    }
  }
  throw (
    refusals.find((each) => each instanceof BudgetExceededError) ??
    refusals.find((each) => each instanceof UnknownContractError) ??
    refusals[0] ??
    new NoUsableOfferError(required.accepts.map(({ scheme, network }) => `${scheme} on ${network}`).join(', '))
  )
}

/** What a 402 says of sessions. A gateway that nobody trusts is not believed: it would open sessions in our name there. */
function sessionInfo({ extensions }: PaymentRequired, trusted: readonly string[]): OpenSession.Info | undefined {
  const info = OpenSession.parseInfo(extensions?.[OpenSession.EXTENSION]?.info)
  return info !== undefined && trusted.includes(info.gateway) ? info : undefined
}

function schemeOf(mode: Mode): string {
  return mode === 'session' ? 'batch-settlement' : mode
}

function check(offer: Offer, { pins, budget }: { pins: Pins; budget: Budget }): PBStreamError | undefined {
  const { extra, scheme, payTo, maxTimeoutSeconds } = offer
  const price = Amount.tryParse(offer.amount)
  if (price === undefined || !isAddress(payTo) || !Number.isSafeInteger(maxTimeoutSeconds) || maxTimeoutSeconds <= 0) {
    return new NoUsableOfferError('an offer cannot be read')
  }
  const { assetTransferMethod = 'eip3009' } = extra
  if (assetTransferMethod !== 'eip3009') return new NoUsableOfferError('payment by another method than EIP-3009')
  if (scheme === 'batch-settlement' && !isAddress(extra['receiverAuthorizer'])) {
    return new NoUsableOfferError('a channel without a receiver authorizer')
  }
  try {
    pins.of(offer)
    budget.checkRequest(price)
  } catch (error) {
    if (error instanceof UnknownContractError || error instanceof BudgetExceededError) return error
    throw error
  }
  return undefined
}
