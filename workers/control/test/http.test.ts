import { env } from 'cloudflare:workers'
import type { PbEvent } from '@pbstream/core/message/Event'
import { upsertProvider, upsertRoute } from '@pbstream/db/Catalog'
import { open } from '@pbstream/db/Database'
import { project } from '@pbstream/db/Projection'
import { describe, expect, test } from 'vitest'
import type { Env } from '../src/Env.ts'
import worker from '../src/index.ts'

const bindings = env as unknown as Env
const on: Env = { ...bindings, OVERVIEW: 'true' }
const get = (path: string, as: Env = bindings) => worker.fetch(new Request(`https://control.example${path}`), as)
const hex = (byte: string, bytes: number): `0x${string}` => `0x${byte.repeat(bytes)}`

describe('health', () => {
  test('is 200 while the database answers', async () => {
    const response = await get('/healthz')
    expect([response.status, await response.json()]).toEqual([200, { status: 'ok', catalogVersion: 0 }])
  })

  test('is a retryable 503 without a database, and says nothing about it', async () => {
    const response = await get('/healthz', { DATABASE: 'postgres' })
    expect(response.status).toBe(503)
    expect(await response.json()).toMatchObject({ code: 'temporarily_unavailable', retryable: true })
  })
})

describe('the overview', () => {
  test.each(['/', '/overview.json', '/anything'])('is off unless switched on: %s is 404', async (path) => {
    for (const OVERVIEW of [undefined, 'false', 'TRUE', '1']) {
      const response = await get(path, { ...bindings, ...(OVERVIEW !== undefined && { OVERVIEW }) })
      expect(response.status).toBe(404)
      expect(await response.json()).toMatchObject({ code: 'not_found' })
    }
  })

  test('is a page that runs only its own script and style', async () => {
    const response = await get('/', on)
    const html = await response.text()
    const nonce = /nonce-([\w-]+)/.exec(response.headers.get('content-security-policy') ?? '')?.[1]
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'")
    expect(html.match(/<(script|style)\b[^>]*>/g)).toEqual([`<style nonce="${nonce}">`, `<script nonce="${nonce}">`])
    const [, script = ''] = /<script[^>]*>([^]*)<\/script>/.exec(html) ?? []
    expect(script).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval/)
  })

  test('shows routes, channels, payments and transactions, narrowed when asked', async () => {
    const db = open(bindings)
    const by = { actor: 'test', at: 0 }
    await upsertProvider(db, { id: 'acme', name: 'Acme', payTo: hex('ac', 20) }, by)
    const origin = { kind: 'url', url: 'https://secret-upstream.example' } as const
    const rate = { v: 1, kind: 'flat', amount: '1000' } as const
    await upsertRoute(db, { id: 'chat', providerId: 'acme', path: '/chat', origin, chainIds: [84532], rate }, by)
    await project(db, [charged, mined])
    const response = await get('/overview.json', on)
    const text = await response.text()
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(text).not.toContain('secret-upstream')
    expect(JSON.parse(text)).toMatchObject({
      routes: [{ id: 'chat', rate: { version: 1, rule: { amount: '1000' } } }],
      channels: [{ authorised: '5000', metered: '3000', settled: '1000', held: '2000', inOrder: true }],
      payments: [{ amount: '1000', cumulative: '3000' }],
      settlements: [{ status: 'mined', transaction: hex('f2', 32) }],
    })
    const channel = await (await get(`/overview.json?channel=${hex('02', 32)}`, on)).json()
    expect(channel).toMatchObject({ channels: [], payments: [] })
  })

  test.each(['?payer=0x12', "?channel=' or 1=1", '?payer='])('a filter that is none is 404: %s', async (query) => {
    expect((await get(`/overview.json${query}`, on)).status).toBe(404)
  })

  test('is a retryable 503 without a database', async () => {
    expect((await get('/overview.json', { OVERVIEW: 'true', DATABASE: 'postgres' })).status).toBe(503)
  })
})

const charged: PbEvent = {
  v: 1,
  kind: 'session',
  session: { chainId: 84532, contract: hex('c0', 20), payer: hex('a1', 20), payerAuthorizer: hex('5e', 20) },
  channels: [
    {
      channelId: hex('01', 32),
      receiver: hex('ac', 20),
      token: hex('7c', 20),
      provisional: '0',
      deposited: '10000',
      returned: '0',
      accepted: '5000',
      spent: '3000',
      claimed: '2000',
      settled: '1000',
      lost: '0',
      revision: 3,
    },
  ],
  rows: [
    {
      seq: 1,
      kind: 'charge',
      channelId: hex('01', 32),
      debit: 'escrow',
      credit: 'provider',
      amount: '1000',
      cumulative: '3000',
      at: 1000,
    },
  ],
}

const mined: PbEvent = {
  v: 1,
  kind: 'transaction',
  chainId: 84532,
  signer: hex('51', 20),
  itemId: 'c1',
  purpose: 'claim',
  transaction: hex('f2', 32),
  status: 'mined',
  revision: 1,
  channels: 1,
  amount: '1000',
  at: 2000,
}
