import { hashMessage } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { describe, expect, test } from 'vitest'
import { fromBytes, type Hex, lower } from '../src/Hex.ts'
import { recover } from '../src/NobleRecover.ts'
import * as VoucherExport from '../src/VoucherExport.ts'

const hex = (byte: string, bytes: number): Hex => `0x${byte.repeat(bytes)}`
const issuedAt = '2026-11-22T16:51:04Z'

describe('the proof of a receiver', () => {
  test('is what a wallet signs by personal_sign, and names origin, receiver and time', async () => {
    const account = privateKeyToAccount(generatePrivateKey())
    const proof = { host: 'control.example:8443', receiver: lower(account.address), issuedAt }
    const text = VoucherExport.proofText(proof)
    expect(text.split('\n')).toEqual([
      'PB-Stream voucher export',
      '',
      'Origin: control.example:8443',
      `Receiver: ${proof.receiver}`,
      `Issued at: ${issuedAt}`,
      '',
      'For 5 minutes, whoever shows this signature to this origin can read the unclaimed vouchers of this receiver. It moves no money.',
    ])
    expect(fromBytes(VoucherExport.proofDigest(proof))).toBe(hashMessage(text))
    const signature = await account.signMessage({ message: text })
    expect(recover(VoucherExport.proofDigest(proof), signature)).toBe(proof.receiver)
    expect(VoucherExport.parseAuthorization(VoucherExport.authorization(issuedAt, signature))).toEqual({
      issuedAt,
      signature: lower(signature),
    })
  })

  const signature = `0x${'11'.repeat(64)}1b` as Hex
  test.each([
    ['nothing', null],
    ['another scheme', `Bearer ${signature}`],
    ['a time of another form', VoucherExport.authorization('2026-11-22 16:51', signature)],
    ['text before it', `x${VoucherExport.authorization(issuedAt, signature)}`],
    ['text around it', `${VoucherExport.authorization(issuedAt, signature)} `],
    ['a short signature', VoucherExport.authorization(issuedAt, '0x11')],
    ['a signature with a high s', VoucherExport.authorization(issuedAt, `0x${'ff'.repeat(64)}1b`)],
  ])('a header with %s is none', (_, header) => {
    expect(VoucherExport.parseAuthorization(header)).toBeUndefined()
  })
})

describe('the file', () => {
  const config = {
    payer: hex('a1', 20),
    payerAuthorizer: hex('a2', 20),
    receiver: hex('a3', 20),
    receiverAuthorizer: hex('a4', 20),
    token: hex('a5', 20),
    withdrawDelay: 900,
    salt: hex('00', 32),
  }
  const file: VoucherExport.VoucherExport = {
    v: 1,
    exportedAt: '2026-11-22T16:51:04.000Z',
    receiver: hex('a3', 20),
    channels: [
      {
        chainId: 84532,
        contract: hex('c0', 20),
        channelId: hex('01', 32),
        config,
        spent: 2n ** 100n,
        claimed: 1n,
        settled: 0n,
        lost: 0n,
        voucher: { max: 2n ** 101n, signature: `0x${'11'.repeat(64)}1b` },
      },
      {
        chainId: 84532,
        contract: hex('c0', 20),
        channelId: hex('02', 32),
        config,
        spent: 1n,
        claimed: 1n,
        settled: 0n,
        lost: 0n,
      },
    ],
    next: hex('02', 32),
  }
  const json = () => JSON.parse(JSON.stringify(VoucherExport.toJson(file)))
  /** The first channel is otherwise. */
  function spoilt(change: object) {
    const whole = json()
    return { ...whole, channels: [{ ...whole.channels[0], ...change }, whole.channels[1]] }
  }

  test('says the same after it was written and read', () => {
    expect(VoucherExport.parse(json())).toEqual(file)
  })

  test('has no members for what is not there, written or read', () => {
    const { next: _, ...last } = file
    const written = VoucherExport.toJson(last)
    expect(Object.keys(written)).toEqual(['v', 'exportedAt', 'receiver', 'channels'])
    expect(Object.keys(VoucherExport.parse(written))).not.toContain('next')
    expect(VoucherExport.parse(json()).channels.map((channel) => 'voucher' in channel)).toEqual([true, false])
  })

  test.each([
    ['Invalid input: expected object, received null', null],
    ['v: not an export of version 1', { ...json(), v: 2 }],
    ['receiver: not an address', { ...json(), receiver: '0x12' }],
    ['next: not 32 bytes of hex', { ...json(), next: '0x12' }],
    ['channels.0.spent: not a decimal string of atomic units below 2^128', spoilt({ spent: -1 })],
    ['channels.0.voucher.signature: not a signature', spoilt({ voucher: { max: '1', signature: '0x' } })],
    ['channels.0.config: token is not an address', spoilt({ config: { ...config, token: '0x' } })],
  ])('is refused in words: %s', (message, value) => {
    expect(() => VoucherExport.parse(value)).toThrow(expect.objectContaining({ message }))
  })

  test.each([
    ['v', (j: ReturnType<typeof json>) => (j.v = 2)],
    ['receiver', (j: ReturnType<typeof json>) => (j.receiver = '0x12')],
    ['channels', (j: ReturnType<typeof json>) => delete j.channels],
    ['channels.0.spent', (j: ReturnType<typeof json>) => (j.channels[0].spent = 5)],
    ['channels.0.voucher.signature', (j: ReturnType<typeof json>) => (j.channels[0].voucher.signature = '0x00')],
    ['channels.1.config', (j: ReturnType<typeof json>) => (j.channels[1].config.salt = '0x')],
  ])('that is wrong in %s is refused, and the error says where', (field, spoil) => {
    const spoilt = json()
    spoil(spoilt)
    expect(() => VoucherExport.parse(spoilt)).toThrow(expect.objectContaining({ name: 'InvalidExportError', field }))
  })
})
