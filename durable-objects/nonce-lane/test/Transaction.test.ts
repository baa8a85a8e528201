import * as NobleSigner from '@pbstream/core/NobleSigner'
import { parseTransaction, recoverTransactionAddress } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { expect, test } from 'vitest'
import * as Transaction from '../src/Transaction.ts'

const key = `0x${'42'.repeat(32)}` as const
const signer = NobleSigner.create(key)
const unsigned: Transaction.Unsigned = {
  chainId: 84532,
  nonce: 0,
  to: `0x${'22'.repeat(20)}`,
  data: '0xdeadbeef',
  gasLimit: 100_000n,
  maxFee: 30n,
  priorityFee: 2n,
}

test.each([0, 1, 127, 128, 65_535])('bytes with nonce %i are those that viem makes', async (nonce) => {
  const { raw, hash } = await Transaction.sign({ ...unsigned, nonce }, signer)
  const viem = await privateKeyToAccount(key).signTransaction({
    type: 'eip1559',
    chainId: unsigned.chainId,
    nonce,
    to: unsigned.to,
    data: unsigned.data,
    gas: unsigned.gasLimit,
    maxFeePerGas: unsigned.maxFee,
    maxPriorityFeePerGas: unsigned.priorityFee,
  })
  expect(raw).toBe(viem)
  expect(hash).toMatch(/^0x[0-9a-f]{64}$/)
  expect((await recoverTransactionAddress({ serializedTransaction: raw as `0x02${string}` })).toLowerCase()).toBe(
    signer.address,
  )
  expect(parseTransaction(raw as `0x02${string}`).nonce ?? 0).toBe(nonce)
})

test('F23: an answer of a key service that is not its own canonical signature advances nothing', async () => {
  const other = NobleSigner.create(`0x${'43'.repeat(32)}`)
  const wrongKey = { address: signer.address, sign: other.sign }
  await expect(Transaction.sign(unsigned, wrongKey)).rejects.toThrow('signature')
  const N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
  const highS = {
    address: signer.address,
    sign: async (digest: Uint8Array) => {
      const signature = await signer.sign(digest)
      const s = (N - BigInt(`0x${signature.slice(66, 130)}`)).toString(16).padStart(64, '0')
      return `${signature.slice(0, 66)}${s}${signature.endsWith('1b') ? '1c' : '1b'}` as const as `0x${string}`
    },
  }
  await expect(Transaction.sign(unsigned, highS)).rejects.toThrow('signature')
})
