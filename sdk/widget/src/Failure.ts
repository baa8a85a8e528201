/** Why something did not work: a code that programs can tell apart, and what wallet or service said of it. */

/** A code of ours, or that of a problem of the service. */
export type FailureCode =
  | 'rejected'
  | 'wallet'
  | 'no_wallet'
  | 'no_account'
  | 'wrong_chain'
  | 'no_escrow'
  | 'configuration'
  | 'network'
  | 'service'

export type FieldError = { field: string; detail: string }

type More = {
  detail?: string
  walletCode?: number | undefined
  /** `code` of the problem. */
  problem?: string
  errors?: readonly FieldError[]
  /** Whether sending the same again can help. */
  retryable?: boolean
}

export class Failure extends Error {
  override readonly name = 'Failure'
  readonly code: FailureCode
  /** Of others, so it is shown as theirs and never as markup. */
  readonly detail: string
  readonly walletCode: number | undefined
  readonly problem: string | undefined
  readonly errors: readonly FieldError[]
  readonly retryable: boolean

  constructor(code: FailureCode, more: More = {}) {
    super(more.detail ? `${code}: ${more.detail}` : code)
    this.code = code
    this.detail = more.detail ?? ''
    this.walletCode = more.walletCode
    this.problem = more.problem
    this.errors = more.errors ?? []
    this.retryable = more.retryable ?? false
  }
}

/** Any thrown thing as a `Failure`. */
export function toFailure(error: unknown): Failure {
  if (error instanceof Failure) return error
  return new Failure('wallet', { detail: error instanceof Error ? error.message.slice(0, 200) : '' })
}
