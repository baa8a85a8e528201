/** What a payer does when Sentinel refuses: it waits where that helps soon, says what stands in the way, and never pays twice. */
import type { ErrorCode } from '@pbstream/core/Errors'
import { describe, expect, test, vi } from 'vitest'
import { AnswerLostError } from '../../src/client.ts'
import { errorOf, PBStreamError, SentinelFrozenError, SentinelThrottledError } from '../../src/errors.ts'
import { FakeGateway } from './FakeGateway.ts'
import { payerAt } from './payer.ts'

// Signatures in plain JavaScript take their time on a busy machine.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const URL_A = 'https://api.example/a'
const lose = () => {
  throw new TypeError('fetch failed')
}

/** A payer with an open session. */
async function opened() {
  const gateway = new FakeGateway()
  const { pay } = payerAt(gateway)
  await pay.fetch(URL_A)
  const refuse = (code: ErrorCode, after?: string) => () =>
    gateway.refused(code, after === undefined ? {} : { 'retry-after': after })
  return { gateway, pay, refuse }
}

describe('a refusal that ends by itself', () => {
  test.each(['sentinel_throttled', 'spend_breaker_open', 'upstream_breaker_open'] as const)(
    '%s is waited for when it is short, and the request is charged once',
    async (code) => {
      const { gateway, pay, refuse } = await opened()
      gateway.before = [refuse(code, '0'), refuse(code, '0')]
      expect((await pay.fetch(URL_A)).status).toBe(200)
      expect(gateway.channel?.chargedCumulative).toBe(400n)
    },
  )

  test('is waited for twice, then its caller is told', async () => {
    const { gateway, pay, refuse } = await opened()
    gateway.before = [1, 2, 3, 4].map(() => refuse('sentinel_throttled', '0'))
    expect((await pay.fetch(URL_A)).status).toBe(429)
    expect([gateway.before.length, gateway.served.length]).toEqual([1, 1])
  })

  test.each([['11'], ['3600'], ['soon'], ['-1'], [undefined]])(
    'with Retry-After %s is not waited for',
    async (after) => {
      const { gateway, pay, refuse } = await opened()
      gateway.before = [refuse('sentinel_throttled', after)]
      const response = await pay.fetch(URL_A)
      expect([response.status, response.headers.get('retry-after')]).toEqual([429, after ?? null])
      expect(await errorOf(response)).toBeInstanceOf(SentinelThrottledError)
      expect(gateway.served).toHaveLength(1)
    },
  )

  test('is not waited for by a caller that has left', async () => {
    const { gateway, pay, refuse } = await opened()
    const left = new AbortController()
    gateway.before = [
      () => {
        left.abort(new Error('gone'))
        return refuse('sentinel_throttled', '1')()
      },
    ]
    await expect(pay.fetch(URL_A, { signal: left.signal })).rejects.toThrow('gone')
    expect(gateway.served).toHaveLength(1)
  })
})

describe('a stop', () => {
  test('comes as it is, at once, and names what has to be released', async () => {
    const { gateway, pay } = await opened()
    const sentinel = { scope: 'owner', decision: 'dec_1', stop: 'st_1' }
    gateway.before = [
      async () => {
        const response = gateway.refused('sentinel_frozen')
        const body = { ...((await response.json()) as object), sentinel: { ...sentinel, more: 'of a newer gateway' } }
        return new Response(JSON.stringify(body), response)
      },
    ]
    const response = await pay.fetch(URL_A)
    const error = await errorOf(response)
    expect(response.status).toBe(403)
    expect(error).toBeInstanceOf(SentinelFrozenError)
    expect(error).toMatchObject({ code: 'sentinel_frozen', retryable: false, sentinel })
    expect(error?.sentinel).toEqual(sentinel)
    expect(error?.message).toContain('The stop is st_1.')
    expect(gateway.served).toHaveLength(1)
  })

  test.each([[null], ['text'], [{ scope: 'owner' }], [{ scope: 1, decision: 'dec_1' }]])(
    'that is described by %j is an error without it',
    async (sentinel) => {
      const body = JSON.stringify({ code: 'sentinel_frozen', sentinel })
      const headers = { 'content-type': 'application/problem+json' }
      const error = await errorOf(new Response(body, { status: 403, headers }))
      expect(error).toBeInstanceOf(PBStreamError)
      expect(error?.sentinel).toBeUndefined()
    },
  )
})

describe('a refusal after an answer was lost', () => {
  test.each(['upstream_breaker_open', 'sentinel_throttled', 'sentinel_frozen'] as const)(
    'by %s does not hide that the request was charged',
    async (code) => {
      const { gateway, pay, refuse } = await opened()
      gateway.after = [lose]
      let asked = 0
      // The first attempt is served and its answer lost; the one after it is refused without a look.
      gateway.before = [() => undefined, () => (asked++, refuse(code)())]
      const lost = await pay.fetch(URL_A).catch((error: unknown) => error)
      expect(lost).toBeInstanceOf(AnswerLostError)
      expect((lost as AnswerLostError).receipt).toMatch(/^e30\./)
      expect([asked, gateway.channel?.chargedCumulative]).toEqual([1, 400n])
    },
  )

  test('is the answer when nothing was charged', async () => {
    const { gateway, pay, refuse } = await opened()
    gateway.before = [lose, refuse('upstream_breaker_open')]
    expect((await pay.fetch(URL_A)).status).toBe(503)
    expect(gateway.channel?.chargedCumulative).toBe(200n)
  })
})
