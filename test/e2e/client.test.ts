/** The paying client on the whole system: each way to pay, in parallel, within its budget, and the rest back. */
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { BudgetExceededError, createPayer, type PayerOptions } from '@pbstream/sdk/client'
import { fileStorage } from '@pbstream/sdk/client/file'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Stack, startStack } from '../support/Stack.ts'

const run = promisify(execFile)

let stack: Stack
let directory: string

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pbstream-e2e-client-'))
  const flat = (amount: string) => ({ v: 1 as const, kind: 'flat' as const, amount })
  stack = await startStack({
    routes: [
      { path: '/cheap', rate: flat('200') },
      { path: '/dear', rate: flat('10000') },
      { path: '/post', rate: flat('200'), methods: ['POST'] },
    ],
    vars: { SETTLE_COUNT: '100000' },
    directory,
  })
})
afterAll(async () => {
  await stack?.stop()
  await rm(directory, { recursive: true, force: true })
})

/** A payer with a funded wallet, and what went over the wire. */
async function payer(options: Partial<PayerOptions> = {}) {
  const { key, address } = await stack.payer(options.key === undefined ? {} : { key: options.key })
  const sent: Request[] = []
  const recording: typeof fetch = (input, init) => {
    const request = new Request(input as Request, init)
    sent.push(request.clone())
    return fetch(request)
  }
  const pay = createPayer({ key, fetch: recording, ...options })
  return { pay, key, address, sent }
}

const vouchers = (sent: Request[]) =>
  new Set(sent.flatMap((request) => request.headers.get('pbstream-voucher')?.match(/max="(\d+)"/)?.[1] ?? []))
const opens = (sent: Request[]) =>
  sent.filter(({ url, method }) => method === 'POST' && url.endsWith('/.well-known/pbstream/session'))

describe('in session mode', () => {
  test('100 parallel calls on one channel are all served, and charged to the unit', async () => {
    const { pay, sent, address } = await payer()
    const before = await stack.usdc(address)
    await pay.fetch(`${stack.gateway}/cheap`)
    const answers = await Promise.all(Array.from({ length: 100 }, (_, i) => pay.fetch(`${stack.gateway}/cheap?n=${i}`)))
    expect(answers.map(({ status }) => status)).toEqual(Array(100).fill(200))
    expect(opens(sent)).toHaveLength(1)
    expect(before - (await stack.usdc(address))).toBe(1_000_000n)
    // A refund waits until no lease holds anything back.
    expect(await pay.close({ refund: true })).toMatchObject([{ charged: 101n * 200n }])
  })

  test('1,000 calls take one signature of the wallet and at most three vouchers', async () => {
    let asked = 0
    const { pay, sent } = await payer({ confirm: ({ deposit }) => (deposit === undefined ? true : ++asked > 0) })
    let served = 0
    for (let i = 0; i < 50; i++) {
      const answers = await Promise.all(Array.from({ length: 20 }, () => pay.fetch(`${stack.gateway}/cheap`)))
      served += answers.filter(({ status }) => status === 200).length
    }
    expect([served, asked]).toEqual([1_000, 1])
    expect(vouchers(sent).size + opens(sent).length).toBeLessThanOrEqual(3)
    expect(await pay.close({ refund: true })).toMatchObject([{ charged: 200_000n }])
  })

  test('nothing is asked first once a session is known, also after a restart', async () => {
    const storage = () => fileStorage(join(directory, 'payer'))
    const first = await payer({ storage: storage() })
    expect((await first.pay.fetch(`${stack.gateway}/post`, { method: 'POST', body: 'a' })).status).toBe(200)
    const again = await payer({ key: first.key, storage: storage() })
    expect((await again.pay.fetch(`${stack.gateway}/post`, { method: 'POST', body: 'b' })).status).toBe(200)
    expect(again.sent.map(({ url }) => new URL(url).pathname)).toEqual(['/post'])
    expect(stack.upstream.received.filter(({ path }) => path === '/post').map(({ body }) => body)).toEqual(['a', 'b'])
  })

  test('finds its channel again without its store, by its own signature', async () => {
    const budget = { exposure: '0.002' }
    const first = await payer({ budget })
    for (let i = 0; i < 15; i++) expect((await first.pay.fetch(`${stack.gateway}/cheap`)).status).toBe(200)
    const again = await payer({ key: first.key, budget })
    const before = await stack.usdc(first.address)
    expect((await again.pay.fetch(`${stack.gateway}/cheap`)).status).toBe(200)
    const [closed] = await again.pay.close({ refund: true })
    expect(closed).toMatchObject({ charged: 16n * 200n })
    expect((await stack.usdc(first.address)) - before).toBe(1_000_000n - 16n * 200n)
  })

  test('stops at the budget, and what is left comes back to the wallet', async () => {
    const { pay, address } = await payer({ budget: { total: '0.05' } })
    const before = await stack.usdc(address)
    const outcomes: unknown[] = []
    for (let i = 0; i < 8; i++) {
      outcomes.push(
        await pay.fetch(`${stack.gateway}/dear`).then(
          ({ status }) => status,
          (error: unknown) => error,
        ),
      )
    }
    expect(outcomes.slice(0, 5)).toEqual(Array(5).fill(200))
    expect(outcomes.slice(5).every((error) => error instanceof BudgetExceededError)).toBe(true)
    const [closed] = await pay.close({ refund: true })
    expect(closed).toMatchObject({ charged: 50_000n })
    expect(before - (await stack.usdc(address))).toBe(50_000n)
  })

  test('closes and gives back what was deposited and not spent', async () => {
    const { pay, address } = await payer()
    const before = await stack.usdc(address)
    await pay.fetch(`${stack.gateway}/cheap`)
    expect(await pay.close({ refund: true })).toMatchObject([{ charged: 200n, refunded: 999_800n }])
    expect(before - (await stack.usdc(address))).toBe(200n)
    expect(await pay.sessions()).toEqual([])
  })

  test('signs requests with Ed25519', async () => {
    const { pay, sent } = await payer({ algorithm: 'ed25519' })
    for (let i = 0; i < 3; i++) expect((await pay.fetch(`${stack.gateway}/cheap`)).status).toBe(200)
    expect(sent.at(-1)?.headers.get('signature-input')).toContain('alg="ed25519"')
  })

  test('hands out receipts by request id', async () => {
    const { pay } = await payer()
    await pay.fetch(`${stack.gateway}/cheap`, { headers: { 'idempotency-key': 'order-7' } })
    expect(await pay.receipt(stack.gateway, 'order-7')).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/)
    expect(await pay.receipt(stack.gateway, 'order-8')).toBeUndefined()
  })
})

describe('without sessions', () => {
  test('pays by vouchers, in parallel on one channel, with one deposit', async () => {
    const { pay, address } = await payer({ modes: ['batch-settlement'], rpc: stack.chain.rpcUrl })
    const before = await stack.usdc(address)
    const answers = await Promise.all(Array.from({ length: 20 }, () => pay.fetch(`${stack.gateway}/cheap`)))
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200))
    expect(before - (await stack.usdc(address))).toBe(1_000_000n)
    expect(await pay.refund()).toMatchObject([{ charged: 4_000n, refunded: 996_000n }])
    expect(before - (await stack.usdc(address))).toBe(4_000n)
  })

  test('finds its channel again without its store', async () => {
    const first = await payer({ modes: ['batch-settlement'] })
    await first.pay.fetch(`${stack.gateway}/cheap`)
    await first.pay.fetch(`${stack.gateway}/cheap`)
    const again = await payer({ key: first.key, modes: ['batch-settlement'], rpc: stack.chain.rpcUrl })
    expect((await again.pay.fetch(`${stack.gateway}/cheap`)).status).toBe(200)
  })

  test('pays exactly, with one transfer a request', async () => {
    const { pay, address } = await payer({ modes: ['exact'] })
    const before = await stack.usdc(address)
    const answers = await Promise.all(Array.from({ length: 3 }, () => pay.fetch(`${stack.gateway}/cheap`)))
    expect(answers.map(({ status }) => status)).toEqual(Array(3).fill(200))
    expect(before - (await stack.usdc(address))).toBe(600n)
  })
})

test('the quick start of the documentation pays', async () => {
  const { key } = await stack.payer()
  const example = join(import.meta.dirname, '../../sdk/ts/examples/client.ts')
  const env = { ...process.env, PBSTREAM_KEY: key }
  const { stdout } = await run(process.execPath, [example, `${stack.gateway}/cheap`], { cwd: directory, env })
  expect(stdout).toBe('200 {"ok":true}\n')
})
