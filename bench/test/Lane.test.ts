import { expect, test } from 'vitest'
import { type PaymentTemplate, head, requests } from '../src/Lane.ts'

const template: PaymentTemplate = {
  accepted: { amount: '100' },
  payload: {
    type: 'voucher',
    channelConfig: { salt: '0x0' },
    voucher: { channelId: '0x1', maxClaimableAmount: '200', signature: '0x2' },
  },
  extensions: { 'pbstream-quote': { info: { quote: 'first' }, schema: {} }, other: { info: { a: 1 }, schema: {} } },
}

function payment(request: Buffer | undefined): unknown {
  const encoded = /PAYMENT-SIGNATURE: (\S+)\r\n\r\n$/.exec(request?.toString('latin1') ?? '')?.[1] ?? ''
  return JSON.parse(Buffer.from(encoded, 'base64').toString())
}

test('every request carries its own voucher and quote, and all else as the client sent it', () => {
  const tickets = [
    { max: '300', signature: '0x3' as const, quote: 'second' },
    { max: '400', signature: '0x4' as const },
  ]
  const [first, second] = requests({ head: head('http://host:1/paid'), payment: { template, tickets } })
  expect(first?.toString('latin1')).toMatch(/^GET \/paid HTTP\/1\.1\r\nHost: host:1\r\n/)
  expect(payment(first)).toEqual({
    ...template,
    payload: { ...template.payload, voucher: { channelId: '0x1', maxClaimableAmount: '300', signature: '0x3' } },
    extensions: { ...template.extensions, 'pbstream-quote': { info: { quote: 'second' }, schema: {} } },
  })
  expect(payment(second)).toMatchObject({
    extensions: template.extensions,
    payload: { voucher: { maxClaimableAmount: '400' } },
  })
})

test('an unpaid lane sends the same request without a payment', () => {
  expect(requests({ head: head('http://host:1/free') }).map(String)).toEqual([
    'GET /free HTTP/1.1\r\nHost: host:1\r\nAccept: */*\r\n\r\n',
  ])
})
