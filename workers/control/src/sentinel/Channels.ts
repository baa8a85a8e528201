/**
 * What is done with alert channels, by whoever has shown that they are his: an owner, or an operator. The row is the
 * truth; the object of the channel is told after each change, and again by the clock.
 */
import type { AlertChannelConfig } from '@pbstream/core/message/AlertChannels'
import { ALERT_CHANNEL } from '@pbstream/core/message/AlertChannels'
import { find as findZone } from '@pbstream/core/rate/Zone'
import * as Seal from '@pbstream/core/Seal'
import * as UpstreamUrl from '@pbstream/core/UpstreamUrl'
import * as WebhookSignature from '@pbstream/core/WebhookSignature'
import * as Changes from '@pbstream/db/AlertChannelChanges'
import { type AlertChannelChanges, type AlertChannelRow, changedChannels } from '@pbstream/db/AlertChannels'
import { sha256 } from '@pbstream/db/Canonical'
import type { Database } from '@pbstream/db/Database'
import { countRelay } from '@pbstream/db/SessionKeys'
import { isSame } from '../api/Mac.ts'
import type { z } from '../api/Parts.ts'
import type { Env } from '../Env.ts'
import { log } from '../Log.ts'
import { Refusal } from '../Problem.ts'
import { configOf, isConfirmed, targetOf, wishesOf } from './ChannelModel.ts'
import type * as Schemas from './ChannelSchemas.ts'
import { sentinel } from './Sentinel.ts'

type Row = AlertChannelRow

/** Whose channels, and who does it. `scope` as rows call it. */
export type Holder = Changes.By & { env: Env; database: Database; scope: string }

const SECRET_BYTES = 32
/** Codes that a scope can have sent in a day: nobody's mailbox is filled by somebody else. */
const CODES_A_DAY = 20
/** Letters that are not taken for others: 5 bits each. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'
const RECENT_MS = 600_000
const CHANGED_MAX = 200

/** @throws {Refusal} limit_reached, validation_failed */
export async function create(
  by: Holder,
  id: string,
  said: z.output<typeof Schemas.NewChannel>,
): Promise<{ row: Row; secret: string | null }> {
  const { name, target, language = 'en' } = said
  check(by.env, said)
  const { shown, sealed } = await secretFor(by.env, id, target)
  const made = await Changes.createChannel(
    by.database,
    {
      ...{ id, scope: by.scope, kind: target.kind, sealed, language, enabled: target.kind !== 'email' },
      confirmation: null,
      settings: { name, target: targetOf(target), wishes: wishesOf(said) },
    },
    by,
  )
  if (made === 'full') throw new Refusal('limit_reached', { detail: `${Changes.MAX_CHANNELS} alert channels` })
  await tell(by.env, made)
  return { row: made, secret: shown }
}

/**
 * Its kind stays. `match` sees the row inside the step: the place for If-Match.
 *
 * @throws {Refusal}
 */
export async function edit(by: Holder, id: string, said: Schemas.ChannelEdit, match: (row: Row) => void): Promise<Row> {
  check(by.env, said)
  const { kind } = await mine(by, id)
  const { target } = said
  if (target !== undefined && target.kind !== kind) throw invalid('/target/kind', `it is ${kind}: make another channel`)
  const token = target?.kind === 'telegram' ? target.token : undefined
  const sealed = token === undefined ? undefined : await seal(by.env, id, token)
  const row = await Changes.editChannel(by.database, id, by, (old) => {
    match(old)
    return { changes: editOf(old, said, sealed), told: { action: 'alert_channel.update', detail: toldOf(said) } }
  })
  if (row === undefined) throw new Refusal('not_found')
  await tell(by.env, row)
  return row
}

/** Another secret for a webhook; the one before signs nothing from now on. */
export async function rotate(by: Holder, id: string, match: (row: Row) => void): Promise<{ row: Row; secret: string }> {
  const { kind } = await mine(by, id)
  if (kind !== 'webhook') throw new Refusal('alert_channel_without_secret')
  const { shown: secret, sealed } = await webhookSecret(by.env, id)
  const row = await Changes.editChannel(by.database, id, by, (old) => {
    match(old)
    return { changes: { sealed }, told: { action: 'alert_channel.rotate_secret', detail: {} } }
  })
  if (row === undefined) throw new Refusal('not_found')
  await tell(by.env, row)
  return { row, secret }
}

export async function remove(by: Holder, id: string): Promise<void> {
  await mine(by, id)
  if (!(await Changes.deleteChannel(by.database, id, by))) throw new Refusal('not_found')
  await forget(by.env, id)
}

/** Sends a message now; to an address that nobody has confirmed, the code that confirms it. */
export async function test(by: Holder, id: string, testId: string) {
  const row = await mine(by, id)
  const code = isConfirmed(row) ? undefined : await newCode(by, row)
  if (code === undefined && !row.enabled) throw new Refusal('alert_channel_inactive')
  const reply = await sentinel(by.env, (operations) => operations.sendTest(1, configOf(row), testId, code))
  if (reply.kind === 'tried') return reply.delivery
  throw new Refusal(reply.kind === 'disabled' ? 'alert_channel_inactive' : 'not_found')
}

/** Whoever reads the mail of the address knows the code. From then on alerts go there. */
export async function confirm(by: Holder, id: string, said: string): Promise<Row> {
  const now = await mine(by, id)
  if (isConfirmed(now)) return now
  const digest = await digestOf(id, said)
  const row = await Changes.editChannel(by.database, id, by, (old) => {
    if (old.confirmation === null || !isSame(old.confirmation, digest)) throw new Refusal('confirmation_code_wrong')
    const changes = { confirmation: null, confirmedAt: by.at, enabled: true }
    return { changes, told: { action: 'alert_channel.confirm', detail: {} } }
  })
  if (row === undefined) throw new Refusal('not_found')
  await tell(by.env, row)
  return row
}

export async function deliveries(by: Holder, id: string, before: number | undefined, limit: number) {
  await mine(by, id)
  return sentinel(by.env, (operations) =>
    operations.deliveries(1, id, { limit, ...(before === undefined ? {} : { before }) }),
  )
}

/** @throws {Refusal} alert_delivery_not_dead, alert_channel_inactive */
export async function resend(by: Holder, id: string, delivery: number) {
  const row = await mine(by, id)
  if (!isConfirmed(row)) throw new Refusal('alert_channel_unconfirmed')
  if (!row.enabled) throw new Refusal('alert_channel_inactive')
  const reply = await sentinel(by.env, (operations) => operations.resend(1, id, delivery))
  if (reply.kind === 'queued') return reply.delivery
  if (reply.kind === 'not_dead') throw new Refusal('alert_delivery_not_dead')
  throw new Refusal(reply.kind === 'disabled' ? 'alert_channel_inactive' : 'not_found')
}

/** @throws {Refusal} not_found for one of another scope. */
export async function mine({ database, scope }: Pick<Holder, 'database' | 'scope'>, id: string): Promise<Row> {
  const row = await Changes.channelRow(database, id)
  if (row === undefined || row.scope !== scope) throw new Refusal('not_found')
  return row
}

/** Every minute: objects of channels that were changed of late are told again. */
export async function sweepChannels(env: Env, database: Database, now: Date): Promise<void> {
  const rows = await changedChannels(database, new Date(now.getTime() - RECENT_MS), CHANGED_MAX)
  for (const row of rows) await (row.deletedAt === null ? tell(env, row) : forget(env, row.id))
}

function editOf(old: Row, said: Schemas.ChannelEdit, sealed: string | undefined): AlertChannelChanges {
  const { name = old.settings.name, target, language, enabled } = said
  const next = target === undefined ? old.settings.target : targetOf(target)
  const moved = next.kind === 'email' && !(old.settings.target.kind === 'email' && old.settings.target.to === next.to)
  if (enabled === true && (moved || (next.kind === 'email' && old.confirmedAt === null))) {
    throw new Refusal('alert_channel_unconfirmed')
  }
  return {
    settings: { name, target: next, wishes: wishesOf(said, old.settings.wishes) },
    ...(sealed === undefined ? {} : { sealed }),
    ...(language === undefined ? {} : { language }),
    ...(enabled === undefined ? {} : { enabled }),
    ...(moved ? { enabled: false, confirmation: null, confirmedAt: null } : {}),
  }
}

/** What of an edit is written down: which members, and of a target only its kind. */
function toldOf({ target, enabled, ...rest }: Schemas.ChannelEdit): Record<string, unknown> {
  const changed = Object.entries(rest).flatMap(([name, value]) => (value === undefined ? [] : [name]))
  return {
    changed: [...changed, ...(target === undefined ? [] : ['target'])].toSorted(),
    ...(target === undefined ? {} : { kind: target.kind }),
    ...(enabled === undefined ? {} : { enabled }),
  }
}

/** @throws {Refusal} validation_failed for a URL that must not be called, or a zone that nobody knows. */
function check(env: Env, { target, quiet }: Pick<Schemas.ChannelEdit, 'target' | 'quiet'>): void {
  if (target?.kind === 'webhook') {
    const judged = UpstreamUrl.check(target.url, UpstreamUrl.rulesOf(env))
    if (!judged.ok) throw invalid('/target/url', `must not be called: ${judged.why}`)
  }
  if (quiet !== undefined && quiet !== null && findZone(quiet.zone) === undefined) {
    throw invalid('/quiet/zone', 'not a time zone of IANA')
  }
}

function invalid(field: string, message: string): Refusal {
  return new Refusal('validation_failed', { detail: `${field}: ${message}`, members: { errors: [{ field, message }] } })
}

/** `shown`: a secret that was made here, for its owner's eyes, once. */
async function secretFor(env: Env, id: string, target: Schemas.NewTarget) {
  if (target.kind === 'email') return { shown: null, sealed: null }
  if (target.kind === 'telegram') return { shown: null, sealed: await seal(env, id, target.token) }
  return webhookSecret(env, id)
}

async function webhookSecret(env: Env, id: string): Promise<{ shown: string; sealed: string }> {
  const shown = WebhookSignature.formatSecret(crypto.getRandomValues(new Uint8Array(SECRET_BYTES)))
  return { shown, sealed: await seal(env, id, shown) }
}

function seal(env: Env, id: string, value: string): Promise<string> {
  if (env.ALERT_SECRET === undefined) throw new Refusal('temporarily_unavailable')
  return Seal.seal(crypto, { secret: env.ALERT_SECRET, purpose: ALERT_CHANNEL, place: id }, value)
}

/** A code of 50 bits; the one before counts no longer. */
async function newCode(by: Holder, { id }: Row): Promise<string> {
  const day = by.at.toISOString().slice(0, 10)
  if ((await countRelay(by.database, `codes ${by.scope}`, day)) > CODES_A_DAY) throw new Refusal('rate_limited')
  const letters = Array.from(crypto.getRandomValues(new Uint8Array(10)), (byte) => ALPHABET[byte & 31]).join('')
  const code = `${letters.slice(0, 5)}-${letters.slice(5)}`
  const confirmation = await digestOf(id, code)
  await Changes.editChannel(by.database, id, by, () => ({
    changes: { confirmation },
    told: { action: 'alert_channel.send_code', detail: {} },
  }))
  return code
}

function digestOf(id: string, code: string): Promise<string> {
  return sha256(`${id} ${code.trim().toLowerCase()}`)
}

/** Never throws: the clock tells again. */
async function tell(env: Env, row: Row): Promise<void> {
  const config: AlertChannelConfig = configOf(row)
  await quietly(env.SENTINEL?.configure(1, config))
}

async function forget(env: Env, id: string): Promise<void> {
  await quietly(env.SENTINEL?.forget(1, id))
}

async function quietly(work: Promise<void> | undefined): Promise<void> {
  await work?.catch((error: unknown) => {
    log('alert_channel_not_told', { error: error instanceof Error ? error.name : 'unknown' })
  })
}
