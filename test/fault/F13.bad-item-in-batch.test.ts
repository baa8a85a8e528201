/** F13: one item makes its whole batch revert, when it is tried or only when it is sent. I5 I8: the others settle. */
import { batchSettlementAbi } from '@pbstream/core/abi/BatchSettlement'
import { Chain } from '@pbstream/local/Chain'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { paymentOf } from '../support/payment.ts'
import type { Caller } from './support/Caller.ts'
import { World } from './support/World.ts'
import { drained, lanesInOrder } from './support/drained.ts'

let world: World

beforeAll(async () => {
  // Claims leave with the third charge, together.
  world = await World.start({ vars: { SETTLE_AGE_MS: '3600000', SETTLE_COUNT: '3' }, batchSeconds: 1 })
  // All deposit before the chain's clock is moved.
  for (const caller of await world.crowd(6)) await caller.calls(1)
})
afterAll(() => world?.stop())

const at = { address: Chain.addresses.batchSettlement, abi: batchSettlementAbi } as const

/** The payer asks for all money back on the chain, past us; what this returns takes it. */
async function withdrawing({ payer, paid }: Caller): Promise<() => Promise<void>> {
  const { client } = world.stack.chain
  const { channelConfig: config, voucher } = paymentOf(paid[0]!).payload
  const account = payer.address
  const [balance] = await client.readContract({ ...at, functionName: 'channels', args: [voucher.channelId] })
  await client.impersonateAccount({ address: account })
  await client.writeContract({ ...at, account, functionName: 'initiateWithdraw', args: [config, balance] })
  await client.increaseTime({ seconds: 901 })
  return async () => {
    await client.writeContract({ ...at, account, functionName: 'finalizeWithdraw', args: [config] })
  }
}

/** The third charge of each caller; the claims that it calls for wait until `meanwhile` has happened. */
async function charged(callers: Caller[], meanwhile: () => Promise<void>): Promise<void> {
  await world.arm('settlement', 'consumer:gate')
  await Promise.all(callers.map((caller) => caller.calls(2)))
  await meanwhile()
  await world.arm('settlement', 'consumer:gate', 0)
}

/** All but `bad` are paid, and no transaction failed on the way. */
async function othersSettle(bad: Caller[]): Promise<void> {
  await drained(world, { except: bad })
  expect(world.stack.logs.some((line) => line.includes('"claim_rejected"'))).toBe(true)
  for (const { state } of await lanesInOrder(world)) expect(state).toBe('confirmed')
}

test('I5 I8: a channel that its payer has emptied on the chain does not hold up the batch', async () => {
  const callers = world.callers.slice(0, 3)
  await charged(callers, async () => (await withdrawing(callers[0]!))())
  await othersSettle([callers[0]!, ...world.callers.slice(3)])
})

// The request is seen on chain, so its claim goes in front: all are paid, whatever the payer does in between.
test('I5 I8: nor does one whose payer takes its money while the batch is on its way', async () => {
  const callers = world.callers.slice(3)
  await charged(callers, async () => {
    const finalise = await withdrawing(callers[1]!)
    world.rpc.on('eth_estimateGas', async (_, pass) => {
      const answer = await pass()
      await finalise()
      return answer
    })
  })
  await othersSettle([world.callers[0]!])
})
