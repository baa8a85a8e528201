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
    for (const part of [proof.host, proof.receiver, issuedAt]) expect(text).toContain(part)
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

  test('says the same after it was written and read', () => {
    expect(VoucherExport.parse(json())).toEqual(file)
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
