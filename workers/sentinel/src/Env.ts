import type { Bindings } from './send/Settings.ts'
import type { KeyRelayApi } from '@pbstream/core/message/KeyRelay'
import type { DatabaseEnv } from '@pbstream/db/Database'

/** The bindings and variables of workers/sentinel: its wrangler.toml. */
export type Env = DatabaseEnv &
  Bindings & {
    /** Hosted here: one object a channel. */
    ALERT_CHANNEL: DurableObjectNamespace
    /** Hosted here: one object a scope. */
    SENTINEL_SCOPE: DurableObjectNamespace
    /** Hosted by the gateway Worker. */
    STREAM_SESSION: DurableObjectNamespace
    /** The entrypoint `KeyRelay` of settlement. */
    KEY_RELAY?: KeyRelayApi
    /** `true`: keys that name our freezer are frozen on chain, too, when the platform's or the owner's rules freeze them. */
    FREEZE_ON_CHAIN?: string
  }

/** One line for operators. Nothing secret, no payer, no address. */
export function log(event: string, detail: Record<string, string>): void {
  console.error(JSON.stringify({ event, ...detail }))
}

export function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : 'unknown'
}
