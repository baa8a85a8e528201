/** An EIP-1559 transaction: what is signed, and the raw bytes that go out. */
import { type Address, type Hex, toBytes } from '@pbstream/core/Hex'
import { recover } from '@pbstream/core/NobleRecover'
import type { Signer } from '@pbstream/core/NobleSigner'
import { keccak256, parseSignature, serializeTransaction, type TransactionSerializableEIP1559 } from 'viem'

export type Unsigned = {
  chainId: number
  nonce: number
  to: Address
  data: Hex
  gasLimit: bigint
  /** Wei per gas. */
  maxFee: bigint
  priorityFee: bigint
}

export type Signed = { raw: Hex; hash: Hex }

/**
 * Signs a transaction that sends no ether.
 *
 * @throws Error when the signer fails, or answers with anything but its own canonical signature: a faulty key service
 * must not advance the journal.
 */
export async function sign(unsigned: Unsigned, signer: Signer): Promise<Signed> {
  const fields: TransactionSerializableEIP1559 = {
    type: 'eip1559',
    chainId: unsigned.chainId,
    nonce: unsigned.nonce,
    to: unsigned.to,
    data: unsigned.data,
    gas: unsigned.gasLimit,
    maxFeePerGas: unsigned.maxFee,
    maxPriorityFeePerGas: unsigned.priorityFee,
    value: 0n,
  }
  const digest = toBytes(keccak256(serializeTransaction(fields)))
  const signature = await signer.sign(digest)
  if (recover(digest, signature) !== signer.address) throw new Error('the signer did not answer with its signature')
  const raw = serializeTransaction(fields, parseSignature(signature))
  return { raw, hash: keccak256(raw) }
}
