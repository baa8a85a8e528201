import { batchSettlementAbi } from '@pbstream/core/abi/BatchSettlement'
import { Chain } from '@pbstream/local/Chain'
import { chargeOf } from '@pbstream/local/Payer'
import { privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Payment, headerOf, paymentOf } from '../support/payment.ts'
import { type Stack, type StackPayer, startStack } from '../support/Stack.ts'
import { createHoldback, statuses } from '../support/signedRequest.ts'
import { until } from '../support/until.ts'

let stack: Stack
const contract = { address: Chain.addresses.batchSettlement, abi: batchSettlementAbi } as const

beforeAll(async () => {
  stack = await startStack({
    routes: [
      ...['/cheap', '/ids', '/withdrawn'].map((path) => ({ path })),
      { path: '/nine', rate: { v: 1, kind: 'flat', amount: '9000' } as const },
      { path: '/used', rate: { v: 1, kind: 'metered', unit: 'reported', unitAmount: '1', per: '1', max: '10000' } as const },
    ],
    vars: { SETTLE_COUNT: '1' },
  })
})
afterAll(() => stack.stop())

async function asPayer(payer: StackPayer, functionName: 'initiateWithdraw' | 'finalizeWithdraw', args: unknown[]) {
  const hash = await stack.chain.client.writeContract({ ...contract, account: privateKeyToAccount(payer.key), functionName, args } as never)
  await stack.chain.client.waitForTransactionReceipt({ hash })
}

const channelOf = async (id: `0x${string}`) => {
  const [balance, claimed] = await stack.chain.client.readContract({ ...contract, functionName: 'channels', args: [id] })
  return { balance, claimed }
}

/** Waits until claims have shown this voucher to everybody. */
async function published(payment: Payment) {
  const { channelId, maxClaimableAmount } = payment.payload.voucher
  await until('the voucher is claimed', async () => {
    const logs = await stack.chain.client.getContractEvents({ ...contract, fromBlock: 0n })
    return logs.length > 0 && (await channelOf(channelId)).claimed > 0n && maxClaimableAmount !== ''
  })
}

test('OPEN public voucher pays for a stranger', async () => {
  stack.upstream.on('/used', (_, response) => void response.writeHead(200, { 'pbstream-usage': '1000' }).end('used'))
  const { pay, sign } = await createHoldback(stack)
  const request = await sign(`${stack.gateway}/used`)
  const payment = paymentOf(request)
  expect((await fetch(request.clone())).status).toBe(200)
  await published(payment)
  // A stranger: the voucher and config come from the calldata of the claim; the quote is the stranger's own.
  const offer = await fetch(`${stack.gateway}/nine`)
  const required = JSON.parse(atob(offer.headers.get('PAYMENT-REQUIRED') ?? '')) as { accepts: Payment['accepted'][]; extensions: unknown }
  const { channelConfig, voucher } = payment.payload
  const stolen = { x402Version: 2, accepted: required.accepts[0], extensions: required.extensions, payload: { type: 'voucher', channelConfig, voucher } }
  const response = await fetch(`${stack.gateway}/nine`, { headers: headerOf(stolen) })
  console.log('stranger', response.status, chargeOf(response), (await response.text()).slice(0, 100))
  void pay
})

test('OPEN public voucher refunds', async () => {
  const { payer, pay, sign } = await createHoldback(stack)
  expect((await pay(`${stack.gateway}/cheap`)).status).toBe(200)
  const payment = paymentOf(await sign(`${stack.gateway}/cheap`))
  await published(payment)
  const claims = await stack.chain.client.getTransaction({ blockTag: 'latest', index: 0 })
  void claims
  const first = await createHoldback(stack, { key: payer.key })
  void first
  // What the claim has published: the voucher for what is charged.
  const { createBatchSettlementEIP3009DepositPayload: _ } = await import('@x402/evm/batch-settlement/client')
  const { signVoucher } = await import('@x402/evm/batch-settlement/client')
  const voucher = await signVoucher(privateKeyToAccount(payer.key) as never, payment.payload.voucher.channelId, '1000', 'eip155:84532')
  const stolen = { ...payment, extensions: undefined, payload: { type: 'refund', channelConfig: payment.payload.channelConfig, voucher, amount: '1' } }
  const response = await fetch(`${stack.gateway}/cheap`, { headers: headerOf(stolen) })
  console.log('refund', response.status, (await response.text()).slice(0, 200))
  const honest = await payer.channels.refund(`${stack.gateway}/cheap`).catch((error: unknown) => String(error))
  console.log('honest', honest)
})

test('OPEN deposit front run', async () => {
  const { payer, pay, sign } = await createHoldback(stack)
  const request = await sign(`${stack.gateway}/cheap`)
  const { channelConfig, deposit, voucher } = paymentOf(request).payload as never as { channelConfig: never; voucher: Payment['payload']['voucher']; deposit: { amount: string; authorization: { erc3009Authorization: Record<string, string> } } }
  const { encodeAbiParameters } = await import('viem')
  const a = deposit.authorization.erc3009Authorization as Record<string, string>
  const data = encodeAbiParameters([{ type: 'uint256' }, { type: 'uint256' }, { type: 'uint256' }, { type: 'bytes' }], [BigInt(a.validAfter!), BigInt(a.validBefore!), BigInt(a.salt!), a.signature as never])
  const { generatePrivateKey } = await import('viem/accounts')
  const stranger = privateKeyToAccount(generatePrivateKey())
  await stack.chain.client.setBalance({ address: stranger.address, value: 10n ** 18n })
  // After the gateway has looked at the channel and before it deposits: the worst moment.
  const spoiled = structuredClone(paymentOf(request)) as never as { payload: { deposit: { authorization: { erc3009Authorization: { signature: string } } } } }
  spoiled.payload.deposit.authorization.erc3009Authorization.signature = `0x${'11'.repeat(64)}1b`
  console.log('junk deposit', (await (await fetch(request.url, { headers: headerOf(spoiled) })).json() as never as { code: string }).code)
  const hash = await stack.chain.client.writeContract({ ...contract, account: stranger, functionName: 'deposit', args: [channelConfig, BigInt(deposit.amount), Chain.addresses.erc3009Collector, data] })
  await stack.chain.client.waitForTransactionReceipt({ hash })
  console.log('channel', await channelOf(voucher.channelId))
  const first = await fetch(request.clone())
  console.log('front-run', first.status, (await first.text()).slice(0, 200))
  const second = await pay(`${stack.gateway}/cheap`)
  console.log('second', second.status, await channelOf(voucher.channelId), await stack.usdc(payer.address))
  const third = await pay(`${stack.gateway}/cheap`)
  console.log('third', third.status, statuses([third]), await channelOf(voucher.channelId), await stack.usdc(payer.address))
})

test('OPEN withdraw then spend', async () => {
  const { payer, pay, sign } = await createHoldback(stack)
  expect((await pay(`${stack.gateway}/withdrawn`)).status).toBe(200)
  const payment = paymentOf(await sign(`${stack.gateway}/withdrawn`))
  await published(payment)
  const { channelId } = payment.payload.voucher
  const { balance, claimed } = await channelOf(channelId)
  await asPayer(payer, 'initiateWithdraw', [payment.payload.channelConfig, balance - claimed])
  await stack.chain.client.increaseTime({ seconds: 901 })
  await stack.chain.client.mine({ blocks: 1 })
  await asPayer(payer, 'finalizeWithdraw', [payment.payload.channelConfig])
  console.log('after', await channelOf(channelId), await stack.usdc(payer.address))
  const seen: number[] = []
  for (let i = 0; i < 5; i++) seen.push((await pay(`${stack.gateway}/withdrawn`)).status)
  console.log('withdraw', seen, stack.upstream.calls('/withdrawn'))
})
