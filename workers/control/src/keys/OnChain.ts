/** Keys of the escrow on chain: what their account is to sign, and the relay that puts it there. */
import type { Hex } from '@pbstream/core/Hex'
import type { KeyChange, KeyOnChain, KeyRefusal, KeyRelayApi, KeyReply } from '@pbstream/core/message/KeyRelay'
import * as SessionKey from '@pbstream/core/SessionKey'
import * as Voucher from '@pbstream/core/Voucher'
import * as WalletRequest from '@pbstream/core/WalletRequest'
import { countRelay, type ManagedKey } from '@pbstream/db/SessionKeys'
import type { Env } from '../Env.ts'
import { Refusal } from '../Problem.ts'
import type { By } from './Change.ts'

/** Transactions that one owner may have relayed in a day (UTC). */
export const RELAYS_A_DAY = 100
const DAY_S = 86_400
/** How long a request waits for the block, in milliseconds. */
export const WAIT_MS = 15_000
/** Seconds that the wallet has for a signature that is asked for without a deadline. */
export const DEADLINE_S = 3_600

/** What an owner signed: of the account's wallet, EOA or ERC-1271. */
export type Signed = { signature: Hex; deadline: number; version: number }

export function relayOf(env: Env): KeyRelayApi {
  if (env.KEY_RELAY === undefined) throw new Refusal('relay_unavailable')
  return env.KEY_RELAY
}

/** The permission as it is registered; a key of the canonical contract has none. */
export function signedOf(row: ManagedKey): { keyId: Hex; permission: SessionKey.PermissionJson } {
  const { keyId, permission } = row
  if (keyId === null || permission.signed === undefined) throw new Refusal('relay_unavailable')
  return { keyId, permission: permission.signed }
}

/** The key as the chain has it; undefined when it is not registered. */
export async function stateOf(env: Env, row: ManagedKey): Promise<KeyOnChain | undefined> {
  const { keyId } = signedOf(row)
  const reply = await relayOf(env).keyState(1, { chainId: row.chainId, keyId })
  if (reply.kind === 'refused') throw refusal(reply)
  return reply.kind === 'known' ? reply.key : undefined
}

/** The request for the wallet that registers a draft. */
export function toRegister(row: ManagedKey, deadline: number): WalletRequest.TypedData {
  const permission = SessionKey.parse(signedOf(row).permission)
  return WalletRequest.typedData(domainOf(row), 'RegisterKey', { permission, deadline })
}

/** The request for the wallet that puts a draft in the place of another key. */
export function toRotate(
  old: ManagedKey,
  next: ManagedKey,
  terms: { maxUsage: bigint; version: number; deadline: number },
): WalletRequest.TypedData {
  const newPermission = SessionKey.parse(signedOf(next).permission)
  return WalletRequest.typedData(domainOf(old), 'RotateKey', { oldKeyId: signedOf(old).keyId, newPermission, ...terms })
}

const forms = { freeze: 'FreezeKey', unfreeze: 'UnfreezeKey', revoke: 'RevokeKey' } as const

/** The request for the wallet that changes a registered key at this version of the chain. */
export function toChange(
  row: ManagedKey,
  kind: keyof typeof forms,
  { version, deadline }: { version: number; deadline: number },
): WalletRequest.TypedData {
  return WalletRequest.typedData(domainOf(row), forms[kind], { keyId: signedOf(row).keyId, version, deadline })
}

/**
 * Puts a signed change on chain and waits for it.
 *
 * @throws {Refusal} with the code of the relay when it is not done and never will be by this signature.
 */
export async function relay(by: By, row: ManagedKey, change: KeyChange): Promise<Exclude<KeyReply, KeyRefusal>> {
  const key = relayOf(by.env)
  await count(by)
  const reply = await key.relay(1, { chainId: row.chainId, change, waitMs: WAIT_MS })
  if (reply.kind === 'refused') throw refusal(reply)
  return reply
}

/** @throws {Refusal} rate_limited until the day (UTC) is over. */
export async function count(by: By): Promise<void> {
  const now = by.now()
  const used = await countRelay(by.database, by.owner, now.toISOString().slice(0, 10))
  if (used <= RELAYS_A_DAY) return
  const left = DAY_S - (Math.floor(now.getTime() / 1_000) % DAY_S)
  const detail = `${RELAYS_A_DAY} relayed transactions a day`
  throw new Refusal('rate_limited', { detail, headers: { 'retry-after': String(left) } })
}

export function refusal({ code, detail }: KeyRefusal): Refusal {
  return new Refusal(code, detail === undefined ? {} : { detail })
}

function domainOf({ chainId, contract }: ManagedKey) {
  return Voucher.escrowDomain(chainId, contract)
}
