/** A draft of the escrow becomes a key: registered on chain by its account's signature, or put in another key's place. */
import type { KeyChange } from '@pbstream/core/message/KeyRelay'
import { keyOf, type ManagedKey } from '@pbstream/db/SessionKeys'
import { Refusal } from '../Problem.ts'
import * as Acts from './Acts.ts'
import { type By, change } from './Change.ts'
import { relay, type Signed, signedOf, stateOf } from './OnChain.ts'
import { succeed } from './Rotate.ts'

/** `maxUsage` and `graceS`: for a draft that replaces another key. */
export type Registration = Signed & { maxUsage: string; graceS: number }

/**
 * Relays the registration and waits for it. A key that is still `pending` when this ends is finished by the sweep.
 *
 * @throws {Refusal} not_found, or why the chain does not take it: then the draft is as it was.
 */
export async function register(by: By, id: string, by_: Registration): Promise<ManagedKey> {
  const { before } = await change(by, id, (row) => {
    signedOf(row)
    if (row.status !== 'draft' || row.registered === 'pending') return undefined
    return { act: 'edit', action: 'session_key.register', changes: { registered: 'pending' }, tightens: false }
  })
  if (before.status === 'active' || before.status === 'freezing' || before.status === 'frozen') return before
  if (before.status !== 'draft') throw new Refusal('session_key_conflict', { detail: `it is ${before.status}` })
  try {
    const reply = await relay(by, before, await orderOf(by, before, by_))
    return reply.kind === 'done' ? await registered(by, id, by_.graceS) : await known(by, id)
  } catch (error) {
    await backToDraft(by, id)
    throw error
  }
}

/** The chain has the key: it may be used, and the one that it replaces ends. */
export async function registered(by: By, id: string, graceS: number): Promise<ManagedKey> {
  const { after } = await Acts.activate(by, id)
  if (after.replaces !== null) await succeed(by, after.replaces, id, graceS)
  return after
}

/** Whether the chain shows that the registration of a draft was made. */
export async function isRegistered(by: By, row: ManagedKey): Promise<boolean> {
  if ((await stateOf(by.env, row)) === undefined) return false
  if (row.replaces === null) return true
  const old = await keyOf(by.database, by, row.replaces)
  return old === undefined || ((await stateOf(by.env, old))?.revokedAt ?? 0) !== 0
}

export async function backToDraft(by: By, id: string): Promise<void> {
  await change(by, id, (row) => {
    if (row.status !== 'draft' || row.registered !== 'pending') return undefined
    return { act: 'edit', action: 'session_key.register_failed', changes: { registered: 'none' }, tightens: false }
  })
}

async function orderOf(by: By, row: ManagedKey, { signature, deadline, version, maxUsage }: Registration) {
  const { permission } = signedOf(row)
  if (row.replaces === null) return { kind: 'register', permission, deadline, signature } satisfies KeyChange
  const old = await keyOf(by.database, by, row.replaces)
  if (old === undefined) throw new Refusal('session_key_conflict', { detail: 'the key that it replaces is gone' })
  const { keyId: oldKeyId } = signedOf(old)
  const order = { kind: 'rotate', oldKeyId, newPermission: permission, maxUsage, version, deadline, signature } as const
  return order satisfies KeyChange
}

async function known(by: By, id: string): Promise<ManagedKey> {
  const row = await keyOf(by.database, by, id)
  if (row === undefined) throw new Refusal('not_found')
  return row
}
