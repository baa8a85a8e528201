/** Our signatures before the official library, its signatures before ours, and what neither takes. */
import * as WebhookSignature from '@pbstream/core/WebhookSignature'
import fc from 'fast-check'
import { Webhook } from 'standardwebhooks'
import { describe, expect, test, vi } from 'vitest'

const NOW = 1_790_000_000
const secret = Uint8Array.from({ length: 32 }, (_, i) => i)
const other = Uint8Array.from({ length: 32 }, (_, i) => 255 - i)
const official = (bytes: Uint8Array) => new Webhook(WebhookSignature.formatSecret(bytes))
const body = '{"type":"deposit.confirmed","data":{"name":"naïve \u{1f4b8}"}}'
const message = { id: 'evt_1', timestamp: NOW, body }
const secrets = fc.uint8Array({ minLength: 24, maxLength: 64 })
const ids = fc.stringMatching(/^[A-Za-z0-9_-]{1,40}$/)

/** Runs at the time that the official library reads from the clock. */
function at<T>(seconds: number, work: () => T): T {
  vi.useFakeTimers({ now: seconds * 1000 })
  try {
    return work()
  } finally {
    vi.useRealTimers()
  }
}

describe('signing', () => {
  test('what we sign is what the official library signs, and it verifies it', () => {
    fc.assert(
      fc.property(secrets, ids, fc.string({ unit: 'binary' }), (bytes, id, text) => {
        const headers = WebhookSignature.headers([bytes], { id, timestamp: NOW, body: text })
        expect(headers['webhook-signature']).toBe(official(bytes).sign(id, new Date(NOW * 1000), text))
        at(NOW, () => official(bytes).verify(text, headers, { jsonParse: false }))
      }),
      { numRuns: 200 },
    )
  })

  test('with two secrets each verifies, at the official library and here', () => {
    const headers = WebhookSignature.headers([secret, other], message)
    expect(headers['webhook-signature'].split(' ')).toHaveLength(2)
    for (const bytes of [secret, other]) {
      expect(at(NOW, () => official(bytes).verify(body, headers))).toEqual(JSON.parse(body))
      expect(WebhookSignature.verify(bytes, headers, body, NOW)).toEqual({ ok: true })
    }
  })

  test('an id in which a full stop would move what is signed is refused', () => {
    expect(() => WebhookSignature.bytesToSign({ ...message, id: 'a.b' })).toThrow(TypeError)
    expect(() => WebhookSignature.bytesToSign({ ...message, id: '' })).toThrow(TypeError)
    expect(() => WebhookSignature.bytesToSign({ ...message, timestamp: 1.5 })).toThrow(TypeError)
    expect(() => WebhookSignature.headers([], message)).toThrow(TypeError)
  })
})

describe('verification', () => {
  const headers = WebhookSignature.headers([secret], message)
  const judge = (over: Partial<WebhookSignature.Headers>, text = body, now = NOW) =>
    WebhookSignature.verify(secret, { ...headers, ...over }, text, now)

  test('takes what the official library signs', () => {
    const signature = official(secret).sign('evt_2', new Date(NOW * 1000), body)
    expect(judge({ 'webhook-id': 'evt_2', 'webhook-signature': signature })).toEqual({ ok: true })
  })

  test.each([
    [300, { ok: true }],
    [301, { ok: false, code: 'too_old' }],
    [-300, { ok: true }],
    [-301, { ok: false, code: 'too_new' }],
  ])('%i s after it was signed', (seconds, result) => {
    expect(judge({}, body, NOW + seconds)).toEqual(result)
    const theirs = () => at(NOW + seconds, () => official(secret).verify(body, headers))
    if (result.ok) expect(theirs()).toBeDefined()
    else expect(theirs).toThrow()
  })

  test.each([
    ['another body', {}, `${body} `, 'signature'],
    ['another id', { 'webhook-id': 'evt_9' }, body, 'signature'],
    ['another time', { 'webhook-timestamp': `${NOW + 1}` }, body, 'signature'],
    ['no signature', { 'webhook-signature': '' }, body, 'signature'],
    ['another version', { 'webhook-signature': headers['webhook-signature'].replace('v1', 'v1a') }, body, 'signature'],
    ['half a signature', { 'webhook-signature': headers['webhook-signature'].slice(0, 20) }, body, 'signature'],
    ['an id that moves the full stop', { 'webhook-id': `evt_1.${NOW}` }, body, 'malformed'],
    ['a time with a sign', { 'webhook-timestamp': `+${NOW}` }, body, 'malformed'],
    ['a time with more behind it', { 'webhook-timestamp': `${NOW}x` }, body, 'malformed'],
  ])('refuses %s', (_, over, text, code) => {
    expect(judge(over, text)).toEqual({ ok: false, code })
  })

  test('finds its signature among those of other versions', () => {
    const many = `v1a,xx v1,AAAA ${headers['webhook-signature']}`
    expect(judge({ 'webhook-signature': many })).toEqual({ ok: true })
  })

  test('never throws on any headers', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), fc.string(), (id, timestamp, signature, text) => {
        const given = { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature }
        expect(WebhookSignature.verify(secret, given, text, NOW).ok).toBe(false)
      }),
    )
  })
})

describe('secrets as text', () => {
  test('bytes survive the way there and back, and are those the official library uses', () => {
    fc.assert(
      fc.property(secrets, (bytes) => {
        expect(WebhookSignature.parseSecret(WebhookSignature.formatSecret(bytes))).toEqual(bytes)
      }),
    )
  })

  test.each([
    ['no prefix', WebhookSignature.formatSecret(secret).slice(6)],
    ['too short', WebhookSignature.formatSecret(new Uint8Array(23))],
    ['too long', WebhookSignature.formatSecret(new Uint8Array(65))],
    ['the other alphabet', `whsec_${'-_'.repeat(16)}`],
    ['no padding', WebhookSignature.formatSecret(secret).replace('=', '')],
    ['nothing', 'whsec_'],
    ['no base64', 'whsec_!!!!'],
  ])('%s is none', (_, text) => {
    expect(WebhookSignature.parseSecret(text)).toBeUndefined()
  })
})
