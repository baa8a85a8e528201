/** What a wallet is asked to sign: the parameter of `eth_signTypedData_v4`, built from the types of the contracts. */
import { structs } from './abi/TypedData.ts'
import type * as Eip712 from './Eip712.ts'
import type { Hex } from './Hex.ts'

type Structs = typeof structs
type Name = keyof Structs
type Value<T extends string> = T extends `${infer Item}[]`
  ? readonly Value<Item>[]
  : T extends Name
    ? Message<T>
    : T extends 'uint32' | 'uint40'
      ? number
      : T extends `uint${string}`
        ? bigint
        : Hex

/** The members of a struct: amounts as bigint, times and versions as numbers. */
export type Message<N extends Name> = { readonly [M in Structs[N][number] as M['name']]: Value<M['type']> }

/** The structs that somebody signs. */
export type Signed =
  | 'RegisterKey'
  | 'FreezeKey'
  | 'UnfreezeKey'
  | 'RevokeKey'
  | 'RotateKey'
  | 'CancelWithdraw'
  | 'Voucher'
  | 'ClaimBatch'
  | 'Refund'

type Member = { readonly name: string; readonly type: string }

/** JSON as it is: integers of a message are decimal strings. */
export type Json = string | Json[] | { [name: string]: Json }

export type TypedData = {
  types: Record<string, readonly Member[]>
  primaryType: Signed
  domain: Eip712.Domain
  message: { [name: string]: Json }
}

/**
 * The request for one signature. `JSON.stringify` of it is what `eth_signTypedData_v4` takes; its hash is the digest
 * that `SessionKey` and `Voucher` compute for the same message.
 */
export function typedData<N extends Signed>(domain: Eip712.Domain, primaryType: N, message: Message<N>): TypedData {
  const types: TypedData['types'] = { EIP712Domain: structs.EIP712Domain }
  collect(primaryType, types)
  const { name, version, chainId, verifyingContract } = domain
  return {
    types,
    primaryType,
    domain: { name, version, chainId, verifyingContract },
    message: object(primaryType, message as Record<string, unknown>),
  }
}

/** A struct and those that it refers to. */
function collect(name: Name, types: TypedData['types']): void {
  types[name] = structs[name]
  for (const { type } of members(name)) {
    const inner = type.replace('[]', '')
    if (isStruct(inner)) collect(inner, types)
  }
}

/** Only the members that the type has: a wallet shows nothing else. */
function object(name: Name, value: Record<string, unknown>): { [member: string]: Json } {
  return Object.fromEntries(members(name).map((member) => [member.name, json(member.type, value[member.name])]))
}

function json(type: string, value: unknown): Json {
  if (type.endsWith('[]')) return (value as unknown[]).map((item) => json(type.slice(0, -2), item))
  if (isStruct(type)) return object(type, value as Record<string, unknown>)
  return String(value)
}

function members(name: Name): readonly Member[] {
  return structs[name]
}

function isStruct(type: string): type is Name {
  return Object.hasOwn(structs, type)
}
