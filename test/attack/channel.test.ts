import { connect } from 'node:net'
import { batchSettlementAbi } from '@pbstream/core/abi/BatchSettlement'
import { Chain } from '@pbstream/local/Chain'
import { chargeOf } from '@pbstream/local/Payer'
import { type Hex, encodeAbiParameters } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Payment, headerOf, paymentOf } from '../support/payment.ts'
import { type Stack, startStack } from '../support/Stack.ts'
import { createHoldback } from '../support/signedRequest.ts'
import { until } from '../support/until.ts'

let stack: Stack
const contract = { address: Chain.addresses.batchSettlement, abi: batchSettlementAbi } as const

beforeAll(async () => {
  stack = await startStack({
    routes: ['/cheap', '/kept', '/slow', '/deposit'].map((path) => ({ path })),
    vars: { SETTLE_COUNT: '1' },
  })
})
afterAll(() => stack.stop())

async function funded() {
  const account = privateKeyToAccount(generatePrivateKey())
  await stack.chain.client.setBalance({ address: account.address, value: 10n ** 18n })
  return account
}

const claimedOf = async (channelId: Hex) =>
  (await stack.chain.client.readContract({ ...contract, functionName: 'channels', args: [channelId] }))[1]

/** What a stranger makes of a voucher that a claim has shown: under an offer and a quote of the stranger's own. */
async function asStranger(payment: Payment, path: string) {
  const response = await fetch(stack.gateway + path)
  const { accepts, extensions } = JSON.parse(atob(response.headers.get('PAYMENT-REQUIRED') ?? '')) as {
    accepts: Payment['accepted'][]
    extensions: object
  }
  const { channelConfig, voucher } = payment.payload
  return { x402Version: 2, accepted: accepts[0], extensions, payload: { type: 'voucher', channelConfig, voucher } }
}

test('a published voucher fetches no kept answer and no receipt by a guessed request id', async () => {
  stack.upstream.on('/kept', (_, response) => void response.writeHead(200).end('secret'))
  const { pay, sign } = await createHoldback(stack)
  await pay(`${stack.gateway}/cheap`)
  const headers = { 'idempotency-key': 'order-1' }
  const request = await sign(`${stack.gateway}/kept`, { headers })
  const payment = paymentOf(request)
  expect((await fetch(request.clone())).status).toBe(200)
  const { channelId, maxClaimableAmount } = payment.payload.voucher
  await until('the voucher is published', async () => (await claimedOf(channelId)) === BigInt(maxClaimableAmount))
  const response = await fetch(`${stack.gateway}/kept`, {
    headers: { ...headers, ...headerOf(await asStranger(payment, '/kept')) },
  })
  expect(response.status).toBe(409)
  expect(await response.text()).not.toContain('secret')
  expect(response.headers.get('PBStream-Receipt')).toBeNull()
  expect(stack.upstream.calls('/kept')).toBe(1)
})

test('a voucher is worth nothing for another payer, another key or another channel', async () => {
  const { pay, sign } = await createHoldback(stack)
  await pay(`${stack.gateway}/cheap`)
  const payment = paymentOf(await sign(`${stack.gateway}/cheap`))
  const calls = stack.upstream.received.length
  const { address } = await funded()
  const changes = [{ payer: address }, { payerAuthorizer: address }, { salt: `0x${'01'.repeat(32)}` }]
  for (const change of changes) {
    const channelConfig = { ...payment.payload.channelConfig, ...change }
    const response = await fetch(`${stack.gateway}/cheap`, {
      headers: headerOf({ ...payment, payload: { ...payment.payload, channelConfig } }),
    })
    expect(response.status).toBe(402)
    expect(await response.json()).toMatchObject({ code: 'channel_id_mismatch' })
  }
  expect(stack.upstream.received.length).toBe(calls)
})

test('a body that never ends holds no money and makes nobody wait', async () => {
  const { pay, sign } = await createHoldback(stack)
  await pay(`${stack.gateway}/slow`)
  const stuck = await sign(`${stack.gateway}/slow`, { method: 'POST', body: 'never' })
  const header = stuck.headers.get('PAYMENT-SIGNATURE') ?? ''
  const { port, hostname } = new URL(stack.gateway)
  const sockets = await Promise.all(
    Array.from({ length: 20 }, () => {
      const socket = connect(Number(port), hostname)
      const head = `POST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nPAYMENT-SIGNATURE: ${header}\r\n\r\nn`
      return new Promise<typeof socket>((resolve) => socket.write(head, () => resolve(socket)))
    }),
  )
  const started = performance.now()
  const response = await pay(`${stack.gateway}/slow`)
  expect(response.status).toBe(200)
  expect(chargeOf(response)?.total).toBe(2000n)
  expect(performance.now() - started).toBeLessThan(4_000)
  for (const socket of sockets) socket.destroy()
})

test('a deposit that a stranger has put on chain first locks nobody out and costs nobody', async () => {
  const { payer, pay, sign } = await createHoldback(stack)
  const request = await sign(`${stack.gateway}/deposit`)
  const { channelConfig, deposit } = paymentOf(request).payload as unknown as {
    channelConfig: Payment['payload']['channelConfig']
    deposit: {
      amount: string
      authorization: { erc3009Authorization: { validAfter: string; validBefore: string; salt: string; signature: Hex } }
    }
  }
  const { validAfter, validBefore, salt, signature } = deposit.authorization.erc3009Authorization
  const data = encodeAbiParameters(
    [{ type: 'uint256' }, { type: 'uint256' }, { type: 'uint256' }, { type: 'bytes' }],
    [BigInt(validAfter), BigInt(validBefore), BigInt(salt), signature],
  )
  const hash = await stack.chain.client.writeContract({
    ...contract,
    account: await funded(),
    functionName: 'deposit',
    args: [channelConfig, BigInt(deposit.amount), Chain.addresses.erc3009Collector, data],
  })
  await stack.chain.client.waitForTransactionReceipt({ hash })
  const response = await fetch(request)
  expect(response.status).toBe(200)
  expect(chargeOf(response)?.total).toBe(1000n)
  expect((await pay(`${stack.gateway}/deposit`)).status).toBe(200)
  expect((await payer.channels.refund(`${stack.gateway}/deposit`)).success).toBe(true)
  expect(1_000_000_000n - (await stack.usdc(payer.address))).toBe(2000n)
})

test('nothing secret and no voucher is in the logs', () => {
  const text = stack.logs.join('\n')
  const { keys } = stack
  for (const secret of [
    keys.receiverAuthorizer,
    keys.gas,
    keys.facilitatorGas,
    keys.upstreamSecret,
    stack.chain.rpcUrl,
  ]) {
    expect(text).not.toContain(secret.replace(/^0x/, ''))
  }
  expect(text).not.toMatch(/0x[0-9a-f]{130}|eyJ|PAYMENT-SIGNATURE/i)
})
