/** What the example pages are told by their address: `?service=…&gateway=…&chain=84532&payee=0x…&lang=zh`, and a key. */
import type { GrantRequest } from '@pbstream/widget'

const asked = new URLSearchParams(globalThis.location?.search)

export const service = asked.get('service') ?? 'http://127.0.0.1:8787'
export const gateway = asked.get('gateway') ?? undefined
export const lang = asked.get('lang') ?? 'en'

export const request: GrantRequest = {
  name: 'Research agent',
  reason: 'Reads paid articles for your weekly report.',
  chainId: Number(asked.get('chain') ?? '84532'),
  payees: asked.getAll('payee').length > 0 ? asked.getAll('payee') : ['0xcacacacacacacacacacacacacacacacacacacaca'],
  spendCap: '50',
  periodAmount: '5',
  period: 'day',
  perPaymentMax: '0.10',
  lifetime: 'month',
  ...(asked.has('key') && { key: asked.get('key') ?? '' }),
}
