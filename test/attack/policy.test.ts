/** A session key under a policy, by the official client: every way around a limit that a caller has. */
import { randomBytes } from 'node:crypto'
import { sessionName, type SessionRef } from '@pbstream/core/message/Session'
import type { Policy } from '@pbstream/core/Policy'
import { Chain } from '@pbstream/local/Chain'
import { addressOf } from '@pbstream/local/Keys'
import { verifyReceipt } from '@pbstream/local/Receipt'
import { type Hex, bytesToHex } from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createHoldback } from '../support/signedRequest.ts'
import { headerOf, paymentOf } from '../support/payment.ts'
import { type Stack, startStack } from '../support/Stack.ts'
import { until } from '../support/until.ts'

let stack: Stack
const PRICE = 1000n
const lower = (hex: Hex): Hex => hex.toLowerCase() as Hex
const now = (): number => Math.floor(Date.now() / 1000)

beforeAll(async () => {
  stack = await startStack({ routes: ['/a', '/b', '/many'].map((path) => ({ path })) })
})
afterAll(() => stack.stop())

/** A wallet and a session key of its own, whose policy allows everything but for what a test says. */
async function managed(over: Partial<Policy> = {}) {
  const [key, sessionKey] = [bytesToHex(randomBytes(32)), bytesToHex(randomBytes(32))]
  const holdback = await createHoldback(stack, { key, sessionKey })
  const [payer, payerAuthorizer] = [lower(addressOf(key)), lower(addressOf(sessionKey))]
  const contract = lower(Chain.addresses.batchSettlement)
  const session: SessionRef = { chainId: Chain.id, contract, payer, payerAuthorizer }
  const policy: Policy = {
    version: 1,
    status: 'active',
    token: lower(Chain.addresses.usdc),
    payees: [lower(addressOf(stack.keys.provider))],
    spendCap: 1_000_000_000n,
    periodAmount: 0n,
    periodDuration: 0,
    perPaymentMax: 0n,
    start: now() - 60,
    expiry: now() + 86_400,
    routes: null,
    ...over,
  }
  const object = await stack.system.session(sessionName(session))
  const set = (more: Partial<Policy>) => object.setPolicy(1, session, { ...policy, ...more })
  await set({})
  return { ...holdback, key, sessionKey, set, object }
}

const get = (path: string): string => stack.gateway + path
const told = async (response: Response) => [response.status, ((await response.json()) as { code: string }).code]
const refused = (code: string) => [402, `session_key_${code}`]

test('frozen: the official client is told, nothing is charged, and it goes on when the freeze is lifted', async () => {
  const { pay, set, object } = await managed()
  expect((await pay(get('/a'))).status).toBe(200)
  expect(await set({ version: 2, status: 'frozen' })).toEqual({
    applied: true,
    status: 'frozen',
    version: 2,
    inFlight: expect.any(Number) as number,
    leasedUntil: 0,
  })
  const calls = stack.upstream.calls('/a')
  for (let i = 0; i < 3; i++) expect(await told(await pay(get('/a')))).toEqual(refused('frozen'))
  expect(await set({ version: 1 }), 'the policy from before the freeze, played again').toMatchObject({ applied: false })
  expect(await told(await pay(get('/a')))).toEqual(refused('frozen'))
  expect(stack.upstream.calls('/a')).toBe(calls)
  await set({ version: 3 })
  // A gateway may remember for two seconds that the key was stopped.
  await until('it is served again', async () => (await pay(get('/a'))).status === 200)
  await until('both are posted', async () => (await object.policy(1))?.usage.spent === 2n * PRICE)
})

test('a frozen key deposits nothing', async () => {
  const { payer, pay, set } = await managed()
  await set({ version: 2, status: 'frozen' })
  expect(await told(await pay(get('/a')))).toEqual(refused('frozen'))
  expect(await stack.usdc(payer.address)).toBe(1_000_000_000n)
})

test('one payment above its maximum by a unit', async () => {
  const { pay, set } = await managed({ perPaymentMax: PRICE - 1n })
  const response = await pay(get('/a'))
  expect(response.status).toBe(402)
  expect(await response.json()).toMatchObject({ code: 'session_key_payment_max', limit: { left: '999' } })
  await set({ version: 2, perPaymentMax: PRICE })
  expect((await pay(get('/a'))).status).toBe(200)
})

test('a payee that is not listed', async () => {
  const { pay } = await managed({ payees: [`0x${'9'.repeat(40)}`] })
  expect(await told(await pay(get('/a')))).toEqual(refused('payee'))
})

test('a route that is not listed; also with a payment that was made for one that is', async () => {
  const { pay, sign, set } = await managed()
  const first = await pay(get('/a'))
  const verified = await receiptOf(first)
  await set({ version: 2, routes: [String(verified['route'])] })
  expect((await pay(get('/a'))).status).toBe(200)
  expect(await told(await pay(get('/b')))).toEqual(refused('route'))
  const payment = paymentOf(await sign(get('/a')))
  const { 'pbstream-quote': _, ...extensions } = payment.extensions
  const moved = await fetch(get('/b'), { headers: headerOf({ ...payment, extensions }) })
  expect(await told(moved)).toEqual(refused('route'))
})

test('a second channel is no way around the cap, and the numbers say what is left', async () => {
  const { pay, key, sessionKey } = await managed({ spendCap: 2n * PRICE + 999n })
  const other = await stack.payer({ key, sessionKey, salt: `0x${'07'.repeat(32)}`, scheme: 'batch-settlement' })
  expect((await pay(get('/a'))).status).toBe(200)
  expect((await other.fetch(get('/a'))).status).toBe(200)
  for (const response of [await other.fetch(get('/a')), await pay(get('/a'))]) {
    expect(await response.json()).toMatchObject({ code: 'session_key_spend_cap', limit: { left: '999' } })
  }
})

test('the period, with when to come back', async () => {
  const start = now() - 60
  const { pay } = await managed({ periodAmount: PRICE, periodDuration: 86_400, start, expiry: now() + 10 * 86_400 })
  expect((await pay(get('/a'))).status).toBe(200)
  const response = await pay(get('/a'))
  const limit = { left: '0', at: start + 86_400 }
  expect(await response.json()).toMatchObject({ code: 'session_key_period_limit', limit })
  const after = Number(response.headers.get('retry-after'))
  expect(Math.abs(now() + after - limit.at)).toBeLessThan(30)
})

test('60 parallel calls on two channels: as many are served as the cap allows, and the upstream is called no more', async () => {
  const { pay, key, sessionKey, object } = await managed({ spendCap: 20n * PRICE })
  const salt = `0x${'08'.repeat(32)}` as const
  const other = await stack.payer({ key, sessionKey, salt, scheme: 'batch-settlement' })
  const calls = Array.from({ length: 60 }, (_, i) => (i % 2 === 0 ? pay(get('/many')) : other.fetch(get('/many'))))
  const statuses = (await Promise.all(calls)).map(({ status }) => status)
  expect(statuses.filter((status) => status === 200)).toHaveLength(20)
  expect(stack.upstream.calls('/many')).toBe(20)
  await until('all are posted', async () => (await object.policy(1))?.usage.spent === 20n * PRICE)
})

test('receipts name the version of the policy and of the route', async () => {
  const { pay, set } = await managed()
  expect(await receiptOf(await pay(get('/a')))).toMatchObject({ key: 1, rev: expect.any(Number) as number })
  await set({ version: 5 })
  expect(await receiptOf(await pay(get('/a')))).toMatchObject({ key: 5 })
})

async function receiptOf(response: Response): Promise<Record<string, unknown>> {
  const jwks = (await (await fetch(get('/.well-known/jwks.json'))).json()) as { keys: JsonWebKey[] }
  const claims = verifyReceipt(response.headers.get('PBStream-Receipt') ?? '', jwks)
  if (claims === undefined) throw new Error('the receipt is not good')
  return claims
}
