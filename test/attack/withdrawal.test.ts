import { batchSettlementAbi } from '@pbstream/core/abi/BatchSettlement'
import { Chain } from '@pbstream/local/Chain'
import { addressOf } from '@pbstream/local/Keys'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { paymentOf } from '../support/payment.ts'
import { createHoldback } from '../support/signedRequest.ts'
import { type Stack, startStack } from '../support/Stack.ts'
import { until } from '../support/until.ts'

let stack: Stack
const at = { address: Chain.addresses.batchSettlement, abi: batchSettlementAbi } as const

beforeAll(async () => {
  // Nothing but a withdrawal makes a channel settle here.
  stack = await startStack({
    routes: [{ path: '/cheap' }],
    vars: { SETTLE_COUNT: '1000', SETTLE_AMOUNT: '1000000000' },
  })
})
afterAll(() => stack?.stop())

test('a payer who asks for the money back on chain is not served any more, and what was earned is paid out first', async () => {
  const { pay, sign, payer } = await createHoldback(stack)
  for (let i = 0; i < 3; i++) expect((await pay(`${stack.gateway}/cheap`)).status).toBe(200)
  const next = await sign(`${stack.gateway}/cheap`)
  const { channelConfig, voucher } = paymentOf(next).payload
  const provider = addressOf(stack.keys.provider)
  const before = await stack.usdc(provider)
  const { client } = stack.chain
  const channel = () => client.readContract({ ...at, functionName: 'channels', args: [voucher.channelId] })
  const [balance] = await channel()
  await client.setBalance({ address: payer.address, value: 10n ** 18n })
  await client.impersonateAccount({ address: payer.address })
  const args = [channelConfig, balance] as const
  await client.writeContract({ ...at, account: payer.address, functionName: 'initiateWithdraw', args })

  // Seconds, where the withdrawal takes a quarter of an hour. Nobody calls meanwhile.
  await until('what was earned is recorded', async () => (await channel())[1] === 3_000n, 15_000)
  expect((await stack.usdc(provider)) - before).toBe(3_000n)
  const refused = await fetch(next)
  expect(refused.status).toBe(402)
  expect(await refused.json()).toMatchObject({ code: 'withdrawal_pending' })
  expect(stack.upstream.calls('/cheap')).toBe(3)
})
