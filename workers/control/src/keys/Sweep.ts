/** Finishes what was begun: freezes, graces, steps on chain, and changes that were cut off between row and object. */
import * as KeyStatus from '@pbstream/core/KeyStatus'
import type { PolicyStanding } from '@pbstream/core/message/Session'
import * as Policy from '@pbstream/core/Policy'
import type { Mode } from '@pbstream/db/Mode'
import { type Database, open } from '@pbstream/db/Database'
import { changedKeysBetween, keyOf, type ManagedKey, managed, waitingKeys } from '@pbstream/db/SessionKeys'
import { chainById } from '../api/Chains.ts'
import type { Env } from '../Env.ts'
import * as Acts from './Acts.ts'
import { type By, change } from './Change.ts'
import { secure } from './Create.ts'
import * as Edge from './Edge.ts'
import { policyOf, refOf } from './Model.ts'
import { relayOf } from './OnChain.ts'
import { backToDraft, isRegistered, registered } from './Register.ts'
import { endGrace } from './Rotate.ts'

const DAY_MS = 86_400_000
const RECENT_MS = 600_000
/** A change that is being made is not taken for one that was cut off. */
const CALM_MS = 5_000
/** A registration that the chain does not show for so long was not made. */
const LOST_MS = 2 * 3_600_000
const GRACE_S = 60
const MOST = 100

export type SweepPorts = {
  env: Env
  database: Database
  now(): Date
  log(what: string, detail: Record<string, string>): void
}

/** One round; what cannot be finished now is tried again by the next. */
export async function sweepKeys(env: Env, log: SweepPorts['log'], now = () => new Date()): Promise<void> {
  const database = open(env)
  const ports = { env, database, now, log }
  const at = now().getTime()
  const waiting = await waitingKeys(database, new Date(at - DAY_MS), MOST)
  for (const row of waiting) await guarded(ports, () => finish(platform(ports, managed(row)), managed(row)))
  const recent = await changedKeysBetween(database, new Date(at - RECENT_MS), new Date(at - CALM_MS), MOST)
  for (const row of recent.map(managed)) {
    await guarded(ports, async () => {
      const by = platform(ports, row)
      const place = placeOf(await Edge.standing(env, refOf(row)), row)
      if (place === 'behind') await heal(by, row)
      if (place === 'ahead') await healLater(by, row.publicId)
    })
  }
}

/** Brings a key that waits one step on. */
export async function finish(by: By, row: ManagedKey): Promise<void> {
  const { publicId: id, status } = row
  if (row.graceUntil !== null && row.graceUntil <= by.now()) await endGrace(by, id)
  if (status === 'freezing') {
    const held = await Edge.standing(by.env, refOf(row))
    if (held !== undefined && KeyStatus.isQuiet(held)) await Acts.settle(by, id)
  }
  if (row.registered !== 'pending') return
  if (status === 'freezing' || status === 'frozen' || status === 'revoked') await freezeOnChain(by, row)
  else if (status !== 'draft') return
  else if (await isRegistered(by, row)) await registered(by, id, GRACE_S)
  else if (row.updatedAt.getTime() + LOST_MS < by.now().getTime()) await backToDraft(by, id)
}

/** The freeze on chain that our freezer makes. */
export async function freezeOnChain(by: By, row: ManagedKey): Promise<void> {
  if (row.keyId === null) return
  const reply = await relayOf(by.env).freezeAsFreezer(1, { chainId: row.chainId, keyId: row.keyId, waitMs: 0 })
  // Stopped on chain in another way is as good.
  const stopped = reply.kind === 'done' || (reply.kind === 'refused' && reply.code === 'key_already_revoked')
  if (!stopped) return
  await change(by, row.publicId, ({ registered: now, status }) => {
    if (now !== 'pending' || status === 'draft') return undefined
    const act = status === 'revoked' ? 'revoke' : status === 'rotated' ? 'succeed' : 'edit'
    return { act, action: 'session_key.frozen_on_chain', changes: { registered: 'registered' }, tightens: true }
  })
}

/**
 * Where a key's object stands beside its row. `behind`: the row was written and the object not told. `ahead`: the object
 * was told and the row not written, or not yet.
 */
export type Place = 'same' | 'behind' | 'ahead'

export function placeOf(held: PolicyStanding | undefined, row: ManagedKey): Place {
  const policy = policyOf(row)
  if (held === undefined || held.policy.version < policy.version) return 'behind'
  const over = held.policy.status === 'revoked' && policy.status === 'revoked'
  return over || Policy.same(held.policy, policy) ? 'same' : 'ahead'
}

/** Brings object and row together: the stricter of the two is in force, and in both afterwards. */
export async function heal(by: By, row: ManagedKey): Promise<void> {
  const held = await Edge.standing(by.env, refOf(row))
  const place = placeOf(held, row)
  if (place === 'same') return
  if (place === 'behind' || held === undefined) {
    const chain = chainById(by.env, row.mode, row.chainId)
    if (chain !== undefined) await secure(by, chain, row)
  } else if (held.policy.status === 'revoked') {
    await Acts.revoke(by, row.publicId)
  } else if (held.policy.status === 'frozen' && row.status === 'active') {
    await Acts.freeze(by, row.publicId, undefined)
  } else {
    await change(by, row.publicId, () => ({ act: 'edit', action: 'session_key.repair', tightens: true }))
  }
}

/** `heal` once it is sure that nobody is about to write the row: whoever makes a change is to be named for it. */
export async function healLater(by: By, id: string): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, CALM_MS))
  const row = await keyOf(by.database, by, id)
  if (row !== undefined) await heal(by, row)
}

/** Whatever the clock does is the platform's, in the chain of the owner. */
export function platform(ports: Omit<SweepPorts, 'log'>, row: { owner: string; mode: Mode }): By {
  const { env, database, now } = ports
  return { env, database, now, owner: row.owner, mode: row.mode, actor: 'platform' }
}

async function guarded({ log }: SweepPorts, work: () => Promise<unknown>): Promise<void> {
  try {
    await work()
  } catch (error) {
    // Names only: a message may quote a row.
    log('key_unfinished', { error: error instanceof Error ? error.name : 'unknown' })
  }
}
