import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Stack, startStack } from '../support/Stack.ts'
import { createHoldback } from '../support/signedRequest.ts'

let stack: Stack
/** A payment that is right, decoded, to be spoilt. */
let good: { channels: Json; exact: Json }
let charged: number

type Json = { [key: string]: unknown }
const encode = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64')

beforeAll(async () => {
  stack = await startStack({ routes: [{ path: '/cheap' }, { path: '/small', maxBodyBytes: 1000 }] })
  const decoded = async (scheme: 'batch-settlement' | 'exact') => {
    const { sign, pay } = await createHoldback(stack, { scheme })
    if (scheme === 'batch-settlement') await pay(`${stack.gateway}/cheap`)
    const request = await sign(`${stack.gateway}/cheap`)
    return JSON.parse(atob(request.headers.get('PAYMENT-SIGNATURE') ?? '')) as Json
  }
  good = { channels: await decoded('batch-settlement'), exact: await decoded('exact') }
})
afterAll(() => stack.stop())
beforeEach(() => {
  charged = stack.upstream.received.length
})

/** The answer must be a 4xx problem with a code and a hint, and the upstream must not have been called. */
async function expectRefused(response: Response): Promise<Json> {
  const text = await response.text()
  expect(response.status, text).toBeGreaterThanOrEqual(400)
  expect(response.status, text).toBeLessThan(500)
  const body = JSON.parse(text) as Json
  expect(body).toMatchObject({ code: expect.any(String), hint: expect.any(String), status: response.status })
  expect(stack.upstream.received.length).toBe(charged)
  return body
}

const send = (header: string, path = '/cheap') =>
  fetch(stack.gateway + path, { headers: { 'PAYMENT-SIGNATURE': header } })

/** A copy of `value` with the field at `path` replaced. */
function spoil(value: Json, path: string, replacement: unknown): Json {
  const copy = structuredClone(value)
  const keys = path.split('.')
  const last = keys.pop() ?? ''
  const parent = keys.reduce((at, key) => at[key] as Json, copy)
  if (replacement === undefined) delete parent[last]
  else parent[last] = replacement
  return copy
}

describe('a payment header that cannot be read', () => {
  test.each([
    ['not base64', '%%%'],
    ['base64 of no JSON', encode('{')],
    ['JSON of the wrong type', encode([])],
    ['an empty object', encode({})],
    ['null', encode('null')],
    ['a number', encode('1e999')],
  ])('%s: 400 malformed_payment', async (_, header) => {
    const response = await send(header)
    expect(response.status).toBe(400)
    expect((await expectRefused(response)).code).toBe('malformed_payment')
  })

  test('an oversized one: 431', async () => {
    const response = await send(encode({ padding: 'x'.repeat(9000) }))
    expect(response.status).toBe(431)
    await expectRefused(response)
  })
})

describe('a voucher that is wrong in one place is refused and nothing is charged', () => {
  const huge = (2n ** 128n).toString()
  test.each([
    ['accepted.network', 'eip155:1'],
    ['accepted.asset', `0x${'11'.repeat(20)}`],
    ['accepted.payTo', `0x${'22'.repeat(20)}`],
    ['accepted.amount', '1'],
    ['accepted.scheme', 'upto'],
    ['accepted', undefined],
    ['payload', undefined],
    ['payload.type', 'claim'],
    ['payload.channelConfig.receiver', `0x${'33'.repeat(20)}`],
    ['payload.channelConfig.token', `0x${'44'.repeat(20)}`],
    ['payload.channelConfig.payerAuthorizer', `0x${'00'.repeat(20)}`],
    ['payload.channelConfig.withdrawDelay', -1],
    ['payload.channelConfig.withdrawDelay', 1e100],
    ['payload.channelConfig.salt', '0x'],
    ['payload.channelConfig', []],
    ['payload.voucher.channelId', `0x${'55'.repeat(32)}`],
    ['payload.voucher.maxClaimableAmount', '-1'],
    ['payload.voucher.maxClaimableAmount', '0'],
    ['payload.voucher.maxClaimableAmount', '1.5'],
    ['payload.voucher.maxClaimableAmount', '0x10'],
    ['payload.voucher.maxClaimableAmount', huge],
    ['payload.voucher.maxClaimableAmount', 10],
    ['payload.voucher.maxClaimableAmount', '9999999'],
    ['payload.voucher.signature', `0x${'66'.repeat(65)}`],
    ['payload.voucher.signature', '0x'],
    ['payload.voucher.signature', {}],
    ['extensions.pbstream-quote.info.quote', 'a.b.c'],
    ['x402Version', 3],
    ['x402Version', '2'],
  ])('%s = %j', async (path, replacement) => {
    await expectRefused(await send(encode(spoil(good.channels, path, replacement))))
  })
})

describe('an exact authorisation that is wrong in one place is refused and nothing is transferred', () => {
  test.each([
    ['payload.authorization.value', '1'],
    ['payload.authorization.value', '-5'],
    ['payload.authorization.to', `0x${'22'.repeat(20)}`],
    ['payload.authorization.from', `0x${'22'.repeat(20)}`],
    ['payload.authorization.validBefore', '1'],
    ['payload.authorization.validBefore', '99999999999'],
    ['payload.authorization.validAfter', '99999999999'],
    ['payload.authorization.nonce', '0x1'],
    ['payload.authorization.nonce', `0x${'77'.repeat(32)}`],
    ['payload.signature', `0x${'66'.repeat(65)}`],
    ['payload.signature', '0x'],
    ['payload.authorization', null],
  ])('%s = %j', async (path, replacement) => {
    await expectRefused(await send(encode(spoil(good.exact, path, replacement))))
  })
})

describe('paths', () => {
  test.each([
    '//cheap',
    '/./cheap',
    '/x/../cheap',
    '/%2e%2e/cheap',
    '/cheap%2f',
    '/che%61p%5c',
    '/cheap%00',
    '/cheap%',
  ])('%s: 400 or 404, never served', async (path) => {
    const { connect } = await import('node:net')
    const { port, hostname } = new URL(stack.gateway)
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(port), hostname, () => {
        socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
      })
      let text = ''
      socket
        .on('data', (data) => (text += String(data)))
        .on('end', () => resolve(text))
        .on('error', reject)
    })
    expect(answer).toMatch(/^HTTP\/1\.1 40[04]/)
    expect(stack.upstream.received.length).toBe(charged)
  })
})

describe('requests', () => {
  test('a body over the limit of the route: 413', async () => {
    const response = await fetch(`${stack.gateway}/small`, {
      method: 'POST',
      body: 'x'.repeat(2000),
      headers: { 'PAYMENT-SIGNATURE': encode(good.channels) },
    })
    expect(response.status).toBe(413)
    await expectRefused(response)
  })

  test.each(['', ' ', 'a b\u0001', 'x'.repeat(256)])('the request id %j: 400', async (id) => {
    const headers: [string, string][] = [
      ['PAYMENT-SIGNATURE', encode(good.channels)],
      ['idempotency-key', id],
    ]
    const response = await fetch(`${stack.gateway}/cheap`, { headers }).catch(() => undefined)
    if (response === undefined || id.trim() === '') return
    expect(response.status).toBe(400)
    await expectRefused(response)
  })

  test('the same request id for another request: 422', async () => {
    const { pay, sign } = await createHoldback(stack)
    await pay(`${stack.gateway}/cheap`)
    const headers = { 'idempotency-key': 'order-9' }
    expect((await pay(`${stack.gateway}/cheap`, { headers })).status).toBe(200)
    charged = stack.upstream.received.length
    const other = await sign(`${stack.gateway}/cheap?other=1`, { headers })
    const response = await fetch(other)
    expect(response.status).toBe(422)
    expect((await expectRefused(response)).code).toBe('request_id_mismatch')
  })
})

test('whatever is in the header, the answer is a 4xx and nothing is charged', async () => {
  const paths = [
    'x402Version',
    'accepted',
    'accepted.amount',
    'accepted.extra',
    'payload',
    'payload.channelConfig',
    'payload.channelConfig.payer',
    'payload.channelConfig.withdrawDelay',
    'payload.voucher',
    'payload.voucher.maxClaimableAmount',
    'payload.voucher.signature',
    'extensions',
  ]
  const header = fc.oneof(
    fc.string({ maxLength: 200 }).map(encode),
    fc.base64String({ maxLength: 400 }),
    fc.json({ maxDepth: 3 }).map(encode),
    fc
      .tuple(fc.constantFrom(...paths), fc.jsonValue({ maxDepth: 2 }))
      .map(([path, value]) => encode(spoil(good.channels, path, value))),
  )
  const untouched = JSON.stringify(good.channels)
  await fc.assert(
    fc.asyncProperty(header, async (value) => {
      if (Buffer.from(value, 'base64').toString() === untouched || value.length > 8000) return
      const response = await send(value)
      const text = await response.text()
      // A change of a field that no rule reads may leave a payment that is right.
      if (response.status === 200) return
      expect(response.status, text).toBeGreaterThanOrEqual(400)
      expect(response.status, text).toBeLessThan(500)
    }),
    { numRuns: 500 },
  )
})
