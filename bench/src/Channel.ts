import { createPayer } from '@pbstream/local/Payer'
import type { Hex } from '@pbstream/core/Hex'
import { decodePaymentResponseHeader } from '@x402/fetch'
import { header } from './AnswerReader.ts'
import type { PaymentTemplate } from './Lane.ts'

export type OpenOptions = {
  rpcUrl: string
  /** The paid resource. */
  url: string
  /** Where the first call is made, if not there: by tokens, its answer would not say what it has cost. */
  firstUrl?: string
  /** Signs the deposit and the vouchers. */
  key: Hex
  /** Another salt is another channel of the same key. */
  salt: Hex
  /** Atomic units. */
  deposit: bigint
}

/** An open channel and the request that pays from it. */
export type Channel = {
  channelId: Hex
  key: Hex
  template: PaymentTemplate
  price: bigint
  /** What has been charged so far: the next voucher is for this and one price more. */
  charged: bigint
}

/**
 * Opens a channel with the official client: its first request deposits and is charged one price. The next one is kept
 * back; it is the form that every request of the benchmark fills in.
 *
 * @throws Error when the server does not take the payment.
 */
export async function openChannel({ url, firstUrl = url, ...options }: OpenOptions): Promise<Channel> {
  let held: string | undefined
  let holding = false
  const hold: typeof fetch = async (input, init) => {
    const request = new Request(input, init)
    const payment = request.headers.get('PAYMENT-SIGNATURE')
    if (!holding || payment === null) return fetch(request)
    held = payment
    return new Response(null, { status: 204 })
  }
  const payer = createPayer({ ...options, scheme: 'batch-settlement', fetch: hold })
  const first = await payer.fetch(firstUrl)
  const body = await first.text()
  if (first.status !== 200) throw new Error(`the deposit was answered ${first.status}: ${body}`)
  holding = true
  await payer.fetch(url)
  if (held === undefined) throw new Error('the official client did not pay a second time')
  const template = JSON.parse(Buffer.from(held, 'base64').toString()) as PaymentTemplate
  const { type, voucher } = template.payload
  if (type !== 'voucher') throw new Error(`the official client paid by ${type} and not by voucher`)
  const price = BigInt(template.accepted.amount)
  const charged = BigInt(voucher.maxClaimableAmount) - price
  return { channelId: voucher.channelId, key: options.key, template, price, charged }
}

/** What a paid answer says has been charged in total; `undefined` when it says nothing. */
export function chargedOf(head: string): bigint | undefined {
  const value = header(head, 'PAYMENT-RESPONSE')
  if (value === undefined) return undefined
  const state = decodePaymentResponseHeader(value).extra?.['channelState'] as
    | { chargedCumulativeAmount?: string }
    | undefined
  return state?.chargedCumulativeAmount === undefined ? undefined : BigInt(state.chargedCumulativeAmount)
}
