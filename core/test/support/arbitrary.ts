/** Random inputs for property tests. */
import * as Amount from '@pbstream/core/Amount'
import type { ChannelConfig } from '@pbstream/core/ChannelConfig'
import { fromBytes, type Hex } from '@pbstream/core/Hex'
import fc from 'fast-check'

const bytes = (length: number): fc.Arbitrary<Hex> =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((value) => fromBytes(value))

export const address = bytes(20)
export const bytes32 = bytes(32)
export const uint128 = fc.bigInt({ min: 0n, max: Amount.MAX })
export const uint256 = fc.bigInt({ min: 0n, max: (1n << 256n) - 1n })
export const chainId = fc.integer({ min: 1, max: 2 ** 40 })
export const channelConfig: fc.Arbitrary<ChannelConfig> = fc.record({
  payer: address,
  payerAuthorizer: address,
  receiver: address,
  receiverAuthorizer: address,
  token: address,
  withdrawDelay: fc.integer({ min: 0, max: 2 ** 40 - 1 }),
  salt: bytes32,
})
