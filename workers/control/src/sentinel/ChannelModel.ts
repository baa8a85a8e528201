/** Alert channels between what callers say, what rows hold, and what the object of a channel keeps. Pure. */
import type { AlertChannelConfig, AlertDelivery, ChannelTarget } from '@pbstream/core/message/AlertChannels'
import type { Channel as Wishes } from '@pbstream/core/Alert'
import type { AlertChannelRow } from '@pbstream/db/AlertChannels'
import type { z } from '../api/Parts.ts'
import type * as Schemas from './ChannelSchemas.ts'

const DEFAULTS: Wishes = {
  from: 'medium',
  groupMs: 30_000,
  limit: { messages: 20, perMs: 3_600_000 },
  retry: { tries: 8, firstMs: 10_000, longestMs: 3_600_000 },
}

/** Wishes with what was said put in; null takes a wish back. */
export function wishesOf(said: Omit<Schemas.ChannelEdit, 'target'>, before: Wishes = DEFAULTS): Wishes {
  const { digest: oldDigest, quiet: oldQuiet, ...old } = before
  const digest =
    said.digest === undefined
      ? oldDigest
      : said.digest === null
        ? undefined
        : { below: said.digest.below, everyMs: said.digest.everySeconds * 1_000 }
  const quiet = said.quiet === undefined ? oldQuiet : (said.quiet ?? undefined)
  return {
    ...old,
    ...(said.from === undefined ? {} : { from: said.from }),
    ...(said.groupSeconds === undefined ? {} : { groupMs: said.groupSeconds * 1_000 }),
    ...(said.limit === undefined
      ? {}
      : { limit: { messages: said.limit.messages, perMs: said.limit.perSeconds * 1_000 } }),
    ...(said.retry === undefined
      ? {}
      : {
          retry: {
            tries: said.retry.tries,
            firstMs: said.retry.firstSeconds * 1_000,
            longestMs: said.retry.longestSeconds * 1_000,
          },
        }),
    ...(digest === undefined ? {} : { digest }),
    ...(quiet === undefined ? {} : { quiet }),
  }
}

/** Without its secret. */
export function targetOf(said: Schemas.NewTarget | Schemas.TargetEdit): ChannelTarget {
  switch (said.kind) {
    case 'telegram':
      return { kind: 'telegram', chat: said.chat }
    case 'email':
      return { kind: 'email', to: said.to }
    case 'webhook':
      return { kind: 'webhook', url: said.url }
  }
}

export function configOf(row: AlertChannelRow): AlertChannelConfig {
  const { id, scope, settings, sealed, enabled, language, revision } = row
  return { ...settings, id, scope, sealed, enabled, language, revision }
}

export function isConfirmed({ kind, confirmedAt }: Pick<AlertChannelRow, 'kind' | 'confirmedAt'>): boolean {
  return kind !== 'email' || confirmedAt !== null
}

export function showChannel(row: AlertChannelRow): z.infer<typeof Schemas.Channel> {
  const { id, scope, settings, kind, enabled, language, createdAt, updatedAt } = row
  const { name, target, wishes } = settings
  const { from, groupMs, digest, limit, quiet, retry } = wishes
  return {
    id,
    scope: scope.startsWith('owner:') ? 'owner' : scope,
    name,
    kind,
    target,
    enabled,
    confirmed: isConfirmed(row),
    language,
    from,
    groupSeconds: groupMs / 1_000,
    digest: digest === undefined ? null : { below: digest.below, everySeconds: digest.everyMs / 1_000 },
    limit: { messages: limit.messages, perSeconds: limit.perMs / 1_000 },
    quiet: quiet === undefined ? null : { zone: quiet.zone, from: quiet.from, to: quiet.to, but: quiet.but },
    retry: { tries: retry.tries, firstSeconds: retry.firstMs / 1_000, longestSeconds: retry.longestMs / 1_000 },
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  }
}

export function showDelivery(delivery: AlertDelivery): z.infer<typeof Schemas.Delivery> {
  const { id, status, severity, title, count, isTest, tries, code, error, createdAt, updatedAt, nextAt } = delivery
  return {
    ...{ id, status, severity, title, count, isTest, tries, code, error },
    createdAt: new Date(createdAt).toISOString(),
    updatedAt: new Date(updatedAt).toISOString(),
    nextAt: nextAt === null ? null : new Date(nextAt).toISOString(),
  }
}
