/**
 * Changes of a managed key: in the object, in its row with the audit and the news, and on the way to the gateways.
 *
 * What stops or narrows a key goes into the object first, so that it is in force whatever becomes of the rest; what widens
 * it is written down first. A change that was cut off in between is finished by its repeat, or by the sweep.
 */
import * as KeyStatus from '@pbstream/core/KeyStatus'
import type { WebhookEvent } from '@pbstream/core/message/Webhook'
import * as Audit from '@pbstream/db/Audit'
import type { Database, Orm, Statement } from '@pbstream/db/Database'
import { type KeyChanges, keyOf, type ManagedKey, type Scope, updateKey } from '@pbstream/db/SessionKeys'
import { eventStatements } from '@pbstream/db/Webhooks'
import { publishKeys } from '../cache/Publish.ts'
import type { Env } from '../Env.ts'
import { Refusal } from '../Problem.ts'
import { pushRules } from '../sentinel/RulePush.ts'
import { announce } from '../webhooks/Announce.ts'
import * as Edge from './Edge.ts'
import { policyOf, refOf } from './Model.ts'

/** Who changes what of whom. `actor` is what the audit calls him. */
export type By = Scope & { env: Env; database: Database; actor: string; now(): Date }

export type Step = {
  act: KeyStatus.KeyAct
  /** The name in the audit. */
  action: string
  changes?: KeyChanges
  detail?: Record<string, unknown>
  /** Told to webhooks; a function of the key as it is afterwards. */
  event?: (after: ManagedKey) => WebhookEvent | undefined
  /** Whether the object is told before the row is written. */
  tightens: boolean
  /** What else is written in the same step. */
  also?: (orm: Orm) => Statement[]
}

export type Changed = { before: ManagedKey; after: ManagedKey; changed: boolean }

/**
 * Makes one change. `plan` sees the row as it is and says what is to be done; undefined: it is done already.
 *
 * @throws {Refusal} not_found, session_key_conflict where the status does not let it be done.
 */
export async function change(
  by: By,
  publicId: string,
  plan: (row: ManagedKey) => Step | undefined | Promise<Step | undefined>,
): Promise<Changed> {
  const { env, database, owner, mode } = by
  const made = await Audit.change<Changed & { tightens: boolean }>(database, Audit.chainOf(owner, mode), async () => {
    const before = await keyOf(database, { owner, mode }, publicId)
    if (before === undefined) throw new Refusal('not_found')
    const step = await plan(before)
    if (step === undefined) return nothing(before)
    const after = await applied(by, before, step)
    const at = by.now()
    const event = step.event?.(after)
    const { changes: _, detail = {} } = step
    const { status, version } = after
    return {
      acts: [{ actor: by.actor, action: step.action, subject: publicId, detail: { ...detail, status, version }, at }],
      statements: (orm) => [
        updateKey(database, orm, before, { ...step.changes, status, version }, at),
        ...(step.also?.(orm) ?? []),
        ...(event === undefined ? [] : eventStatements(database, orm, owner, mode, event, newsOf(after), at)),
      ],
      result: { before, after: { ...after, updatedAt: at }, changed: true, tightens: step.tightens },
    }
  })
  if (made.changed) {
    if (!made.tightens) await install(by, made.after)
    await spread(env, database, [made.after.id])
  }
  return made
}

/** The row after a step; one that tightens is in force in the object by then. */
async function applied({ env }: By, before: ManagedKey, step: Step): Promise<ManagedKey> {
  const status = KeyStatus.after(before.status, step.act)
  if (status === undefined) throw new Refusal('session_key_conflict', { detail: `it is ${before.status}` })
  const after = { ...before, ...step.changes, status, version: before.version + 1 }
  if (!step.tightens) return after
  const { forced, reply } = await Edge.force(env, refOf(after), policyOf(after))
  const settled = status === 'freezing' && KeyStatus.isQuiet(reply)
  return { ...after, version: forced.version, status: settled ? 'frozen' : status }
}

/**
 * Has the object enforce what the row says. One that has something newer keeps it: whoever wrote that is right. Rules come
 * first: no key is used without those of its owner, and where this is cut off the sweep does both again.
 */
export async function install({ env, database }: Pick<By, 'env' | 'database'>, row: ManagedKey): Promise<void> {
  await pushRules(env, database, row)
  await Edge.setPolicy(env, refOf(row), policyOf(row))
}

/** After a commit: gateways and webhooks hear of it. Never throws. */
export async function spread(env: Env, database: Database, sessions: string[]): Promise<void> {
  await publishKeys(env, database, sessions)
  await announce(env, database)
}

/** What webhooks tell of a key. */
export function newsOf(row: ManagedKey): Record<string, unknown> {
  const { publicId, name, chainId, key, status, version, replaces, replacedBy } = row
  return { id: publicId, name, chainId, key, status, version, replaces, replacedBy }
}

function nothing(row: ManagedKey) {
  return { acts: [], statements: () => [], result: { before: row, after: row, changed: false, tightens: false } }
}
