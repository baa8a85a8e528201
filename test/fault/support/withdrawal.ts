import type { ChannelConfig } from '@pbstream/core/ChannelConfig'
import type { Hex } from '@pbstream/core/Hex'
import { batchSettlementAbi } from '@pbstream/core/abi/BatchSettlement'
import { Chain } from '@pbstream/local/Chain'
import { paymentOf } from '../../support/payment.ts'
import type { Caller } from './Caller.ts'
import type { World } from './World.ts'

const at = { address: Chain.addresses.batchSettlement, abi: batchSettlementAbi } as const

/** A payer asks the contract for all of its money, past us; what this returns waits out the delay and takes it. */
export function withdraw(world: World, { paid }: Caller): Promise<() => Promise<void>> {
  const { channelConfig: config, voucher } = paymentOf(paid[0]!).payload
  return withdrawFrom(world, { config, channelId: voucher.channelId })
}

/** The same of any channel. */
export async function withdrawFrom(
  { stack }: World,
  { config, channelId }: { config: ChannelConfig; channelId: Hex },
): Promise<() => Promise<void>> {
  const { client } = stack.chain
  const account = config.payer
  const [balance] = await client.readContract({ ...at, functionName: 'channels', args: [channelId] })
  await client.impersonateAccount({ address: account })
  await client.writeContract({ ...at, account, functionName: 'initiateWithdraw', args: [config, balance] })
  return async () => {
    await client.increaseTime({ seconds: config.withdrawDelay + 1 })
    await client.writeContract({ ...at, account, functionName: 'finalizeWithdraw', args: [config] })
  }
}
