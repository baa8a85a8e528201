import { testUsdcAbi } from '@pbstream/core/abi/TestUSDC'
import { Chain } from '@pbstream/local/Chain'
import { type Hex } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Payment, headerOf, paymentOf } from '../support/payment.ts'
import { type Stack, startStack } from '../support/Stack.ts'
import { createHoldback, statuses } from '../support/signedRequest.ts'
import { until } from '../support/until.ts'

let stack: Stack

beforeAll(async () => {
  stack = await startStack({
    routes: ['/pending', '/side-effect', '/replay', '/front-run', '/poor', '/failing', '/one', '/two'].map((path) => ({
      path,
    })),
    system: { maxTimeoutSeconds: 12 },
  })
})
afterAll(() => stack.stop())

/** Without the caller's quote: what anybody reads from the chain. */
function asOnChain(payment: Payment): unknown {
  const { extensions: _, ...rest } = payment
  return rest
}

test('an authorisation read from the chain does not fetch the answer that its payer waits for', async () => {
  const { sign } = await createHoldback(stack, { scheme: 'exact' })
  const request = await sign(`${stack.gateway}/pending`)
  stack.upstream.on('/pending', (_, response) => void response.writeHead(200).end('secret'))
  await stack.chain.client.setAutomine(false)
  expect((await fetch(request.clone())).status).toBe(402)
  await stack.chain.client.setAutomine(true)
  await stack.chain.client.mine({ blocks: 1 })
  const stolen = paymentOf(request)
  for (const payment of [asOnChain(stolen), await withFreshQuote(stolen, '/pending')]) {
    const response = await fetch(`${stack.gateway}/pending`, { headers: headerOf(payment) })
    expect(response.status).toBe(402)
    expect(await response.text()).not.toContain('secret')
  }
  const honest = await until('the payer gets the answer', async () => {
    const response = await fetch(request.clone())
    return response.status === 200 && response
  })
  expect(await honest.text()).toBe('secret')
  expect(stack.upstream.calls('/pending')).toBe(1)
})

/** The stolen authorisation under a quote that the thief got himself. */
async function withFreshQuote(payment: Payment, path: string): Promise<unknown> {
  const response = await fetch(stack.gateway + path)
  const { extensions } = JSON.parse(atob(response.headers.get('PAYMENT-REQUIRED') ?? '')) as Payment
  return { ...payment, extensions }
}

test('an authorisation read from the chain does not replay the answer of a guessed request id', async () => {
  const { sign } = await createHoldback(stack, { scheme: 'exact' })
  stack.upstream.on('/replay', (_, response) => void response.writeHead(200).end('secret'))
  const headers = { 'idempotency-key': 'order-1' }
  const request = await sign(`${stack.gateway}/replay`, { headers })
  expect(await (await fetch(request.clone())).text()).toBe('secret')
  const again = await until('the answer is kept', async () => {
    const response = await fetch(request.clone())
    return response.status === 200 && response
  })
  expect(again.headers.get('idempotent-replayed')).toBe('true')
  const payment = paymentOf(request)
  for (const stolen of [asOnChain(payment), await withFreshQuote(payment, '/replay')]) {
    const response = await fetch(`${stack.gateway}/replay`, { headers: { ...headers, ...headerOf(stolen) } })
    expect(response.status).toBe(402)
    expect(await response.text()).not.toContain('secret')
    expect(response.headers.get('PBStream-Receipt')).toBeNull()
  }
})

test('one authorisation for two requests at once: one is served', async () => {
  const { sign, payer } = await createHoldback(stack, { scheme: 'exact' })
  const header = headerOf(paymentOf(await sign(`${stack.gateway}/one`)))
  const before = await stack.usdc(payer.address)
  const targets = ['/one', '/one?x=1', '/one?x=2', '/two']
  const responses = await Promise.all(targets.map((path) => fetch(stack.gateway + path, { headers: header })))
  expect(statuses(responses)).toEqual({ 200: 1, 402: 3 })
  expect(stack.upstream.calls('/one') + stack.upstream.calls('/two')).toBe(1)
  expect(before - (await stack.usdc(payer.address))).toBe(1000n)
})

test('an authorisation that has moved its money already buys nothing', async () => {
  const { sign, payer } = await createHoldback(stack, { scheme: 'exact' })
  const request = await sign(`${stack.gateway}/front-run`)
  await submit(paymentOf(request))
  const response = await fetch(request.clone())
  expect(response.status).toBe(402)
  expect(await response.json()).toMatchObject({ code: 'exact_used' })
  expect(stack.upstream.calls('/front-run')).toBe(0)
  expect(await stack.usdc(payer.address)).toBe(999_999_000n)
})

/** Puts the transfer on chain as somebody who has read it. */
async function submit(payment: Payment): Promise<Hex> {
  const stranger = privateKeyToAccount(generatePrivateKey())
  await stack.chain.client.setBalance({ address: stranger.address, value: 10n ** 18n })
  const { from, to, value, validAfter, validBefore, nonce } = payment.payload.authorization
  const hash = await stack.chain.client.writeContract({
    account: stranger,
    address: Chain.addresses.usdc,
    abi: testUsdcAbi,
    functionName: 'transferWithAuthorization',
    args: [
      from as Hex,
      to as Hex,
      BigInt(value),
      BigInt(validAfter),
      BigInt(validBefore),
      nonce as Hex,
      payment.payload.signature,
    ],
  })
  await stack.chain.client.waitForTransactionReceipt({ hash })
  return hash
}

test('a failed answer moves no money and leaves the authorisation good', async () => {
  const { sign, payer } = await createHoldback(stack, { scheme: 'exact' })
  stack.upstream.on('/failing', (_, response) => void response.writeHead(500).end('no'))
  const request = await sign(`${stack.gateway}/failing`)
  expect((await fetch(request.clone())).status).toBe(500)
  expect(await stack.usdc(payer.address)).toBe(1_000_000_000n)
  stack.upstream.on('/failing', (_, response) => void response.writeHead(200).end('yes'))
  expect((await fetch(request.clone())).status).toBe(200)
  expect(await stack.usdc(payer.address)).toBe(999_999_000n)
})

test('a payer without money never reaches the upstream', async () => {
  const { sign } = await createHoldback(stack, { scheme: 'exact', funds: { usdc: 0n } })
  const response = await fetch(await sign(`${stack.gateway}/poor`))
  expect(response.status).toBe(402)
  expect(await response.json()).toMatchObject({ code: 'insufficient_funds' })
  expect(stack.upstream.calls('/poor')).toBe(0)
})

test('money for one call has the upstream called once, however many authorisations draw on it', async () => {
  const { sign } = await createHoldback(stack, { scheme: 'exact', funds: { usdc: 1000n } })
  const requests: Request[] = []
  for (let i = 0; i < 5; i++) {
    requests.push(await sign(`${stack.gateway}/side-effect`, { method: 'POST', body: `${i}` }))
  }
  const counts = statuses(await Promise.all(requests.map((request) => fetch(request))))
  expect(counts[200] ?? 0).toBeLessThanOrEqual(1)
  expect(stack.upstream.calls('/side-effect')).toBeLessThanOrEqual(1)
})
