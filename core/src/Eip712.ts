/**
 * EIP-712 for structs of static members, written for the hot path: one scratch buffer, no string building.
 *
 * Everything is synchronous, so the scratch buffer is never shared by two computations.
 */
import { keccak_256 } from '@noble/hashes/sha3.js'
import type { Address, Hex } from './Hex.ts'

/** The domain that a signature is good for. */
export type Domain = { name: string; version: string; chainId: number; verifyingContract: Address }

/** A 32-byte hash. */
export type Hash = Uint8Array

/** One member of a struct: 32 bytes of hex, a left-padded address, an unsigned integer or a ready hash. */
export type Word = Hex | bigint | Hash

const MAX_WORDS = 16
const scratch = new Uint8Array(32 * MAX_WORDS)
const view = new DataView(scratch.buffer)
const envelope = new Uint8Array(66)
envelope[0] = 0x19
envelope[1] = 0x01
const encoder = new TextEncoder()
const UINT64 = (1n << 64n) - 1n

/** Keccak-256, as Ethereum uses it. */
export function keccak256(bytes: Uint8Array): Hash {
  return keccak_256(bytes)
}

/** The hash of a struct's type string, such as `Voucher(bytes32 channelId,uint128 maxClaimableAmount)`. */
export function typeHash(type: string): Hash {
  return keccak_256(encoder.encode(type))
}

const DOMAIN = typeHash('EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)')

/** The hash of a domain: compute it once per contract and keep it. */
export function domainSeparator(domain: Domain): Hash {
  return hashStruct(
    DOMAIN,
    typeHash(domain.name),
    typeHash(domain.version),
    BigInt(domain.chainId),
    domain.verifyingContract,
  )
}

/**
 * The hash of a struct: its type hash and its members in order. At most 15 members.
 *
 * @throws {RangeError} for a negative integer or one above 2^256 - 1.
 * @throws {TypeError} for hex that is neither 20 nor 32 bytes long.
 */
export function hashStruct(type: Hash, ...words: Word[]): Hash {
  scratch.set(type, 0)
  for (let i = 0; i < words.length; i++) writeWord(32 * (i + 1), words[i] as Word)
  return keccak_256(scratch.subarray(0, 32 * (words.length + 1)))
}

/** The hash of words without a type hash: `keccak256(abi.encode(...))` of static values. At most 16. */
export function hashWords(...words: Word[]): Hash {
  for (let i = 0; i < words.length; i++) writeWord(32 * i, words[i] as Word)
  return keccak_256(scratch.subarray(0, 32 * words.length))
}

/** What is signed: the struct's hash bound to its domain. */
export function digest(separator: Hash, structHash: Hash): Hash {
  envelope.set(separator, 2)
  envelope.set(structHash, 34)
  return keccak_256(envelope)
}

function writeWord(offset: number, word: Word): void {
  if (typeof word === 'bigint') writeUint(offset, word)
  else if (typeof word === 'string') writeHex(offset, word)
  else scratch.set(word, offset)
}

function writeUint(offset: number, value: bigint): void {
  if (value < 0n || value >> 256n !== 0n) throw new RangeError('not a uint256')
  view.setBigUint64(offset, value >> 192n)
  view.setBigUint64(offset + 8, (value >> 128n) & UINT64)
  view.setBigUint64(offset + 16, (value >> 64n) & UINT64)
  view.setBigUint64(offset + 24, value & UINT64)
}

function writeHex(offset: number, hex: Hex): void {
  const bytes = (hex.length - 2) / 2
  if (bytes !== 20 && bytes !== 32) throw new TypeError('not an address or 32 bytes')
  scratch.fill(0, offset, offset + 32 - bytes)
  let at = offset + 32 - bytes
  for (let i = 2; i < hex.length; i += 2) scratch[at++] = nibble(hex, i) * 16 + nibble(hex, i + 1)
}

function nibble(hex: string, index: number): number {
  const code = hex.charCodeAt(index)
  if (code >= 48 && code <= 57) return code - 48
  const letter = code | 32
  if (letter >= 97 && letter <= 102) return letter - 87
  throw new TypeError('not a hex digit')
}
