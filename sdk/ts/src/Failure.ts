/** The two ways in which a command ends without doing what it was asked to. */
import { BaseError, ContractFunctionRevertedError, HttpRequestError, InsufficientFundsError, TimeoutError } from 'viem'

/** The command was called wrongly: exit code 2. The message says what to do. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** The command was called rightly and could not do it: exit code 1. The message says what to do. */
export class Failure extends Error {
  override readonly name = 'Failure'
}

/** What went wrong, in one sentence. Never quotes an endpoint, which may hold a key. */
export function describe(error: unknown): string {
  if (!(error instanceof BaseError)) return error instanceof Error ? error.message : 'unknown error'
  const reverted = error.walk((cause) => cause instanceof ContractFunctionRevertedError)
  if (reverted instanceof ContractFunctionRevertedError) {
    return `the contract refuses: ${reverted.data?.errorName ?? reverted.reason ?? reverted.signature ?? 'no reason given'}`
  }
  if (error.walk((cause) => cause instanceof InsufficientFundsError) !== null) {
    return 'the account has too little of the native coin for gas: send it some, then run the same command again'
  }
  if (error.walk((cause) => cause instanceof HttpRequestError || cause instanceof TimeoutError) !== null) {
    return 'the RPC endpoint does not answer as it should: check --rpc, or use another one'
  }
  return error.shortMessage
}
