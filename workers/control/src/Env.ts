import type { OperationsApi } from '@pbstream/core/message/Operations'
import type { DatabaseEnv } from '@pbstream/db/Database'

/** The bindings and variables of workers/control: its wrangler.toml. */
export type Env = DatabaseEnv & {
  /** `true` on one machine only: the overview shows everybody's payments. */
  OVERVIEW?: string
  /** Hosted by the gateway Worker. */
  STREAM_SESSION?: DurableObjectNamespace
  /** The origin that people see, if it is not that of the request. */
  PUBLIC_URL?: string
  /** Hosted here: counts what the events tell. */
  METRICS?: DurableObjectNamespace
  /** Hosted here: keeps events that could not be projected. */
  DEAD_LETTERS?: DurableObjectNamespace
  /** The entrypoint `Operations` of settlement. */
  OPERATIONS?: OperationsApi
  /** Bearer key of whoever reads `/metrics`; without it nobody may, but on one machine. */
  METRICS_TOKEN?: string
  /** Bearer key of operators; without it there are none. */
  OPERATOR_KEY?: string
  /** How long a row or a session may be behind without moving before that is an incident. Default one minute. */
  RECONCILE_GRACE_MS?: string
  /** Channels of the running round that one run compares, 40 at most. */
  RECONCILE_PAGE?: string
}
