/**
 * Other sites in the browser of somebody who is signed in: whatever operation they call with the cookie, and however, they
 * are refused and nothing changes. Whoever is no browser brings an API key, which no site has.
 */
import { beforeAll, expect, test, vi } from 'vitest'
import { belongingsOf, clear, everything } from './belongings.ts'
import { operations, type Operation } from './document.ts'
import { api, ORIGIN, type Person, person } from './people.ts'
import { empty, settlement } from './support.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

let alice: Person
let ids: Record<string, string>

beforeAll(async () => {
  vi.spyOn(console, 'error').mockImplementation(() => {})
  vi.spyOn(globalThis, 'fetch').mockRejectedValue(new TypeError('no network'))
  await clear()
  await empty()
  await settlement.say({})
  alice = await person()
  ids = await belongingsOf(alice, 'live')
  return () => vi.restoreAllMocks()
})

/** What a browser says of a request that another site makes. */
const ELSEWHERE: [string, Record<string, string>][] = [
  ['a script of another site', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }],
  ['a page without an origin', { origin: 'null' }],
  ['another port of this host', { origin: `${ORIGIN}:8443` }],
  ['this host without TLS', { origin: ORIGIN.replace('https', 'http') }],
  ['a host that begins like this one', { origin: `${ORIGIN}.evil.example` }],
  ['a neighbour of this host', { origin: ORIGIN, 'sec-fetch-site': 'same-site' }],
  ['an image or a link of another site', { 'sec-fetch-site': 'cross-site' }],
]
/** Those for which a cookie counts; the others are for whoever has something that no site can send. */
const cookied = operations.filter(({ access }) => !['public', 'message', 'grant'].includes(access))
const cookieless = operations.filter(({ access }) => access === 'grant')
const changes = cookied.filter(({ method }) => method !== 'GET')

function call(operation: Operation, headers: Record<string, string>) {
  const path = operation.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? ids['provider'] ?? '')
  const json = operation.body === undefined ? {} : { body: {} }
  const cookie = { cookie: `__Host-pbstream=${alice.cookie}`, 'if-match': '"1"' }
  return api(operation.method, path, { ...json, headers: { ...cookie, ...headers } })
}

test.each(ELSEWHERE)('%s gets nothing by the cookie, from any operation', async (_, headers) => {
  for (const operation of cookied) {
    const { status, json, headers: answered } = await call(operation, headers)
    expect([operation.id, status, json['code']]).toEqual([operation.id, 403, 'origin_refused'])
    expect([operation.id, answered.get('access-control-allow-origin')]).toEqual([operation.id, null])
    expect([operation.id, answered.get('set-cookie')]).toEqual([operation.id, null])
  }
})

test('where a cookie counts for nothing it changes nothing of the answer', async () => {
  for (const operation of cookieless) {
    const origin = { origin: 'https://shop.example' }
    const [having, without] = await Promise.all([call(operation, origin), call(operation, { ...origin, cookie: '' })])
    expect([operation.id, having.status, having.text]).toEqual([operation.id, without.status, without.text])
    expect([operation.id, having.headers.get('access-control-allow-credentials')]).toEqual([operation.id, null])
    expect([operation.id, having.status < 300]).toEqual([operation.id, false])
  }
})

test('changes nothing, with or without an origin, as a form or as JSON', async () => {
  const before = await everything()
  for (const operation of changes) {
    for (const headers of [{}, ...ELSEWHERE.map(([, each]) => each)]) {
      for (const type of ['application/json', 'text/plain', 'application/x-www-form-urlencoded']) {
        const { status, json } = await call(operation, { ...headers, 'content-type': type })
        expect([operation.id, status, json['code']]).toEqual([operation.id, 403, 'origin_refused'])
      }
    }
  }
  expect(await everything()).toBe(before)
})

test('a preflight of another site opens nothing that a cookie would', async () => {
  for (const { path, method } of cookied) {
    const headers = { origin: 'https://evil.example', 'access-control-request-method': method }
    const answer = await api('OPTIONS', path.replaceAll(/[{}]/g, ''), { headers, idempotencyKey: null })
    expect([path, answer.headers.get('access-control-allow-credentials')]).toEqual([path, null])
    expect([path, answer.headers.get('access-control-allow-origin')]).not.toEqual([path, 'https://evil.example'])
  }
})
