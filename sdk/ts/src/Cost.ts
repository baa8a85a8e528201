/** What a call has cost, as its answer says it. */
import * as Amount from '@pbstream/core/Amount'
import * as PaymentResponse from '@pbstream/core/PaymentResponse'
import { claimsOf } from './validate/Ours.ts'

/** USDC, the only kind of token that is paid with. */
const DECIMALS = 6

export type Cost = {
  /** Atomic units; `undefined` when the answer does not say. */
  amount: bigint | undefined
  /** How it was paid, and what for. */
  scheme?: string
  network?: string
  transaction?: string
  /** The signed receipt, and what it says. */
  receipt?: string
  claims?: Record<string, unknown>
}

/** @param receipt of elsewhere, when the answer had none yet. `undefined`: nothing was paid. */
export function costOf(headers: Headers, receipt = headers.get('pbstream-receipt') ?? undefined): Cost | undefined {
  const claims = receipt === undefined ? undefined : claimsOf(receipt)
  const header = headers.get('payment-response') ?? headers.get('x-payment-response')
  const response = header === null ? undefined : PaymentResponse.decode(header)
  if (claims === undefined && response?.success !== true) return undefined
  const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined)
  const charged = response?.extra?.['chargedAmount'] ?? response?.amount
  const scheme = text(claims?.['scheme'])
  const network = text(claims?.['network']) ?? text(response?.network)
  const transaction = text(claims?.['tx']) ?? text(response?.transaction)
  return {
    amount: Amount.tryParse(claims?.['price']) ?? Amount.tryParse(charged),
    ...(scheme === undefined ? {} : { scheme }),
    ...(network === undefined ? {} : { network }),
    ...(transaction === undefined ? {} : { transaction }),
    ...(receipt === undefined ? {} : { receipt }),
    ...(claims === undefined ? {} : { claims }),
  }
}

/** `0.001 USDC (1000 atomic units)`. */
export function usdc(amount: bigint): string {
  return `${Amount.format(amount, DECIMALS)} USDC (${amount} atomic units)`
}
