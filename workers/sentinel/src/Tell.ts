/** Alerts on their way to the channels of those they concern. */
import type { Severity } from '@pbstream/core/Alert'
import type { AlertChannelConfig } from '@pbstream/core/message/AlertChannels'
import { ofScopes } from '@pbstream/db/AlertChannels'
import type { Database } from '@pbstream/db/Database'
import { channelObject } from './AlertChannels.ts'
import type { Env } from './Env.ts'
import type { Words } from './Words.ts'

/** `scopes`: as channels have them. `id`: the same for the same thing, however often it is heard of. */
export type Notice = {
  readonly id: string
  readonly scopes: readonly string[]
  readonly at: number
  readonly severity: Severity
  readonly group: string
  readonly words: Words
}

/** Scopes that one question names, and channels that are told at once. */
const AT_ONCE = 90
const CHANNELS_AT_ONCE = 20

/** Fails when the database or an object cannot be reached: then all of it is to be told again. */
export async function tell(env: Env, db: Database, notices: readonly Notice[]): Promise<void> {
  const scopes = [...new Set(notices.flatMap((each) => each.scopes))]
  for (let i = 0; i < scopes.length; i += AT_ONCE) {
    const rows = await ofScopes(db, scopes.slice(i, i + AT_ONCE))
    const enabled = rows.filter((row) => row.enabled)
    for (let from = 0; from < enabled.length; from += CHANNELS_AT_ONCE) {
      await Promise.all(enabled.slice(from, from + CHANNELS_AT_ONCE).map((row) => offer(env, configOf(row), notices)))
    }
  }
}

async function offer(env: Env, channel: AlertChannelConfig, notices: readonly Notice[]): Promise<void> {
  const concerned = notices.filter(({ scopes }) => scopes.includes(channel.scope))
  const alerts = concerned.map(({ id, at, severity, group, words }) => ({
    id,
    at,
    severity,
    group,
    ...words[channel.language],
  }))
  await channelObject(env, channel.id).offer(1, channel, alerts)
}

function configOf(row: Awaited<ReturnType<typeof ofScopes>>[number]): AlertChannelConfig {
  const { id, scope, settings, sealed, enabled, language, revision } = row
  return { ...settings, id, scope, sealed, enabled, language, revision }
}
