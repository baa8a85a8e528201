import { afterEach, describe, expect, test, vi } from 'vitest'
import { api, data, dataAndEtag, onSessionEnd } from '../src/api/Client.ts'
import { joined } from '../src/api/Paged.ts'
import { ApiProblem } from '../src/api/Problem.ts'
import { sendWith } from '../src/api/Send.ts'
import { mode } from '../src/Mode.ts'

const json = (body: unknown, init: ResponseInit = {}) =>
  new Response(JSON.stringify(body), { ...init, headers: { 'content-type': 'application/json', ...init.headers } })

/** What was asked, and `answer` for it. */
function serve(answer: () => Response): Request[] {
  const seen: Request[] = []
  vi.stubGlobal('fetch', (request: Request) => {
    seen.push(request)
    return Promise.resolve(answer())
  })
  return seen
}

afterEach(() => {
  vi.unstubAllGlobals()
  mode.value = 'live'
})

describe('the client', () => {
  test('says the mode, and gives each change a key of its own', async () => {
    mode.value = 'test'
    const seen = serve(() => json({ nonce: 'n' }))
    await data(api.GET('/me'))
    await data(api.POST('/sign-in/nonce'))
    await data(api.POST('/sign-in/nonce'))
    expect(seen.map(({ url }) => new URL(url).pathname)).toEqual(['/v1/me', '/v1/sign-in/nonce', '/v1/sign-in/nonce'])
    expect(seen.map(({ headers }) => headers.get('pbstream-mode'))).toEqual(['test', 'test', 'test'])
    const keys = seen.map(({ headers }) => headers.get('idempotency-key'))
    expect(keys[0]).toBeNull()
    expect(new Set(keys).size).toBe(3)
  })

  test('keeps the key that a caller gives', async () => {
    const seen = serve(() => json({}))
    await data(api.DELETE('/api-keys/{id}', { params: { path: { id: 'k' } }, headers: { 'Idempotency-Key': 'mine' } }))
    expect(seen[0]?.headers.get('idempotency-key')).toBe('mine')
  })

  test('gives the ETag with the body', async () => {
    serve(() => json({ owner: '0x1' }, { headers: { etag: '"7"' } }))
    expect(await dataAndEtag(api.GET('/me'))).toEqual({ data: { owner: '0x1' }, etag: '"7"' })
  })

  test('throws what the API refused, with its errors by field', async () => {
    const body = {
      code: 'validation_failed',
      detail: 'no',
      errors: [
        { field: '/rule/amount', message: 'too small' },
        { field: 'condition', detail: 'unknown name', position: 4, line: 1, column: 5 },
      ],
    }
    serve(() =>
      json(body, { status: 400, headers: { 'content-type': 'application/problem+json', 'retry-after': '9' } }),
    )
    const problem = await data(api.GET('/me')).then(
      () => undefined,
      (error: unknown) => error,
    )
    expect(problem).toBeInstanceOf(ApiProblem)
    expect(problem).toMatchObject({
      code: 'validation_failed',
      status: 400,
      retryAfter: 9,
      errors: [
        { field: 'rule.amount', detail: 'too small' },
        { field: 'condition', detail: 'unknown name', position: 4, line: 1, column: 5 },
      ],
    })
  })

  test('an answer that is no problem document is one by its status', async () => {
    serve(() => new Response('<h1>bad gateway</h1>', { status: 502 }))
    await expect(data(api.GET('/me'))).rejects.toMatchObject({ status: 502, code: 'unknown' })
  })

  describe('when the session has ended', () => {
    const ended = () => json({ code: 'credentials_invalid' }, { status: 401 })
    const revoke = () => data(api.DELETE('/api-keys/{id}', { params: { path: { id: 'k' } } }))

    test('makes the request once more when there is one again, with the same key', async () => {
      let isSignedIn = false
      onSessionEnd(async () => (isSignedIn = true))
      const seen = serve(() => (isSignedIn ? json({}) : ended()))
      await revoke()
      const keys = seen.map(({ headers }) => headers.get('idempotency-key'))
      expect([keys.length, new Set(keys).size]).toEqual([2, 1])
    })

    test('says so when there is none again', async () => {
      onSessionEnd(async () => false)
      const seen = serve(ended)
      await expect(revoke()).rejects.toMatchObject({ status: 401, code: 'credentials_invalid' })
      expect(seen).toHaveLength(1)
    })

    test('waits for nobody when it is asked who is signed in', async () => {
      const renew = vi.fn(async () => true)
      onSessionEnd(renew)
      serve(ended)
      await expect(data(api.GET('/me'))).rejects.toMatchObject({ status: 401 })
      expect(renew).not.toHaveBeenCalled()
    })
  })
})

describe('a request that was cut off', () => {
  const request = (signal?: AbortSignal) =>
    new Request('https://x.example/v1', {
      method: 'POST',
      body: '{"a":1}',
      headers: { 'Idempotency-Key': 'k' },
      ...(signal && { signal }),
    })

  test('is sent once more, the same', async () => {
    const seen: string[] = []
    const answer = await sendWith(
      async (asked) => {
        seen.push(`${asked.headers.get('idempotency-key')} ${await asked.text()}`)
        if (seen.length === 1) throw new TypeError('cut off')
        return new Response('ok')
      },
      request(),
      0,
    )
    expect([await answer.text(), seen]).toEqual(['ok', ['k {"a":1}', 'k {"a":1}']])
  })

  test('twice is a problem that says so', async () => {
    const cut = () => Promise.reject(new TypeError('cut off'))
    await expect(sendWith(cut, request(), 0)).rejects.toMatchObject({ code: 'network', status: 0 })
  })

  test('because nobody wants it any more is not sent again', async () => {
    const control = new AbortController()
    const cut = vi.fn(() => {
      control.abort()
      return Promise.reject(new DOMException('aborted', 'AbortError'))
    })
    await expect(sendWith(cut, request(control.signal), 0)).rejects.toThrow('aborted')
    expect(cut).toHaveBeenCalledOnce()
  })
})

test('pages of a list are joined in order, and the last one ends it', () => {
  const first = joined(undefined, { items: [1, 2], nextCursor: 'c' })
  expect(first).toEqual({ items: [1, 2], cursor: 'c', more: true })
  expect(joined(first, { items: [3], nextCursor: null })).toEqual({ items: [1, 2, 3], cursor: undefined, more: false })
})
