/**
 * Every documented operation with requests out of its schemas: whatever is sent, the answer is one of the API's own, and
 * never its failure. FUZZ_RUNS and FUZZ_SEED make it longer and different.
 */
import { env as given } from 'cloudflare:workers'
import fc from 'fast-check'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { belongingsOf, clear, unknown } from './belongings.ts'
import { operations } from './document.ts'
import { requestOf, type Sent } from './Fuzz.ts'
import { api, type Person, person } from './people.ts'
import { empty, settlement } from './support.ts'

vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 })

const { FUZZ_RUNS, FUZZ_SEED } = given as { FUZZ_RUNS?: string; FUZZ_SEED?: string }
const numRuns = Number(FUZZ_RUNS ?? 25)
const seed = Number(FUZZ_SEED ?? 20_261_122)

const env = {
  UPSTREAM_SECRET: 'upstream-secret-of-the-tests-0123456789',
  WEBHOOK_SECRET: 'webhook-secret-of-the-tests-0123456789',
  ALERT_SECRET: 'alert-secret-of-the-tests-0123456789',
  // Nothing is sent: what is due stays so.
  WEBHOOKS: { sendBatch: () => Promise.resolve() } as unknown as Queue<never>,
}

let alice: Person
let ids: string[]
let failures: string[] = []

beforeAll(async () => {
  vi.spyOn(console, 'error').mockImplementation((line: unknown) => void failures.push(String(line)))
  vi.spyOn(globalThis, 'fetch').mockRejectedValue(new TypeError('no network'))
  await clear()
  await empty()
  await settlement.say({})
  alice = await person()
  const hers = await belongingsOf(alice, 'live')
  ids = [...Object.values(hers), ...Object.values(unknown)]
  return () => vi.restoreAllMocks()
})

/** Of operations that end the caller, the caller is somebody new each time. */
const ending = new Set(['signOut'])

describe('no request makes the API fail:', () => {
  test.each(operations.map((operation) => [operation.id, operation] as const))('%s', async (id, operation) => {
    const send = async ({ path, headers, body }: Sent) => {
      failures = []
      const as = ending.has(id) ? await person() : alice
      const reply = await api(operation.method, path, { as, headers, env, ...(body === undefined ? {} : { body }) })
      expect([reply.status < 500, reply.text, failures]).toEqual([true, reply.text, []])
      const type = reply.headers.get('content-type') ?? ''
      if (reply.status >= 400) {
        expect([type, reply.json['status']]).toEqual(['application/problem+json', reply.status])
      }
    }
    await fc.assert(fc.asyncProperty(requestOf(operation, ids), send), { numRuns, seed, endOnFailure: true })
  })
})

test('nor does one for what there is not', async () => {
  const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']
  for (const method of methods) {
    for (const path of ['/', '/nothing', '/api-keys/', '/%ff', '/api-keys/a/b', '//', '/session-keys/%2e%2e/x']) {
      const { status } = await api(method, path, { as: alice })
      expect([method, path, status]).toEqual([method, path, 404])
    }
  }
})
