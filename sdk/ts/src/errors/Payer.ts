/** What a payer refuses by itself, before anything is signed or after an answer was lost. */
import { PBStreamError } from './PBStreamError.ts'

/** A payment that was about to be made. Amounts are atomic units of the token. */
export type Payment = {
  mode: 'session' | 'batch-settlement' | 'exact'
  /** What is asked for. */
  url: string
  /** CAIP-2. */
  network: string
  asset: string
  payTo: string
  /** The most that this request costs, as far as is known. */
  price: bigint
  /** What the receiver may take on the strength of the new signature, beyond what earlier ones allow. */
  amount: bigint
  /** What moves from the wallet into the channel; the rest of it comes back. */
  deposit?: bigint
}

export type BudgetLimit = 'perRequest' | 'total' | 'perHost' | 'exposure' | 'deposit'

/** A limit of the budget stands in the way. Nothing was signed. */
export class BudgetExceededError extends PBStreamError {
  static override readonly code = 'budget_exceeded'
  override readonly name = 'BudgetExceededError'
  /** Which limit. */
  readonly limit: BudgetLimit
  /** What it leaves, and what was wanted, in atomic units. */
  readonly allowed: bigint
  readonly wanted: bigint
  constructor(limit: BudgetLimit, allowed: bigint, wanted: bigint) {
    super(
      {
        code: 'budget_exceeded',
        status: 0,
        title: 'The budget does not allow this payment',
        hint: `Raise budget.${limit}, or ask for something that costs less.`,
        retryable: false,
      },
      { detail: `${limit} leaves ${allowed}, ${wanted} is wanted` },
    )
    this.limit = limit
    this.allowed = allowed
    this.wanted = wanted
  }
}

/** The host asks for money and is not on the list of those that may have some. */
export class HostNotAllowedError extends PBStreamError {
  static override readonly code = 'host_not_allowed'
  override readonly name = 'HostNotAllowedError'
  readonly host: string
  constructor(host: string) {
    super(
      {
        code: 'host_not_allowed',
        status: 0,
        title: 'This host may not be paid',
        hint: 'Add it to allow.',
        retryable: false,
      },
      { detail: host },
    )
    this.host = host
  }
}

/** `confirm` said no. */
export class PaymentDeclinedError extends PBStreamError {
  static override readonly code = 'payment_declined'
  override readonly name = 'PaymentDeclinedError'
  readonly payment: Payment
  constructor(payment: Payment) {
    super({
      code: 'payment_declined',
      status: 0,
      title: 'The payment was declined',
      hint: 'Nothing was signed. Confirm it to go on.',
      retryable: false,
    })
    this.payment = payment
  }
}

/** With `dryRun`: what would have been paid. */
export class DryRunError extends PBStreamError {
  static override readonly code = 'dry_run'
  override readonly name = 'DryRunError'
  readonly payment: Payment
  constructor(payment: Payment) {
    super({
      code: 'dry_run',
      status: 0,
      title: 'This call has to be paid for',
      hint: 'Nothing was signed. Leave dryRun out to pay.',
      retryable: false,
    })
    this.payment = payment
  }
}

/** The contract or token that is asked for is none that is known on this chain. */
export class UnknownContractError extends PBStreamError {
  static override readonly code = 'unknown_contract'
  override readonly name = 'UnknownContractError'
  constructor(detail: string) {
    super(
      {
        code: 'unknown_contract',
        status: 0,
        title: 'Money is not entrusted to a contract that is not known',
        hint: 'If you trust it, name it in contracts.',
        retryable: false,
      },
      { detail },
    )
  }
}

/** None of the offers of a 402 can be used. */
export class NoUsableOfferError extends PBStreamError {
  static override readonly code = 'no_usable_offer'
  override readonly name = 'NoUsableOfferError'
  constructor(detail: string) {
    super(
      {
        code: 'no_usable_offer',
        status: 402,
        title: 'None of the ways to pay can be used',
        hint: 'Offers that can be used are x402 batch-settlement and exact with EIP-3009 on a known chain.',
        retryable: false,
      },
      { detail },
    )
  }
}

/** The server's numbers of a channel contradict what this payer has signed, or cannot be checked. */
export class ChannelStateError extends PBStreamError {
  static override readonly code = 'channel_state_unproven'
  override readonly name = 'ChannelStateError'
  constructor(detail: string) {
    super(
      {
        code: 'channel_state_unproven',
        status: 0,
        title: 'How the channel stands cannot be proven',
        hint: 'Give rpc, so that the chain can be asked, or start another channel with salt.',
        retryable: false,
      },
      { detail },
    )
  }
}

/** No answer arrived, and the request may have been charged: with a receipt it was. It was not sent again for money. */
export class AnswerLostError extends PBStreamError {
  static override readonly code = 'answer_lost'
  override readonly name = 'AnswerLostError'
  /** The signed receipt, where there is one. */
  readonly receipt?: string
  constructor(requestId: string, receipt?: string, cause?: unknown) {
    super(
      {
        code: 'answer_lost',
        status: 0,
        title: 'The answer was lost, and the request may have been charged',
        hint: 'Send it as a new request, if you still want the answer: that is paid for.',
        retryable: false,
      },
      { requestId, ...(cause === undefined ? {} : { cause }) },
    )
    if (receipt !== undefined) this.receipt = receipt
  }
}
