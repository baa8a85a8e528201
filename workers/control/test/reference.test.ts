/** The document of the API and its page. */
import { describe, expect, test } from 'vitest'
import { api, document } from '../src/App.ts'
import type { Env } from '../src/Env.ts'
import worker from '../src/index.ts'
import { operations } from './document.ts'
import { type Checked, differences } from './Nulls.ts'
import { apiEnv, ORIGIN } from './people.ts'

const get = (path: string, over: Partial<Env> = {}) => worker.fetch(new Request(`${ORIGIN}${path}`), apiEnv(over))

describe('the document', () => {
  test('is OpenAPI 3.1 with every operation under /v1 of the origin that people see', async () => {
    const document = await (await get('/openapi.json')).json<Record<string, unknown>>()
    expect(document).toMatchObject({ openapi: '3.1.0', servers: [{ url: `${ORIGIN}/v1` }] })
    expect(Object.keys(document['paths'] as object)).toContain('/api-keys/{id}')
  })

  test('names each operation once, and asks for an Idempotency-Key wherever something of an owner is changed', () => {
    const ids = operations.map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    const asks = ({ parameters }: (typeof operations)[0]) => parameters.some(({ name }) => name === 'Idempotency-Key')
    const changes = operations.filter(({ method }) => method !== 'GET')
    expect(changes.filter((operation) => !asks(operation)).map(({ id }) => id)).toEqual([
      'createSignInNonce',
      'signIn',
      'signOut',
      // By the id of its message.
      'pushOracleValue',
      // They change nothing.
      'validateRules',
      'backtestRules',
      // By the wallet's signature, which counts once.
      'createGrant',
      'freezeGrant',
      'unfreezeGrant',
      'revokeGrant',
    ])
  })
})

type Bodies = { content?: { 'application/json'?: { schema: unknown } } }
type Shown = { requestBody?: Bodies; responses: Record<string, Bodies> }

/** Bodies and answers of every operation, as they are checked and as the document has them. */
function jsonOfOperations(): [name: string, checked: Checked, shown: unknown][] {
  const paths = document(ORIGIN).paths as unknown as Record<string, Record<string, Shown>>
  const schemaOf = (bodies: Bodies | undefined) => bodies?.content?.['application/json']?.schema
  return api.openAPIRegistry.definitions.flatMap((definition) => {
    if (definition.type !== 'route') return []
    const { path, method, operationId, request, responses } = definition.route
    const shown = paths[path]?.[method]
    const pairs: [string, unknown, unknown][] = [
      ['body', schemaOf(request?.body as Bodies | undefined), schemaOf(shown?.requestBody)],
      ...Object.entries(responses).map(
        ([status, answer]) =>
          [status, schemaOf(answer as Bodies), schemaOf(shown?.responses[status])] as [string, unknown, unknown],
      ),
    ]
    return pairs.flatMap(([name, checked, of]) =>
      checked === undefined ? [] : [[`${operationId} ${name}`, checked as Checked, of] as [string, Checked, unknown]],
    )
  })
}

test('takes null in the document exactly where it takes null', () => {
  const all = jsonOfOperations()
  expect(all.length).toBeGreaterThan(operations.length)
  expect(all.flatMap(([name, checked, shown]) => differences(checked, shown, name))).toEqual([])
})

describe('the reference', () => {
  test('runs nothing but its own script, and asks no other host', async () => {
    const response = await get('/reference')
    const html = await response.text()
    const csp = response.headers.get('content-security-policy') ?? ''
    const nonce = /nonce-([\w-]+)/.exec(csp)?.[1] ?? 'none'
    expect(csp).toContain("default-src 'none'")
    expect(csp).not.toMatch(/unsafe|https?:|\*/)
    expect(html.match(/<script[^>]*>/g)).toEqual([
      '<script src="/reference/swagger-ui-bundle.js">',
      `<script nonce="${nonce}">`,
    ])
    expect(html).not.toMatch(/https?:\/\//)
  })

  test.each([
    ['swagger-ui-bundle.js', 'text/javascript; charset=utf-8', /SwaggerUIBundle/],
    ['swagger-ui.css', 'text/css; charset=utf-8', /\.swagger-ui/],
  ])('serves %s itself', async (file, type, holds) => {
    const response = await get(`/reference/${file}`)
    expect([response.status, response.headers.get('content-type')]).toEqual([200, type])
    expect(await response.text()).toMatch(holds)
  })

  test.each(['/index.html', '/swagger-ui-bundle.js', '/reference/index.html', '/reference/package.json', '/README.md'])(
    'serves no other file of the package: %s',
    async (path) => {
      expect((await get(path)).status).toBe(404)
    },
  )

  test('is not there without an API', async () => {
    for (const path of ['/reference', '/openapi.json', '/reference/swagger-ui.css']) {
      expect((await get(path, { AUTH_SECRET: '' })).status).toBe(404)
    }
  })
})
