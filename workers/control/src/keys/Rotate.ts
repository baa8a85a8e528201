/** Another key in the place of one: the new one serves first, the old one goes on for a grace and then stops. */
import type { SessionRef } from '@pbstream/core/message/Session'
import type { PermissionJson } from '@pbstream/core/SessionKey'
import { keyOf, type ManagedKey } from '@pbstream/db/SessionKeys'
import { Refusal } from '../Problem.ts'
import { type By, change, type Changed } from './Change.ts'
import * as Edge from './Edge.ts'

/** Less than the shortest withdraw delay of a channel: what the old key earns in its grace can be claimed. */
export const MAX_GRACE_S = 600

/** @throws {Refusal} not_found, session_key_conflict when it cannot be rotated, or was already, for another. */
export async function rotatable(by: By, id: string, nextId: string): Promise<ManagedKey> {
  const row = await keyOf(by.database, by, id)
  if (row === undefined) throw new Refusal('not_found')
  if (row.replacedBy === nextId) return row
  if (row.status !== 'active') throw new Refusal('session_key_conflict', { detail: `it is ${row.status}` })
  if (row.replacedBy !== null) throw new Refusal('session_key_conflict', { detail: 'another key replaces it' })
  return row
}

/**
 * What the old key has used at the edge, charged and held.
 *
 * @throws {Refusal} key_usage_above_maximum when that is more than the owner reckoned with.
 */
export async function usedAtMost(by: By, ref: SessionRef, expected: bigint): Promise<bigint> {
  const { usage } = (await Edge.standing(by.env, ref)) ?? {}
  const used = usage === undefined ? 0n : usage.spent + usage.reserved
  if (used > expected) throw new Refusal('key_usage_above_maximum', { detail: `the usage is ${used}` })
  return used
}

/** The terms of the new key where nothing else is asked for: those of the old one, with what its cap leaves. */
export function leftOf(old: ManagedKey, used: bigint): Omit<PermissionJson, 'account' | 'key' | 'token'> {
  const { payees, spendCap, periodAmount, periodDuration, perPaymentMax, start, expiry, freezer, salt } = old.permission
  const left = BigInt(spendCap) - used
  return {
    payees,
    spendCap: (left > 0n ? left : 0n).toString(),
    periodAmount,
    periodDuration,
    perPaymentMax,
    start,
    expiry,
    freezer,
    salt,
  }
}

/** The old key ends with its grace, by itself. */
export function succeed(by: By, id: string, nextId: string, graceS: number): Promise<Changed> {
  return change(by, id, (row) => {
    if (row.replacedBy === nextId) return undefined
    if (row.replacedBy !== null) throw new Refusal('session_key_conflict', { detail: 'another key replaces it' })
    const graceUntil = new Date(by.now().getTime() + graceS * 1_000)
    const stopped = row.status !== 'active'
    return {
      // A key that was stopped meanwhile stays stopped.
      act: stopped ? 'edit' : 'rotate',
      action: 'session_key.rotate',
      changes: { replacedBy: nextId, graceUntil },
      detail: { replacedBy: nextId, graceUntil: graceUntil.toISOString() },
      event: () => 'session_key.rotated',
      tightens: true,
    }
  })
}

/** The grace is over. */
export function endGrace(by: By, id: string): Promise<Changed> {
  return change(by, id, (row) => {
    if (row.graceUntil === null || row.graceUntil > by.now()) return undefined
    const changes = { graceUntil: null }
    if (row.status === 'revoked') return { act: 'revoke', action: 'session_key.grace_over', changes, tightens: true }
    return { act: 'succeed', action: 'session_key.grace_over', changes, tightens: true }
  })
}
