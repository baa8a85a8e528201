/** Random inputs for property tests. */
import * as Amount from '@pbstream/core/Amount'
import type { ChannelConfig } from '@pbstream/core/ChannelConfig'
import { fromBytes, type Hex, zeroAddress } from '@pbstream/core/Hex'
import { MAX_PAYEES, type Permission } from '@pbstream/core/SessionKey'
import fc from 'fast-check'

const bytes = (length: number): fc.Arbitrary<Hex> =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((value) => fromBytes(value))

export const address = bytes(20)
export const bytes32 = bytes(32)
export const uint128 = fc.bigInt({ min: 0n, max: Amount.MAX })
export const uint256 = fc.bigInt({ min: 0n, max: (1n << 256n) - 1n })
export const uint40 = fc.integer({ min: 0, max: 2 ** 40 - 1 })
export const uint32 = fc.integer({ min: 0, max: 2 ** 32 - 1 })
export const chainId = fc.integer({ min: 1, max: 2 ** 40 })
export const channelConfig: fc.Arbitrary<ChannelConfig> = fc.record({
  payer: address,
  payerAuthorizer: address,
  receiver: address,
  receiverAuthorizer: address,
  token: address,
  withdrawDelay: uint40,
  salt: bytes32,
})

const party = address.filter((value) => value !== zeroAddress)
const positive = fc.bigInt({ min: 1n, max: Amount.MAX })
const noPeriod = fc.constant({ periodAmount: 0n, periodDuration: 0 })
const period = fc.record({ periodAmount: positive, periodDuration: fc.integer({ min: 1, max: 2 ** 40 - 1 }) })

/** Any permission that the contract takes, as long as it has not expired. */
export const permission: fc.Arbitrary<Permission> = fc
  .record({
    account: party,
    key: party,
    token: party,
    payees: fc.array(party, { minLength: 1, maxLength: MAX_PAYEES }),
    spendCap: positive,
    perPaymentMax: uint128,
    freezer: address,
    salt: bytes32,
    limit: fc.oneof(noPeriod, period),
    times: fc.uniqueArray(uint40, { minLength: 2, maxLength: 2 }).map((times) => times.toSorted((a, b) => a - b)),
  })
  .map(({ limit, times, ...rest }) => ({ ...rest, ...limit, start: times[0] as number, expiry: times[1] as number }))
