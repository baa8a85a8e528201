/** What owners do to their oracles: made, edited, given another secret, deleted. Their values stay whatever happens. */
import { eq } from 'drizzle-orm'
import { chainOf, change } from './Audit.ts'
import { canonical } from './Canonical.ts'
import { riseSignals } from './Catalog.ts'
import type { Database, Orm, Statement } from './Database.ts'
import type { OracleKind } from './Mode.ts'
import { oracleOf, type OracleRow, oraclesOf, routesNaming, sourceOf } from './OracleRows.ts'
import type { ValueRow } from './OracleValues.ts'
import { providerOf } from './Providers.ts'
import { actOf, match, nothing, Refused, type Who } from './ProvidersScope.ts'
import { eventStatements } from './Webhooks.ts'

/** Of one provider. */
export const ORACLES_MAX = 50
/** How long the secret before the one in force is good too. */
export const OVERLAP_MS = 86_400_000

/** How an oracle judges what comes in. Whole numbers as decimal strings, `min` ≤ `max`; null: the card says. */
export type Bounds = { min: string; max: string; staleSeconds: number; smoothing: number; fallback: string | null }
export type NewOracle = Bounds & {
  id: string
  providerId: string
  name: string
  kind: OracleKind
  config: Record<string, unknown>
  secretSealed: string | null
}
export type OraclePatch = Partial<Bounds & { name: string; enabled: boolean; config: Record<string, unknown> }> & {
  /** Of the header of a URL; null takes it away. */
  secretSealed?: string | null
}

/** Creates an oracle, switched on; the same id again gives the one that is there. */
export async function createOracle(db: Database, who: Who, input: NewOracle): Promise<OracleRow> {
  const { at } = who
  return change(db, chainOf(who.owner, who.mode), async () => {
    await providerOf(db, who, input.providerId)
    const all = await oraclesOf(db, input.providerId, '', ORACLES_MAX)
    const known = all.find(({ id }) => id === input.id)
    if (known !== undefined) return { ...nothing, result: known }
    if (all.length >= ORACLES_MAX) throw new Refused('limit_reached', `${ORACLES_MAX} oracles`)
    inOrder(input)
    const row: OracleRow = {
      ...input,
      ...{ enabled: true, previousSecretSealed: null, previousUntil: null, revision: 1, createdAt: at, updatedAt: at },
      ...{ deletedAt: null, lastSeq: 0, value: null, valueAt: null, sentAt: null, staleSince: null },
      // What never speaks is noticed too.
      ...{ staleAt: staleAt(at, input.staleSeconds), nextAt: nextAt(input, at), failingSince: null, lastError: null },
    }
    const first = editRow({ ...row, enabled: false }, row, at)
    return {
      acts: [actOf(who, 'oracle.create', row.id, shown(row))],
      statements: (orm) => [
        orm.insert(db.tables.oracle).values(first === undefined ? row : { ...row, lastSeq: first.seq }),
        ...(first === undefined ? [] : [orm.insert(db.tables.oracleValue).values(first)]),
        riseSignals(db, orm),
        ...told(db, orm, who, 'oracle.created', row),
        ...(who.also?.(orm) ?? []),
      ],
      result: row,
    }
  })
}

/** Edits an oracle. Other bounds hold at once: the value in force is brought into them. */
export async function editOracle(
  db: Database,
  who: Who,
  id: string,
  revision: number,
  patch: OraclePatch,
): Promise<OracleRow> {
  return change(db, chainOf(who.owner, who.mode), async () => {
    const old = await oracleOf(db, who, id)
    match(old, revision)
    const merged = { ...old, ...patch }
    inOrder(merged)
    if (canonical(merged) === canonical(old)) return { ...nothing, result: old }
    const value = bounded(merged)
    const row = { ...merged, ...clocks(old, merged, who.at), value, revision: old.revision + 1, updatedAt: who.at }
    const moved = editRow(old, row, who.at)
    const after: OracleRow = moved === undefined ? row : { ...row, lastSeq: moved.seq }
    return {
      acts: [actOf(who, 'oracle.edit', id, shown(after))],
      statements: (orm) => [
        // A plain insert: of a value that comes in beside the edit one starts again.
        ...(moved === undefined ? [] : [orm.insert(db.tables.oracleValue).values(moved)]),
        orm
          .update(db.tables.oracle)
          .set(written(patch, after, moved))
          .where(eq(db.tables.oracle.id, id)),
        riseSignals(db, orm),
        ...told(db, orm, who, 'oracle.updated', after),
        ...(who.also?.(orm) ?? []),
      ],
      result: after,
    }
  })
}

/** Gives an oracle that is pushed another secret; the one before is good for a day. */
export async function rotateSecret(
  db: Database,
  who: Who,
  id: string,
  revision: number,
  secretSealed: string,
): Promise<OracleRow> {
  return change(db, chainOf(who.owner, who.mode), async () => {
    const old = await oracleOf(db, who, id)
    match(old, revision)
    if (old.kind !== 'push') throw new Refused('malformed_body', 'only what is pushed has a secret')
    const previousUntil = new Date(who.at.getTime() + OVERLAP_MS)
    const changes = { secretSealed, previousSecretSealed: old.secretSealed, previousUntil }
    const row = { ...old, ...changes, revision: old.revision + 1, updatedAt: who.at }
    return {
      acts: [actOf(who, 'oracle.rotate_secret', id, { revision: row.revision })],
      statements: (orm) => [
        orm
          .update(db.tables.oracle)
          .set({ ...changes, revision: row.revision, updatedAt: who.at })
          .where(eq(db.tables.oracle.id, id)),
        ...(who.also?.(orm) ?? []),
      ],
      result: row,
    }
  })
}

/** Deletes an oracle that no card in force or to come names. Its values stay: charges were made by them. */
export async function deleteOracle(db: Database, who: Who, id: string): Promise<void> {
  await change(db, chainOf(who.owner, who.mode), async () => {
    const old = await oracleOf(db, who, id)
    const [route] = await routesNaming(db, old, who.at)
    if (route !== undefined) throw new Refused('oracle_in_use', `a card of ${route} names it`)
    const ended = { deletedAt: who.at, enabled: false, nextAt: null, staleAt: null, secretSealed: null }
    const last = editRow(old, { ...old, ...ended }, who.at)
    return {
      acts: [actOf(who, 'oracle.delete', id, { name: old.name })],
      statements: (orm) => [
        ...(last === undefined ? [] : [orm.insert(db.tables.oracleValue).values(last)]),
        orm
          .update(db.tables.oracle)
          .set({ ...ended, previousSecretSealed: null, revision: old.revision + 1, updatedAt: who.at })
          .where(eq(db.tables.oracle.id, id)),
        riseSignals(db, orm),
        ...(who.also?.(orm) ?? []),
      ],
      result: undefined,
    }
  })
}

/** @throws {Refused} */
function inOrder({ min, max, fallback }: Bounds): void {
  if (BigInt(min) > BigInt(max)) throw new Refused('malformed_body', 'min is above max')
  if (fallback !== null && (BigInt(fallback) < BigInt(min) || BigInt(fallback) > BigInt(max)))
    throw new Refused('malformed_body', 'fallback is out of bounds')
}

function staleAt(since: Date, seconds: number): Date {
  return new Date(since.getTime() + seconds * 1000)
}

/** What is read is read at once, and then as often as its source says. */
function nextAt({ kind }: Pick<OracleRow, 'kind'>, at: Date): Date | null {
  return kind === 'push' ? null : at
}

/** When it is read, and when it is too old, after an edit. One that is switched off has neither. */
function clocks(old: OracleRow, row: OracleRow, at: Date): Pick<OracleRow, 'nextAt' | 'staleAt' | 'staleSince'> {
  if (!row.enabled) return { nextAt: null, staleAt: null, staleSince: null }
  const isOther = !old.enabled || canonical(old.config) !== canonical(row.config)
  const next = isOther ? nextAt(row, at) : old.nextAt
  const end = staleAt(!old.enabled || row.valueAt === null ? at : row.valueAt, row.staleSeconds)
  // It was noted that it is silent, and it is still.
  if (old.staleSince !== null && end <= at) return { nextAt: next, staleAt: null, staleSince: old.staleSince }
  return { nextAt: next, staleAt: end, staleSince: null }
}

/** The value within the bounds. */
function bounded({ value, min, max }: OracleRow): string | null {
  if (value === null) return null
  return BigInt(value) < BigInt(min) ? min : BigInt(value) > BigInt(max) ? max : value
}

/** What cards get of an oracle, before their own bounds; null: they say themselves. */
export function standingValue(row: OracleRow, now: Date): string | null {
  if (!row.enabled || row.deletedAt !== null) return null
  const { value, valueAt, staleSeconds, fallback } = row
  return value !== null && valueAt !== null && now < staleAt(valueAt, staleSeconds) ? value : fallback
}

/** What an edit makes of the value in force, as a row of its own; undefined when it leaves it. */
function editRow(old: OracleRow, row: OracleRow, at: Date): ValueRow | undefined {
  const value = standingValue(row, at)
  if (value === standingValue(old, at)) return undefined
  const isValue = row.enabled && value !== null && value === row.value
  const status = !isValue ? 'fallback' : row.value === old.value ? 'accepted' : 'clamped'
  return {
    ...{ oracleId: row.id, seq: old.lastSeq + 1, raw: isValue ? old.value : null, value, status, source: 'edit' },
    ...{ messageId: null, error: null, sentAt: null, at },
  }
}

/** Only what the edit is about: a value may come in beside it. */
function written(patch: OraclePatch, after: OracleRow, moved: ValueRow | undefined): Partial<OracleRow> {
  const { nextAt: next, staleAt: stale, staleSince, revision, updatedAt, value, lastSeq } = after
  const clock = patch.enabled === undefined && patch.config === undefined ? {} : { nextAt: next }
  const times = { ...clock, staleAt: stale, staleSince }
  return { ...patch, ...times, revision, updatedAt, ...(moved && { value, lastSeq }) }
}

/** Without secrets: what the audit has, and what owners are told. */
function shown(row: OracleRow): Record<string, unknown> {
  const { id, providerId, name, enabled, min, max, staleSeconds, smoothing, fallback, revision } = row
  const sealed = row.secretSealed !== null
  return {
    ...{ id, provider: providerId, name, enabled, min, max, staleSeconds, smoothing, fallback, revision },
    ...{ source: sourceOf(row), secretSealed: sealed },
  }
}

function told(
  db: Database,
  orm: Orm,
  who: Who,
  type: 'oracle.created' | 'oracle.updated',
  row: OracleRow,
): Statement[] {
  const { secretSealed: _sealed, source: _source, ...data } = shown(row)
  return eventStatements(db, orm, who.owner, who.mode, type, data, who.at)
}
