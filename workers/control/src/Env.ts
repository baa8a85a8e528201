import type { SentinelOperationsApi } from '@pbstream/core/message/AlertChannels'
import type { PbEvent } from '@pbstream/core/message/Event'
import type { KeyRelayApi } from '@pbstream/core/message/KeyRelay'
import type { OperationsApi } from '@pbstream/core/message/Operations'
import type { WebhookMessage } from '@pbstream/core/message/Webhook'
import type { CacheEnv } from '@pbstream/db/cache/Redis'
import type { DatabaseEnv } from '@pbstream/db/Database'

/** The bindings and variables of workers/control: its wrangler.toml. */
export type Env = DatabaseEnv &
  CacheEnv & {
    /** `true` on one machine only: the overview shows everybody's payments. */
    OVERVIEW?: string
    /** Hosted by the gateway Worker. */
    STREAM_SESSION?: DurableObjectNamespace
    /** The origin that people see, if it is not that of the request. */
    PUBLIC_URL?: string
    /** The origin of the gateway, for those who have to call it. */
    GATEWAY_URL?: string
    /** Hosted here: counts what the events tell. */
    METRICS?: DurableObjectNamespace
    /** Hosted here: keeps events that could not be projected. */
    DEAD_LETTERS?: DurableObjectNamespace
    /** The entrypoint `Operations` of settlement. */
    OPERATIONS?: OperationsApi
    /** The entrypoint `KeyRelay` of settlement. */
    KEY_RELAY?: KeyRelayApi
    /** Bearer key of whoever reads `/metrics`; without it nobody may, but on one machine. */
    METRICS_TOKEN?: string
    /** Bearer key of operators; without it there are none. */
    OPERATOR_KEY?: string
    /** Asks for deliveries of webhooks. */
    WEBHOOKS?: Queue<WebhookMessage>
    /** 32 bytes or more: seals the secrets of webhook endpoints. */
    WEBHOOK_SECRET?: string
    /** The entrypoint `SentinelOperations` of workers/sentinel. */
    SENTINEL?: SentinelOperationsApi
    /** What happened, for workers/sentinel. */
    SENTINEL_EVENTS?: Queue<PbEvent>
    /** 32 bytes or more, that of workers/sentinel: seals the secrets of alert channels. */
    ALERT_SECRET?: string
    /** 32 bytes or more, the gateway's: seals the credentials of upstreams. */
    UPSTREAM_SECRET?: string
    /** Services and zone that owners may use as origins, JSON: see `providers/Origins.ts`. */
    ORIGIN_GRANTS?: string
    /** `true` on one machine only: webhooks may go to plain http and private addresses. */
    INSECURE_UPSTREAMS?: string
    /** Names of this deployment, separated by commas: no webhook may go there. */
    OWN_ZONES?: string
    /** 32 characters or more: MACs of nonces and cursors. Without it there is no API. */
    AUTH_SECRET?: string
    /** The files of the dashboard and of Swagger UI. */
    ASSETS?: Fetcher
    /** Grants in a day (UTC), from everywhere: each is a transaction at our cost. Default 2,000. */
    GRANTS_A_DAY?: string
    /** Chains of the API, JSON: see `api/Chains.ts`. */
    CHAINS?: string
    /** Requests of a caller, or of an address, a minute. */
    API_LIMIT?: RateLimit
    /** Requests of a stranger's address a minute: nonces and sign-ins. */
    SIGN_IN_LIMIT?: RateLimit
    /** How long a row or a session may be behind without moving before that is an incident. Default one minute. */
    RECONCILE_GRACE_MS?: string
    /** Channels of the running round that one run compares, 40 at most. */
    RECONCILE_PAGE?: string
  }
