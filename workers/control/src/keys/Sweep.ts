/** Finishes what was begun: freezes, graces, steps on chain, and changes that were cut off between row and object. */
import * as Policy from '@pbstream/core/Policy'
import type { Mode } from '@pbstream/db/Mode'
import { type Database, open } from '@pbstream/db/Database'
import { changedKeysBetween, type ManagedKey, managed, waitingKeys } from '@pbstream/db/SessionKeys'
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
  for (const row of recent) await guarded(ports, () => heal(platform(ports, managed(row)), managed(row)))
}

/** Brings a key that waits one step on. */
export async function finish(by: By, row: ManagedKey): Promise<void> {
  const { publicId: id, status } = row
  if (row.graceUntil !== null && row.graceUntil <= by.now()) await endGrace(by, id)
  if (status === 'freezing') {
    const held = await Edge.standing(by.env, refOf(row))
    if (held?.inFlight === 0) await Acts.settle(by, id)
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

/** Whether object and row say the same; if not, the stricter of the two is in force and in both afterwards. */
export async function heal(by: By, row: ManagedKey): Promise<boolean> {
  const held = await Edge.standing(by.env, refOf(row))
  const policy = policyOf(row)
  if (held === undefined || held.policy.version < policy.version) {
    const chain = chainById(by.env, row.mode, row.chainId)
    if (chain !== undefined) await secure(by, chain, row)
    return true
  }
  if (Policy.same(held.policy, policy)) return false
  if (held.policy.status === 'revoked') {
    if (policy.status === 'revoked') return false
    await Acts.revoke(by, row.publicId)
  } else if (held.policy.status === 'frozen' && policy.status === 'active') {
    await Acts.freeze(by, row.publicId, undefined)
  } else {
    await change(by, row.publicId, () => ({ act: 'edit', action: 'session_key.repair', tightens: true }))
  }
  return true
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
