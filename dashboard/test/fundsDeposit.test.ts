import * as Authorization from '@pbstream/core/Authorization'
import * as ChannelConfig from '@pbstream/core/ChannelConfig'
import { fromBytes } from '@pbstream/core/Hex'
import * as Voucher from '@pbstream/core/Voucher'
import { hashTypedData, type TypedDataDefinition } from 'viem'
import { expect, it } from 'vitest'
import * as Deposit from '../src/pages/funds/Deposit.ts'

const order: Deposit.Order = {
  chainId: 84532,
  escrow: `0x${'5c'.repeat(20)}`,
  config: {
    payer: `0x${'a1'.repeat(20)}`,
    payerAuthorizer: `0x${'b2'.repeat(20)}`,
    receiver: `0x${'ca'.repeat(20)}`,
    receiverAuthorizer: `0x${'d4'.repeat(20)}`,
    token: `0x${'e5'.repeat(20)}`,
    withdrawDelay: 86_400,
    salt: `0x${'0f'.repeat(32)}`,
  },
  token: { address: `0x${'e5'.repeat(20)}`, name: 'USDC', version: '2' },
  amount: 5_000_000n,
  now: 1_800_000_000,
  salt: `0x${'77'.repeat(32)}`,
}

it('asks for exactly what settlement will check', () => {
  const { chainId, escrow, config, token, amount, now, salt } = order
  const channelId = ChannelConfig.id(config, Voucher.escrowDomainSeparator(chainId, escrow))
  const domain = Authorization.domainSeparator({
    ...{ chainId, token: token.address, tokenName: token.name, tokenVersion: token.version },
  })
  const digest = Authorization.receiveDigest(domain, {
    from: config.payer,
    to: escrow,
    value: amount,
    validAfter: BigInt(now - 600),
    validBefore: BigInt(now + 3_600),
    nonce: Authorization.depositNonce(channelId, salt),
  })
  const asked = hashTypedData(Deposit.typedData(order) as unknown as TypedDataDefinition)
  expect(asked).toBe(fromBytes(digest))
})

it('sends the times that were signed', () => {
  const { message } = Deposit.typedData(order)
  const { authorization } = Deposit.body(order, '0x1234')
  expect(authorization).toMatchObject({ validAfter: message.validAfter, validBefore: message.validBefore })
})

it('never uses a salt twice', () => {
  expect(Deposit.randomSalt()).not.toBe(Deposit.randomSalt())
})
