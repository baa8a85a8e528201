/** Who pays: the wallet, which is asked when money moves, and the session key, which signs the rest by itself. */
import * as Authorization from '@pbstream/core/Authorization'
import * as Eip712 from '@pbstream/core/Eip712'
import { type Address, fromBytes, type Hex, isAddress, lower, toBytes } from '@pbstream/core/Hex'
import * as NobleSigner from '@pbstream/core/NobleSigner'
import * as Signature from '@pbstream/core/Signature'

/** A wallet as viem's accounts are: it signs EIP-712 typed data. */
export type WalletSigner = {
  address: string
  signTypedData(data: {
    domain: Record<string, unknown>
    types: Record<string, unknown>
    primaryType: string
    message: Record<string, unknown>
  }): Promise<Hex>
}

/** A token in whose domain an authorisation is signed. */
export type Token = { chainId: number; token: Address; tokenName: string; tokenVersion: string }

/** `Receive`: only the collector may submit it, for a deposit. `Transfer`: anyone may, for `exact`. */
export type AuthorizationType = 'ReceiveWithAuthorization' | 'TransferWithAuthorization'

export type Wallet = {
  address: Address
  /** Signs an order to move tokens. */
  authorize(type: AuthorizationType, token: Token, order: Authorization.Unsigned): Promise<Hex>
}

const MEMBERS = [
  { name: 'from', type: 'address' },
  { name: 'to', type: 'address' },
  { name: 'value', type: 'uint256' },
  { name: 'validAfter', type: 'uint256' },
  { name: 'validBefore', type: 'uint256' },
  { name: 'nonce', type: 'bytes32' },
]

/** A wallet from its private key. @throws {TypeError} which does not hold the key. */
export function fromKey(key: Hex): Wallet {
  const signer = NobleSigner.create(key)
  return {
    address: signer.address,
    authorize(type, token, order) {
      const separator = Authorization.domainSeparator(token)
      const digest = type === 'ReceiveWithAuthorization' ? Authorization.receiveDigest : Authorization.transferDigest
      return signer.sign(digest(separator, order))
    },
  }
}

/** A wallet that somebody else keeps. @throws {TypeError} when it has no address. */
export function fromSigner(signer: WalletSigner): Wallet {
  if (!isAddress(signer.address)) throw new TypeError('signer has no address')
  const address = lower(signer.address)
  return {
    address,
    async authorize(type, { chainId, token, tokenName, tokenVersion }, order) {
      const signature = await signer.signTypedData({
        domain: { name: tokenName, version: tokenVersion, chainId, verifyingContract: token },
        types: { [type]: MEMBERS },
        primaryType: type,
        message: { ...order },
      })
      return Signature.normalise(signature) ?? lower(signature)
    },
  }
}

/**
 * The session key that goes with a wallet's key: whoever has the latter finds it again, so that a lost store loses no
 * channel. It does not lead back to the wallet's key.
 */
export function deriveSessionKey(key: Hex): Hex {
  const label = new TextEncoder().encode('pbstream session key v1\n')
  const secret = toBytes(key)
  const bytes = new Uint8Array(label.length + secret.length)
  bytes.set(label)
  bytes.set(secret, label.length)
  return fromBytes(Eip712.keccak256(bytes))
}

/** Random bytes as hex. */
export function randomHex(length: number): Hex {
  return fromBytes(crypto.getRandomValues(new Uint8Array(length)))
}
