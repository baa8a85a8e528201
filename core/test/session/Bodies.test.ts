import { session, voucher, deposit, config, terms, channel } from '../support/payment.ts'
import * as Answers from '@pbstream/core/session/Answers'
import * as Bodies from '@pbstream/core/session/Bodies'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bytes32, channelConfig, uint128, uint256 } from '../support/arbitrary.ts'
import { ED25519, NOW, token } from '../support/session.ts'

const { channelId: _, ...signed } = await voucher(50_000n)
const signature = await session.sign(new Uint8Array(32).fill(5))
const body = {
  v: 1,
  network: terms.network,
  config,
  voucher: signed,
  deposit: await deposit(1_000_000n, BigInt(NOW + 300)),
  open: { nonce: `0x${'9a'.repeat(32)}`, expires: NOW + 3_600, publicKey: ED25519.publicKey, signature },
}

describe('the body that opens a session', () => {
  test('is read', () => {
    const open = Bodies.parseOpen(body)
    expect(open).toMatchObject({
      network: 'eip155:84532',
      chainId: 84532,
      config,
      voucher: { max: 50_000n, signature: signed.signature },
      deposit: { amount: 1_000_000n, authorization: { validBefore: BigInt(NOW + 300) } },
      open: body.open,
    })
    expect(Bodies.parseOpen({ ...body, deposit: null, later: 1 })).not.toHaveProperty('deposit')
  })
  test('that was written is read, whatever is in it', () => {
    const secp256k1 = fc.constantFrom(signature, signed.signature as typeof signature)
    const money = fc.record({ max: uint128, signature: secp256k1 })
    const authorization = fc.record({ validAfter: uint256, validBefore: uint256, salt: bytes32, signature: secp256k1 })
    const positive = fc.bigInt({ min: 1n, max: 10n ** 30n })
    const times = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER })
    const any = fc.record(
      {
        network: fc.constant('eip155:8453'),
        config: channelConfig,
        voucher: money,
        deposit: fc.record({ amount: uint128, authorization }),
        open: fc.record({ nonce: bytes32, expires: times, publicKey: bytes32, signature: secp256k1 }),
      },
      { requiredKeys: ['network', 'config', 'voucher', 'open'] },
    )
    fc.assert(
      fc.property(any, (open) => {
        const sent = JSON.parse(JSON.stringify(Bodies.openJson(open as Bodies.Open))) as unknown
        expect(Bodies.parseOpen(sent)).toEqual({ ...open, chainId: 8453 })
        const { voucher: each, deposit: paid, config: terms } = open
        const raise: Bodies.Raise =
          paid === undefined ? { voucher: each } : { voucher: each, deposit: paid, config: terms }
        expect(Bodies.parseRaise(sent)).toEqual(raise)
        expect(Bodies.parseRaise(Bodies.raiseJson(raise))).toEqual(raise)
      }),
    )
    fc.assert(
      fc.property(channelConfig, money, fc.option(positive, { nil: undefined }), (terms, each, amount) => {
        const close = { refund: { config: terms, voucher: each, ...(amount === undefined ? {} : { amount }) } }
        expect(Bodies.parseClose(Bodies.closeJson(close))).toEqual(close)
      }),
    )
    expect(Bodies.parseClose(Bodies.closeJson({}))).toEqual({})
  })
  test.each<[object, string, string]>([
    [{ v: 2 }, 'malformed_body', 'v is not 1'],
    [{ network: undefined }, 'malformed_body', 'network is not a string'],
    [{ network: 'solana:mainnet' }, 'network_mismatch', 'network is no EVM chain'],
    [{ config: undefined }, 'malformed_body', 'config is not an object'],
    [{ config: { ...config, payer: '0x12' } }, 'malformed_body', 'config.payer is not an address'],
    [{ voucher: undefined }, 'malformed_body', 'voucher is not an object'],
    [
      { voucher: { ...signed, maxClaimableAmount: 5 } },
      'malformed_body',
      'voucher.maxClaimableAmount is not a decimal string of atomic units below 2^128',
    ],
    [{ voucher: { ...signed, signature: '0x12' } }, 'malformed_body', 'voucher.signature is not 65 bytes of hex'],
    [{ deposit: 7 }, 'malformed_body', 'deposit is not an object'],
    [{ deposit: { amount: '1' } }, 'malformed_body', 'deposit.authorization is not an object'],
    [
      { deposit: { amount: '1', authorization: { permit2Authorization: {} } } },
      'deposit_authorization_invalid',
      'Permit2 deposits are not taken; send erc3009Authorization',
    ],
    [{ open: undefined }, 'malformed_body', 'open is not an object'],
    [{ open: { ...body.open, nonce: '1' } }, 'malformed_body', 'open.nonce is not 32 bytes of hex'],
    [{ open: { ...body.open, expires: '1' } }, 'malformed_body', 'open.expires is not a time in Unix seconds'],
    [{ open: { ...body.open, expires: 0 } }, 'malformed_body', 'open.expires is not a time in Unix seconds'],
    [{ open: { ...body.open, expires: 1.5 } }, 'malformed_body', 'open.expires is not a time in Unix seconds'],
    [{ open: { ...body.open, publicKey: 'hmac' } }, 'malformed_body', 'open.publicKey is not 32 bytes of hex'],
    [{ open: { ...body.open, signature: null } }, 'malformed_body', 'open.signature is not 65 bytes of hex'],
  ])('with %j is refused', (change, error, detail) => {
    expect(Bodies.parseOpen({ ...body, ...change })).toEqual({ error, detail })
  })
})

test('a close may bring a refund, of something', () => {
  const refund = { config, voucher: signed }
  expect(Bodies.parseClose({ refund: null })).toEqual({})
  expect(Bodies.parseClose({ refund: { ...refund, amount: null } })).toEqual({
    refund: { config, voucher: { max: 50_000n, signature: signed.signature } },
  })
  expect(Bodies.parseClose({ refund: { ...refund, amount: '0' } })).toMatchObject({ error: 'refund_amount_invalid' })
  expect(Bodies.parseClose({ refund: { config } })).toEqual({
    error: 'malformed_body',
    detail: 'refund.voucher is not an object',
  })
  expect(Bodies.parseClose({ refund: { voucher: signed } })).toEqual({
    error: 'malformed_body',
    detail: 'refund.config is not an object',
  })
  expect(Bodies.parseClose([])).toEqual({ error: 'malformed_body', detail: 'body is not an object' })
})

test('no JSON makes a reader throw', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      for (const parse of [Bodies.parseOpen, Bodies.parseRaise]) expect(parse(value)).toHaveProperty('error')
      Bodies.parseClose(value)
      expect(Answers.parseOpenAnswer(value)).toBeUndefined()
      expect(Answers.parseRaiseAnswer(value)).toBeUndefined()
    }),
  )
})

describe('the answer that opened a session', () => {
  const opened = {
    token,
    algorithm: 'hmac-sha256',
    epoch: 3,
    expires: NOW + 3_600,
    channel,
    accepted: 50_000n,
  } as const
  const answer = Answers.openAnswer({ ...opened, key: new Uint8Array(32).fill(255) })
  test('says what there is, and is read as it was written', () => {
    expect(answer).toEqual({
      v: 1,
      token,
      key: '_'.repeat(42) + '8',
      algorithm: 'hmac-sha256',
      epoch: 3,
      expires: NOW + 3_600,
      channel: {
        channelId: channel.channelId,
        balance: '1000000',
        totalClaimed: '20000',
        charged: '41000',
        accepted: '50000',
        withdrawRequestedAt: 0,
        refundNonce: '0',
      },
      room: '9000',
    })
    expect(Answers.parseOpenAnswer(JSON.parse(JSON.stringify(answer)))).toEqual(answer)
    const raised = Answers.raiseAnswer(channel, 60_000n)
    expect(raised.room).toBe('19000')
    expect(Answers.parseRaiseAnswer(JSON.parse(JSON.stringify(raised)))).toEqual(raised)
    expect(Answers.parseOpenAnswer(Answers.openAnswer({ ...opened, algorithm: 'ed25519' }))).toBeDefined()
  })
  test.each<Partial<Record<keyof Answers.OpenAnswer, unknown>>>([
    { v: 2 },
    { token: undefined },
    { key: undefined },
    { key: 'AA' },
    { algorithm: 'ed25519' },
    { algorithm: 'none' },
    { epoch: -1 },
    { expires: 1.5 },
    { room: '-1' },
    { room: 9_000 },
    { channel: undefined },
    { channel: { ...answer.channel, charged: 41_000 } },
    { channel: { ...answer.channel, channelId: '0x12' } },
    { channel: { ...answer.channel, withdrawRequestedAt: '0' } },
  ])('with %j cannot be used', (change) => {
    expect(Answers.parseOpenAnswer({ ...answer, ...change })).toBeUndefined()
  })
})
