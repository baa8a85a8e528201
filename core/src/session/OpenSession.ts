/**
 * How a session is opened: the extension of the 402 that offers it, and what the session key signs to have one.
 *
 * A voucher alone opens nothing, since vouchers become public when they are claimed.
 */
import * as Amount from '../Amount.ts'
import type { Extensions } from '../Challenge.ts'
import * as Eip712 from '../Eip712.ts'
import { type Address, type Hex, isBytes32, lower } from '../Hex.ts'
import * as Utf8 from '../Utf8.ts'

/** How requests of a session are signed; names of RFC 9421. */
export type Algorithm = 'hmac-sha256' | 'ed25519'
export const ALGORITHMS: readonly Algorithm[] = ['hmac-sha256', 'ed25519']

/** The public key that stands for none: requests are signed with the key that the answer brings. */
export const HMAC_PUBLIC_KEY: Hex = `0x${'0'.repeat(64)}`

/** The most seconds that a session may last. */
export const MAX_LIFETIME = 86_400

/** The key of the extension in a 402. */
export const EXTENSION = 'pbstream-session'

/** Where sessions are opened, below the gateway's origin; raises, closes and receipts have their paths below this. */
export const PATH = '/.well-known/pbstream/session'

/** What the extension says; `GET` of the endpoint answers the same. */
export type Info = {
  v: 1
  endpoint: string
  /** The gateway's origin, as it stands in what is signed. */
  gateway: string
  algorithms: Algorithm[]
  /** Good for a minute, and once. */
  nonce: Hex
  /** Advice: so much room serves for a while. Atomic units. */
  room: string
}

/** What is signed, under `domain`. */
export type OpenSession = {
  channelId: Hex
  /** The gateway's origin. */
  gateway: string
  nonce: Hex
  /** When the session ends, Unix seconds. */
  expires: number
  /** An Ed25519 public key, or `HMAC_PUBLIC_KEY`. */
  publicKey: Hex
}

/** The struct as wallets want it. */
export const TYPES = {
  OpenSession: [
    { name: 'channelId', type: 'bytes32' },
    { name: 'gateway', type: 'string' },
    { name: 'nonce', type: 'bytes32' },
    { name: 'expires', type: 'uint64' },
    { name: 'publicKey', type: 'bytes32' },
  ],
} as const

const TYPE = Eip712.typeHash(`OpenSession(${TYPES.OpenSession.map(({ name, type }) => `${type} ${name}`).join(',')})`)

/** The domain of sessions on the channels of one contract. */
export function domain(chainId: number, contract: Address): Eip712.Domain {
  return { name: 'PBStream Session', version: '1', chainId, verifyingContract: contract }
}

/** The same, hashed: computed once per contract. */
export function domainSeparator(chainId: number, contract: Address): Eip712.Hash {
  return Eip712.domainSeparator(domain(chainId, contract))
}

/** What the payer authorizer of the channel signs. 32 bytes. */
export function digest(separator: Eip712.Hash, open: OpenSession): Eip712.Hash {
  const gateway = Eip712.keccak256(Utf8.encode(open.gateway))
  const struct = Eip712.hashStruct(TYPE, open.channelId, gateway, open.nonce, BigInt(open.expires), open.publicKey)
  return Eip712.digest(separator, struct)
}

/** The algorithm of the requests of a session with this public key. */
export function algorithm(publicKey: Hex): Algorithm {
  return publicKey === HMAC_PUBLIC_KEY ? 'hmac-sha256' : 'ed25519'
}

/** The endpoint of a gateway. */
export function endpoint(gateway: string): string {
  return gateway + PATH
}

/** What a gateway says of its sessions. `room` in atomic units. */
export function info(gateway: string, nonce: Hex, room: bigint): Info {
  return {
    v: 1,
    endpoint: endpoint(gateway),
    gateway,
    algorithms: [...ALGORITHMS],
    nonce,
    room: Amount.toString(room),
  }
}

/** The extension of a 402 that says it. */
export function extension(said: Info): Extensions {
  return { [EXTENSION]: { info: { ...said }, schema: { type: 'object' } } }
}

/**
 * Reads what a gateway says; `undefined` when it cannot be used. Members and algorithms that are not known are dropped.
 * The endpoint has to be that of the gateway, which has to be the origin that was asked for: that is the caller's check.
 */
export function parseInfo(value: unknown): Info | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { v, endpoint: at, gateway, algorithms, nonce, room } = value as Record<string, unknown>
  if (v !== 1 || !isOrigin(gateway) || at !== endpoint(gateway) || !isBytes32(nonce)) return undefined
  if (Amount.tryParse(room) === undefined || !Array.isArray(algorithms)) return undefined
  const known = ALGORITHMS.filter((each) => algorithms.includes(each))
  return known.length === 0 ? undefined : { ...info(gateway, lower(nonce), Amount.parse(room)), algorithms: known }
}

/** Scheme, host and perhaps a port, in the form that `URL.origin` has. */
export function isOrigin(value: unknown): value is string {
  if (typeof value !== 'string' || value.length > 255 || !/^https?:\/\/[\x21-\x7e]+$/.test(value)) return false
  return URL.canParse(value) && new URL(value).origin === value
}
