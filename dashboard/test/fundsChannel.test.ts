import * as ChannelConfig from '@pbstream/core/ChannelConfig'
import { describe, expect, it } from 'vitest'
import { type Channel, configOf, escrowConfig, isKnown, sumsOf, termsFor } from '../src/pages/funds/Channel.ts'
import { checked, roomOf } from '../src/pages/funds/DepositForm.tsx'
import { hereAt } from '../src/pages/funds/Withdraw.tsx'

const address = (byte: string) => `0x${byte.repeat(20)}` as const
const config = {
  ...{ payer: address('a1'), payerAuthorizer: address('b2'), receiver: address('ca') },
  ...{ receiverAuthorizer: address('d4'), token: address('e5'), withdrawDelay: 900, salt: `0x${'0f'.repeat(32)}` },
}
const channel: Channel = {
  ...{ id: `0x${'01'.repeat(32)}`, session: 's', keyId: 'sk_1', keyName: 'agent', key: address('b2') },
  ...{ chainId: 84532, contract: address('5c'), kind: 'escrow', receiver: address('ca'), token: address('e5'), config },
  ...{ deposited: '9', provisional: '0', returned: '0', spent: '4', claimed: '2', settled: '2', lost: '0' },
  ...{ held: '1', free: '4', pendingWithdrawal: null, closed: false, live: true },
}
const service = { receiverAuthorizer: address('d9'), withdrawDelay: 86_400 }

describe('money in channels', () => {
  it('is summed, and what is not known counts as nothing', () => {
    const withdrawal = { amount: '3', requestedAt: '', availableAt: '', lapsesAt: null }
    const others = [
      { ...channel, free: null, held: null },
      { ...channel, pendingWithdrawal: withdrawal },
    ]
    expect(sumsOf([channel, ...others])).toEqual({ free: 8n, held: 2n, spent: 12n, returning: 3n })
  })

  it('can be taken out of contracts that are known, while the config is', () => {
    expect([channel, { ...channel, config: null }, { ...channel, kind: 'other' as const }].map(isKnown)).toEqual([
      ...[true, false, false],
    ])
  })
})

describe('the channel of a top-up', () => {
  it('is the one that there is', () => {
    expect(termsFor([channel], address('ca'), service)).toEqual({
      receiverAuthorizer: address('d4'),
      withdrawDelay: 900,
    })
  })

  it('has the terms of the service toward a receiver without one', () => {
    expect(termsFor([channel], address('cb'), service)).toEqual(service)
  })

  it('has the delay that the receiver sells under, and no channel with another one is filled', () => {
    const delays = [{ payee: address('ca'), withdrawDelay: 86_400 }]
    expect(termsFor([channel], address('ca'), service, delays)).toEqual({ ...service, withdrawDelay: 86_400 })
    expect(termsFor([channel], address('cb'), service, delays)).toEqual(service)
  })

  it.each([undefined, { ...service, withdrawDelay: undefined }, { ...service, receiverAuthorizer: undefined }])(
    'is none where terms would have to be guessed: %j',
    (said) => {
      expect(termsFor([], address('ca'), said)).toBeUndefined()
    },
  )

  it('obeys the key by its salt', () => {
    const key = { account: config.payer, key: config.payerAuthorizer, token: config.token, keyId: config.salt }
    const { receiverAuthorizer, withdrawDelay } = config
    const made = escrowConfig(key, config.receiver, { receiverAuthorizer, withdrawDelay })
    expect(made).toEqual(isKnown(channel) && configOf(channel))
  })

  it('cannot be made for a key that has no id in the escrow', () => {
    const key = { account: config.payer, key: config.payerAuthorizer, token: config.token, keyId: null }
    expect(() => escrowConfig(key, config.receiver, service)).toThrow(ChannelConfig.InvalidChannelConfigError)
  })
})

describe('the amount of a top-up', () => {
  const bounds = { least: 10n, room: 100n, balance: 50n }

  it('is taken within its bounds', () => {
    expect(checked(50n, bounds)).toBe(50n)
  })

  it.each([undefined, 0n, 9n, 51n, 101n])('%s is refused', (amount) => {
    expect(() => checked(amount, bounds)).toThrow()
  })

  it('is not held against what is not known', () => {
    expect(checked(1_000n, { least: 0n, room: undefined, balance: undefined })).toBe(1_000n)
  })

  it('fits under what the cap leaves on chain', () => {
    const onChain = { version: 1, usage: '30', spendCap: '50', frozenAt: 0, revokedAt: 0, stoppedAt: 0 }
    expect([roomOf({ onChain }), roomOf({ onChain: { ...onChain, usage: '60' } }), roomOf({ onChain: null })]).toEqual([
      ...[20n, 0n, undefined],
    ])
  })
})

it('a time of the chain is counted down from its newest block', () => {
  expect(hereAt(1_000, { time: 400 }, 5_000_000)).toBe(5_600_000)
})
