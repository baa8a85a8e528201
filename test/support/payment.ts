import type { ChannelConfig } from '@pbstream/core/ChannelConfig'

/** The payment in a request, as a test takes it apart. */
export type Payment = {
  x402Version: number
  accepted: { scheme: string; network: string; amount: string; payTo: string } & Record<string, unknown>
  payload: Record<string, unknown> & {
    channelConfig: ChannelConfig
    voucher: { channelId: `0x${string}`; maxClaimableAmount: string; signature: `0x${string}` }
    authorization: Record<'from' | 'to' | 'value' | 'validAfter' | 'validBefore' | 'nonce', string>
    signature: `0x${string}`
  }
  extensions: { 'pbstream-quote': { info: { quote: string } } } & Record<string, unknown>
}

export function paymentOf(request: Request): Payment {
  return JSON.parse(atob(request.headers.get('PAYMENT-SIGNATURE') ?? '')) as Payment
}

export function headerOf(payment: unknown): { 'PAYMENT-SIGNATURE': string } {
  return { 'PAYMENT-SIGNATURE': Buffer.from(JSON.stringify(payment)).toString('base64') }
}
