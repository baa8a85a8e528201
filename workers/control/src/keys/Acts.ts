/** What owners do with a key: freeze, unfreeze, edit, revoke. Each can be repeated. */
import * as KeyStatus from '@pbstream/core/KeyStatus'
import type { Statement, Orm } from '@pbstream/db/Database'
import type { KeyChanges, ManagedKey } from '@pbstream/db/SessionKeys'
import { Refusal } from '../Problem.ts'
import { type By, change, type Changed } from './Change.ts'
import { limitsOf } from './Model.ts'

/** Uses up a signature of the owner's wallet in the step that it was given for. */
export type Consent = (orm: Orm) => Statement[]

/** `freezer`: our own, when a key that names it is to be frozen on chain by us. */
export function freeze(by: By, id: string, freezer: string | undefined): Promise<Changed> {
  return change(by, id, (row) => {
    if (row.status === 'freezing' || row.status === 'frozen') return undefined
    // Then the freeze on chain is ours to make, and the sweep sees to it.
    const ours = row.registered === 'registered' && row.permission.signed?.freezer === freezer
    const changes: KeyChanges = ours ? { registered: 'pending' } : {}
    return {
      act: 'freeze',
      action: 'session_key.freeze',
      changes,
      event: ({ status }) => (status === 'frozen' ? 'session_key.frozen' : undefined),
      tightens: true,
    }
  })
}

/** Nothing is served any more for a key that was freezing. */
export function settle(by: By, id: string): Promise<Changed> {
  return change(by, id, (row) => {
    if (row.status !== 'freezing') return undefined
    return { act: 'settle', action: 'session_key.frozen', event: () => 'session_key.frozen', tightens: true }
  })
}

export function unfreeze(by: By, id: string, consent: Consent | undefined): Promise<Changed> {
  return change(by, id, (row) => {
    if (row.status === 'active') return undefined
    return {
      act: 'unfreeze',
      action: 'session_key.unfreeze',
      // Nothing is brought to the chain any more that would stop it again.
      changes: row.registered === 'pending' ? { registered: 'registered' } : {},
      event: () => 'session_key.unfrozen',
      tightens: false,
      ...(consent === undefined ? {} : { also: consent }),
    }
  })
}

export function revoke(by: By, id: string): Promise<Changed> {
  return change(by, id, (row) => {
    if (row.status === 'revoked') return undefined
    return { act: 'revoke', action: 'session_key.revoke', event: () => 'session_key.revoked', tightens: true }
  })
}

/** The key may be used: registered on chain, or in need of no registration. */
export function activate(by: By, id: string): Promise<Changed> {
  return change(by, id, (row) => {
    if (row.status !== 'draft') return undefined
    return {
      act: 'activate',
      action: 'session_key.activate',
      changes: { registered: 'registered' },
      event: () => 'session_key.activated',
      tightens: false,
    }
  })
}

export type Edit = { name?: string | undefined } & { [K in KeyStatus.Limit]?: KeyStatus.Limits[K] | undefined }

/** The key with an edit, and which limits it raises. */
export function edited(row: ManagedKey, edit: Edit): { changes: KeyChanges; raised: KeyStatus.Limit[] } {
  const { name = row.name, ...given } = edit
  const old = limitsOf(row)
  const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
  const next: KeyStatus.Limits = { ...old, ...set }
  if ((next.periodAmount === '0') !== (next.periodDuration === 0)) {
    throw new Refusal('key_permission_invalid', {
      detail: 'periodDuration and periodAmount are not both zero or both set',
    })
  }
  if (next.spendCap === '0') throw new Refusal('key_permission_invalid', { detail: 'spendCap is zero' })
  if (next.expiry <= row.permission.start)
    throw new Refusal('key_permission_invalid', { detail: 'start is not before expiry' })
  withinSigned(row, next)
  const { routes, ...limits } = next
  const permission = { ...row.permission, ...limits, payees: [...limits.payees] }
  return {
    changes: { name, routes: routes === null ? null : [...routes], permission },
    raised: KeyStatus.raised(old, next),
  }
}

/** A key of the escrow is never let do more than its account signed. */
function withinSigned({ permission: { signed } }: ManagedKey, next: KeyStatus.Limits): void {
  if (signed === undefined) return
  const { payees, spendCap, periodAmount, periodDuration, perPaymentMax, expiry } = signed
  const limits = { payees, spendCap, periodAmount, periodDuration, perPaymentMax, expiry, routes: null }
  const [beyond] = KeyStatus.raised(limits, next)
  if (beyond !== undefined) throw new Refusal('session_key_beyond_permission', { detail: beyond })
}

/** `check` sees the row inside the step: the place for If-Match. */
export function edit(
  by: By,
  id: string,
  wanted: Edit,
  check: (row: ManagedKey, raised: KeyStatus.Limit[]) => Promise<Consent | undefined>,
): Promise<Changed> {
  return change(by, id, async (row) => {
    const { changes, raised } = edited(row, wanted)
    const consent = await check(row, raised)
    return {
      act: 'edit',
      action: 'session_key.update',
      changes,
      detail: { changed: Object.keys(wanted), raised },
      event: () => 'session_key.updated',
      tightens: raised.length === 0,
      ...(consent === undefined ? {} : { also: consent }),
    }
  })
}
