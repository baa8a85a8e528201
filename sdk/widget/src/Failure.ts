/** Why something did not work: a code that programs can tell apart, and what wallet or service said of it. */

/** A code of ours; that of a problem of the service is beside it. */
export type FailureCode =
  | 'rejected'
  | 'wallet'
  | 'no_wallet'
  | 'no_account'
  | 'other_account'
  | 'wrong_chain'
  | 'no_escrow'
  | 'configuration'
  | 'network'
  | 'outcome_unknown'
  | 'other_form'
  | 'service'

/** `field`: a JSON pointer, or the name of a parameter. */
export type FieldError = { field: string; message: string }

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

/** A part of the widget that is loaded when it is needed. @throws {Failure} `network` */
export async function brought<T>(part: Promise<T>): Promise<T> {
  return part.catch(() => {
    throw new Failure('network', { retryable: true })
  })
}

/** Any thrown thing as a `Failure`. */
export function toFailure(error: unknown): Failure {
  if (error instanceof Failure) return error
  return new Failure('wallet', { detail: error instanceof Error ? error.message.slice(0, 200) : '' })
}
