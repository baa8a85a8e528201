/** What PB-Stream tells a server: taken when it is signed, and when it is of now. */
import { type Delivery, InvalidSecretError, testDelivery, verifyWebhook } from '@pbstream/sdk/webhooks'
import { Webhook } from 'standardwebhooks'
import { afterEach, describe, expect, test, vi } from 'vitest'

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
const other = `whsec_${Buffer.alloc(32, 8).toString('base64')}`
const event = { type: 'settlement.confirmed', data: { amount: '1000' } } as const

afterEach(() => vi.unstubAllEnvs())

async function parts(request: Request): Promise<{ headers: Headers; body: string }> {
  return { headers: request.headers, body: await request.text() }
}

test('a delivery is verified, and so is one that the reference library signs', async () => {
  expect(await verifyWebhook(testDelivery(event, { secret }), { secret })).toMatchObject({ ...event, mode: 'test' })
  const at = new Date()
  const body = JSON.stringify({ type: 'deposit.confirmed', timestamp: at.toISOString(), mode: 'live', data: {} })
  const signature = new Webhook(secret).sign('whd_1', at, body)
  const headers = {
    'webhook-id': 'whd_1',
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': signature,
  }
  expect(await verifyWebhook({ headers, body }, { secret })).toMatchObject({ id: 'whd_1', type: 'deposit.confirmed' })
})

test('the reference library verifies a test delivery', async () => {
  const { headers, body } = await parts(testDelivery(event, { secret }))
  expect(new Webhook(secret).verify(body, Object.fromEntries(headers))).toMatchObject(event)
})

test('bytes do as well as text, and the environment as an option; secrets may overlap', async () => {
  vi.stubEnv('PB_WEBHOOK_SECRET', `${other} ${secret}`)
  const { headers, body } = await parts(testDelivery(event, { secret }))
  expect(await verifyWebhook({ headers, body: Buffer.from(body) })).toMatchObject(event)
  expect(await verifyWebhook(testDelivery(event))).toMatchObject(event)
})

describe('refused', () => {
  test.each<[string, (delivery: { headers: Headers; body: string }) => void | Delivery, string]>([
    ['another body', (d) => ({ ...d, body: d.body.replace('1000', '9999') }), 'signature'],
    ['the same JSON written again', (d) => ({ ...d, body: JSON.stringify(JSON.parse(d.body), null, 1) }), 'signature'],
    ['another id', (d) => d.headers.set('webhook-id', 'whd_2'), 'signature'],
    ['no signature', (d) => d.headers.delete('webhook-signature'), 'signature'],
    ['an asymmetric version', (d) => d.headers.set('webhook-signature', 'v1a,AAAA'), 'signature'],
    ['no id', (d) => d.headers.delete('webhook-id'), 'malformed'],
    ['another time', (d) => d.headers.set('webhook-timestamp', '1'), 'too_old'],
    ['the far future', (d) => d.headers.set('webhook-timestamp', '99999999999'), 'too_new'],
    ['a time that is none', (d) => d.headers.set('webhook-timestamp', 'NaN'), 'malformed'],
  ])('%s', async (_, change, code) => {
    const delivery = await parts(testDelivery(event, { secret }))
    const changed = change(delivery) ?? delivery
    await expect(verifyWebhook(changed, { secret })).rejects.toMatchObject({ name: 'WebhookVerificationError', code })
  })

  test('another secret', async () => {
    await expect(verifyWebhook(testDelivery(event, { secret }), { secret: other })).rejects.toThrow(/not signed with/)
  })

  test('a recording, five minutes later', async () => {
    const recorded = testDelivery(event, { secret })
    const now = () => Date.now() + 301_000
    await expect(verifyWebhook(recorded, { secret, now })).rejects.toMatchObject({ code: 'too_old' })
  })

  test('a body that is signed and no event', async () => {
    const at = new Date()
    const id = 'whd_1'
    const headers = {
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      'webhook-signature': new Webhook(secret).sign(id, at, '[]'),
    }
    await expect(verifyWebhook({ headers, body: '[]' }, { secret })).rejects.toMatchObject({ code: 'body' })
  })

  test('parsed JSON, and a secret that is none: mistakes of the server, not of the sender', async () => {
    const { headers } = await parts(testDelivery(event, { secret }))
    const parsed = { headers, body: event } as unknown as Delivery
    await expect(verifyWebhook(parsed, { secret })).rejects.toThrow(/not parsed JSON/)
    vi.stubEnv('PB_WEBHOOK_SECRET', '')
    await expect(verifyWebhook(testDelivery(event, { secret }))).rejects.toThrow(InvalidSecretError)
    await expect(verifyWebhook(testDelivery(event, { secret }), { secret: 'hunter2' })).rejects.toThrow(/whsec_/)
    await expect(verifyWebhook(testDelivery(event, { secret }), { secret: 'hunter2' })).rejects.not.toThrow(/hunter2/)
  })
})
