import type { Hex } from '@pbstream/core/Hex'
import type { ExportedChannel } from '@pbstream/core/VoucherExport'
import type { State } from '../src/Channels.ts'

export const hex = (byte: string, bytes: number): Hex => `0x${byte.repeat(bytes)}`

export const config = {
  payer: hex('a1', 20),
  payerAuthorizer: hex('a2', 20),
  receiver: hex('a3', 20),
  receiverAuthorizer: hex('a4', 20),
  token: hex('a5', 20),
  withdrawDelay: 900,
  salt: hex('00', 32),
}

/** 700 charged on a voucher for 900, nothing claimed. */
export function exported(over: Partial<ExportedChannel> = {}): ExportedChannel {
  return {
    chainId: 84532,
    contract: hex('c0', 20),
    channelId: hex('01', 32),
    config,
    spent: 700n,
    claimed: 0n,
    settled: 0n,
    lost: 0n,
    voucher: { max: 900n, signature: `0x${'11'.repeat(64)}1b` },
    ...over,
  }
}

/** 1,000 in it, nothing claimed, no withdrawal. */
export function state(over: Partial<State> = {}): State {
  return { channelId: hex('01', 32), balance: 1_000n, claimed: 0n, withdrawal: undefined, ...over }
}
