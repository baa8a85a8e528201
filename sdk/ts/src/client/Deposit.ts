/** Money from the wallet into a channel: how much, and the EIP-3009 authorisation for it. */
import * as Amount from '@pbstream/core/Amount'
import * as Authorization from '@pbstream/core/Authorization'
import type { Deposit } from '@pbstream/core/Credential'
import { BudgetExceededError } from '../errors/Payer.ts'
import type { Budget } from './Budget.ts'
import type { Channel, ChannelTerms } from './Channel.ts'
import { randomHex, type Token, type Wallet } from './Wallet.ts'

/** Tokens take an authorisation a little before its time on their clock. */
const SKEW_SECONDS = 600

/**
 * What to deposit when at least `needed` is missing: what the server advises, within the budget.
 *
 * @throws {BudgetExceededError} when `needed` is more than one deposit may be.
 */
export function depositAmount(terms: ChannelTerms, needed: bigint, budget: Budget, left?: bigint): bigint {
  if (needed > budget.deposit) throw new BudgetExceededError('deposit', budget.deposit, needed)
  const advised = Amount.tryParse(terms.extra['minDeposit']) ?? 0n
  const wanted = Amount.min(Amount.max(advised, needed), budget.deposit)
  return left === undefined ? wanted : Amount.max(Amount.min(wanted, left), needed)
}

/** Signs a deposit into this channel and none else. The one signature that a wallet is asked for. */
export async function signDeposit(channel: Channel, wallet: Wallet, amount: bigint, now: number): Promise<Deposit> {
  const { terms, trusted, config } = channel.record
  const salt = randomHex(32)
  const order = {
    from: config.payer,
    to: trusted.collector,
    value: amount,
    validAfter: BigInt(now - SKEW_SECONDS),
    validBefore: BigInt(now + terms.maxTimeoutSeconds),
    nonce: Authorization.depositNonce(channel.id, salt),
  }
  const signature = await wallet.authorize('ReceiveWithAuthorization', tokenOf(terms, trusted.chainId), order)
  const { validAfter, validBefore } = order
  return { amount, authorization: { validAfter, validBefore, salt, signature } }
}

/** The domain of the token of an offer. */
export function tokenOf({ asset, extra }: Pick<ChannelTerms, 'asset' | 'extra'>, chainId: number): Token {
  const text = (value: unknown) => (typeof value === 'string' ? value : '')
  return {
    chainId,
    token: asset as Token['token'],
    tokenName: text(extra['name']),
    tokenVersion: text(extra['version']),
  }
}
