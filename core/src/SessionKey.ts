/**
 * Session keys: what an account lets a key spend, the id of a key, and what is signed to change one.
 *
 * Names, limits and arithmetic are those of `SessionKeyValidator`.
 */
import { typeStrings } from './abi/TypedData.ts'
import * as Amount from './Amount.ts'
import * as Eip712 from './Eip712.ts'
import { type Address, fromBytes, type Hex, isAddress, isBytes32, lower, toBytes, zeroAddress } from './Hex.ts'

/** What a session key may do. Amounts are atomic units of `token`, times Unix seconds. All hex lower case. */
export type Permission = {
  /** Whose money it is: signs registration, unfreezing, rotation and revocation. */
  account: Address
  /** The session key: signs vouchers, holds no money. */
  key: Address
  token: Address
  /** The only receivers that channels of this key may have: 1 to 32. */
  payees: readonly Address[]
  /** The most that all channels of the key may hold or have paid. */
  spendCap: bigint
  /** Each channel's claims may grow by this much a period; zero exactly if `periodDuration` is. */
  periodAmount: bigint
  periodDuration: number
  /** The most for one payment; zero: no limit. No contract sees single payments: gateway and SDK enforce it. */
  perPaymentMax: bigint
  /** From when payments count. */
  start: number
  /** When the key stops. */
  expiry: number
  /** May freeze the key and nothing else; zero: nobody but the account. */
  freezer: Address
  /** Tells permissions with the same terms apart. */
  salt: Hex
}

/** A permission in JSON: amounts are decimal strings. */
export type PermissionJson = Omit<Permission, 'spendCap' | 'periodAmount' | 'perPaymentMax'> & {
  spendCap: string
  periodAmount: string
  perPaymentMax: string
}

/** Signed by the account: register this key. */
export type RegisterKey = { permission: Permission; deadline: number }

/** Signed by the account, a freeze also by the freezer: change this key, if it is still at this version. */
export type ChangeKey = { keyId: Hex; version: number; deadline: number }

/** Signed by the account: revoke one key and register another, if no more than `maxUsage` was deposited under it. */
export type RotateKey = {
  oldKeyId: Hex
  newPermission: Permission
  maxUsage: bigint
  version: number
  deadline: number
}

/** The first four bytes of every key id, and of the `salt` of every channel that a key governs: "PBST". */
export const TAG = '0x50425354'
export const MAX_PAYEES = 32

const UINT40_MAX = 2 ** 40 - 1

/** A value that is no permission; `field` says where, by the name that the contract's `InvalidPermission` gives it. */
export class InvalidPermissionError extends Error {
  override readonly name = 'InvalidPermissionError'
  readonly field: string
  constructor(field: string, what: string) {
    super(`${field} ${what}`)
    this.field = field
  }
}

/**
 * Reads a permission from JSON and refuses what the contract refuses, but for an expiry in the past: core has no clock.
 * Hex may be in any case and comes out in lower case; unknown members are dropped.
 *
 * @throws {InvalidPermissionError}
 */
export function parse(value: unknown): Permission {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InvalidPermissionError('permission', 'is not an object')
  }
  const from = value as Record<string, unknown>
  const permission: Permission = {
    account: party(from, 'account'),
    key: party(from, 'key'),
    token: party(from, 'token'),
    payees: payees(from['payees']),
    spendCap: amount(from, 'spendCap'),
    periodAmount: amount(from, 'periodAmount'),
    periodDuration: seconds(from, 'periodDuration'),
    perPaymentMax: amount(from, 'perPaymentMax'),
    start: seconds(from, 'start'),
    expiry: seconds(from, 'expiry'),
    freezer: address(from['freezer'], 'freezer'),
    salt: bytes32(from, 'salt'),
  }
  if (permission.spendCap === 0n) throw new InvalidPermissionError('spendCap', 'is zero')
  if ((permission.periodAmount === 0n) !== (permission.periodDuration === 0)) {
    throw new InvalidPermissionError('periodDuration', 'and periodAmount are not both zero or both set')
  }
  if (permission.start >= permission.expiry) throw new InvalidPermissionError('start', 'is not before expiry')
  return permission
}

/** The JSON that `parse` reads. */
export function toJson(permission: Permission): PermissionJson {
  return {
    account: permission.account,
    key: permission.key,
    token: permission.token,
    payees: [...permission.payees],
    spendCap: Amount.toString(permission.spendCap),
    periodAmount: Amount.toString(permission.periodAmount),
    periodDuration: permission.periodDuration,
    perPaymentMax: Amount.toString(permission.perPaymentMax),
    start: permission.start,
    expiry: permission.expiry,
    freezer: permission.freezer,
    salt: permission.salt,
  }
}

/** The id of the key with this permission, in the domain of its contract (`Voucher.escrowDomainSeparator`). */
export function keyId(permission: Permission, domainSeparator: Eip712.Hash): Hex {
  const digest = fromBytes(Eip712.digest(domainSeparator, permissionHash(permission)))
  return `${TAG}${digest.slice(TAG.length)}`
}

/** True for 32 bytes of hex that begin with the tag. */
export function isKeyId(value: unknown): value is Hex {
  return isBytes32(value) && governs(value)
}

/** Whether a channel with this salt obeys the key whose id the salt is. */
export function governs(salt: Hex): boolean {
  return salt.startsWith(TAG)
}

/** The EIP-712 struct hash of a permission. */
export function permissionHash(permission: Permission): Eip712.Hash {
  const { account, key, token, spendCap, periodAmount, periodDuration, perPaymentMax } = permission
  return Eip712.hashStruct(
    PERMISSION,
    account,
    key,
    token,
    addressesHash(permission.payees),
    spendCap,
    periodAmount,
    BigInt(periodDuration),
    perPaymentMax,
    BigInt(permission.start),
    BigInt(permission.expiry),
    permission.freezer,
    permission.salt,
  )
}

/** For `registerKeyWithSignature`. 32 bytes. */
export function registerDigest(separator: Eip712.Hash, { permission, deadline }: RegisterKey): Eip712.Hash {
  return Eip712.digest(separator, Eip712.hashStruct(REGISTER, permissionHash(permission), BigInt(deadline)))
}

/** For `freezeKeyWithSignature`. 32 bytes. */
export function freezeDigest(separator: Eip712.Hash, change: ChangeKey): Eip712.Hash {
  return changeDigest(separator, FREEZE, change)
}

/** For `unfreezeKeyWithSignature`. 32 bytes. */
export function unfreezeDigest(separator: Eip712.Hash, change: ChangeKey): Eip712.Hash {
  return changeDigest(separator, UNFREEZE, change)
}

/** For `revokeKeyWithSignature`. 32 bytes. */
export function revokeDigest(separator: Eip712.Hash, change: ChangeKey): Eip712.Hash {
  return changeDigest(separator, REVOKE, change)
}

/** For `rotateKeyWithSignature`. 32 bytes. */
export function rotateDigest(separator: Eip712.Hash, rotation: RotateKey): Eip712.Hash {
  const { oldKeyId, newPermission, maxUsage, version, deadline } = rotation
  const words = [oldKeyId, permissionHash(newPermission), maxUsage, BigInt(version), BigInt(deadline)]
  return Eip712.digest(separator, Eip712.hashStruct(ROTATE, ...words))
}

/**
 * The total that one channel of the key may have claimed by `timestamp`: one more `periodAmount` as each period begins,
 * up to the spend cap, so it never falls. Stops are not counted in.
 */
export function spendCeiling(permission: Permission, timestamp: number): bigint {
  const { start, periodAmount, periodDuration, spendCap } = permission
  if (timestamp < start) return 0n
  if (periodDuration === 0) return spendCap
  return Amount.min(spendCap, periodAmount * (1n + BigInt(Math.floor((timestamp - start) / periodDuration))))
}

/** The earliest stop in force; zero for `frozenAt` or `revokedAt` means that there was none. */
export function stoppedAt(stops: { expiry: number; frozenAt: number; revokedAt: number }): number {
  return Math.min(stops.expiry, stops.frozenAt || Infinity, stops.revokedAt || Infinity)
}

const PERMISSION = Eip712.typeHash(typeStrings.SessionKeyPermission)
const REGISTER = Eip712.typeHash(typeStrings.RegisterKey)
const ROTATE = Eip712.typeHash(typeStrings.RotateKey)
const FREEZE = Eip712.typeHash(typeStrings.FreezeKey)
const UNFREEZE = Eip712.typeHash(typeStrings.UnfreezeKey)
const REVOKE = Eip712.typeHash(typeStrings.RevokeKey)

function changeDigest(separator: Eip712.Hash, type: Eip712.Hash, change: ChangeKey): Eip712.Hash {
  const { keyId: id, version, deadline } = change
  return Eip712.digest(separator, Eip712.hashStruct(type, id, BigInt(version), BigInt(deadline)))
}

/** EIP-712 of an array: the hash of its members, each a word. */
function addressesHash(addresses: readonly Address[]): Eip712.Hash {
  const words = new Uint8Array(32 * addresses.length)
  addresses.forEach((one, i) => words.set(toBytes(one), 32 * i + 12))
  return Eip712.keccak256(words)
}

function payees(value: unknown): Address[] {
  if (!Array.isArray(value)) throw new InvalidPermissionError('payees', 'is not a list')
  if (value.length === 0 || value.length > MAX_PAYEES) {
    throw new InvalidPermissionError('payees', `are not 1 to ${MAX_PAYEES}`)
  }
  return value.map((payee) => nonZero(address(payee, 'payees'), 'payees'))
}

function party(from: Record<string, unknown>, field: string): Address {
  return nonZero(address(from[field], field), field)
}

function nonZero(value: Address, field: string): Address {
  if (value === zeroAddress) throw new InvalidPermissionError(field, 'is the zero address')
  return value
}

function address(value: unknown, field: string): Address {
  if (!isAddress(value)) throw new InvalidPermissionError(field, 'is not an address')
  return lower(value)
}

function bytes32(from: Record<string, unknown>, field: string): Hex {
  const value = from[field]
  if (!isBytes32(value)) throw new InvalidPermissionError(field, 'is not 32 bytes of hex')
  return lower(value)
}

function amount(from: Record<string, unknown>, field: string): bigint {
  const value = Amount.tryParse(from[field])
  if (value === undefined) throw new InvalidPermissionError(field, 'is not a decimal string below 2^128')
  return value
}

function seconds(from: Record<string, unknown>, field: string): number {
  const value = from[field]
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > UINT40_MAX) {
    throw new InvalidPermissionError(field, 'is not a whole number of seconds below 2^40')
  }
  return value
}
