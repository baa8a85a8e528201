/** A channel as it is seen on chain, and vouchers whose signatures nobody looks at. */
import type { ChannelConfig } from '../../src/ChannelConfig.ts'
import type { Hex } from '../../src/Hex.ts'
import type * as Ledger from '../../src/Ledger.ts'

const address = (digit: string): Hex => `0x${digit.repeat(40)}`
const config: ChannelConfig = {
  payer: address('1'),
  payerAuthorizer: address('2'),
  receiver: address('3'),
  receiverAuthorizer: address('4'),
  token: address('5'),
  withdrawDelay: 900,
  salt: `0x${'0'.repeat(64)}`,
}
const channelId: Hex = `0x${'a'.repeat(64)}`
export const seen = (balance: bigint, over: Partial<Ledger.Observation> = {}): Ledger.Observation => {
  return { channelId, config, balance, totalClaimed: 0n, withdrawRequestedAt: 0, refundNonce: 0n, ...over }
}
export const voucher = (max: bigint) => ({ max, signature: `0x${max.toString(16)}` as Hex })

export function must(result: Ledger.Result): Ledger.Channel {
  if (!('channel' in result)) throw new Error(`refused: ${result.refused}`)
  return result.channel
}
