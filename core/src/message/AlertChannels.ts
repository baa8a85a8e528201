/**
 * What control asks of workers/sentinel by service binding (entrypoint `SentinelOperations`): alert channels and the
 * breakers of upstreams, providers and everything. Every call can be repeated. Times are Unix milliseconds.
 */
import type { Channel } from '../alert/Alert.ts'

export const channelKinds = ['telegram', 'email', 'webhook'] as const
export type ChannelKind = (typeof channelKinds)[number]

export const languages = ['en', 'zh'] as const
export type Language = (typeof languages)[number]

/** Where a channel sends to; nothing in it is secret. */
export type ChannelTarget =
  /** `chat`: a number or `@name`. */
  | { readonly kind: 'telegram'; readonly chat: string }
  | { readonly kind: 'email'; readonly to: string }
  | { readonly kind: 'webhook'; readonly url: string }

/** As the row's `settings` keeps it, in JSON. */
export type ChannelSettings = { readonly name: string; readonly target: ChannelTarget; readonly wishes: Channel }

/**
 * A channel as its object keeps it. `sealed`: with `Seal` under the Worker secret `ALERT_SECRET`, purpose
 * `ALERT_CHANNEL`, place `id`; null where the deployment's own sender is used (email, Telegram's bot of the platform).
 * A higher `revision` replaces a lower one.
 */
export type AlertChannelConfig = ChannelSettings & {
  readonly id: string
  readonly scope: string
  readonly sealed: string | null
  readonly enabled: boolean
  readonly language: Language
  readonly revision: number
}

/** Purpose of `Seal` for the secret of a channel: Telegram's bot token, or the `whsec_…` of a webhook. */
export const ALERT_CHANNEL = 'pbstream alert channel v1'

export const alertStatuses = ['pending', 'sent', 'failed', 'dead'] as const
/** `pending`: not tried yet; `failed`: it is tried again at `nextAt`; `dead`: not any more, but by `resend`. */
export type AlertStatus = (typeof alertStatuses)[number]

/** One message of a channel and what became of it. No secret, no URL, no text of the other side. */
export type AlertDelivery = {
  /** The message's number on its channel: rises, and is the same in every attempt. */
  readonly id: number
  readonly status: AlertStatus
  readonly severity: Channel['from']
  readonly title: string
  /** How many alerts it tells of. */
  readonly count: number
  readonly isTest: boolean
  readonly tries: number
  /** The HTTP or SMTP code of the last answer. */
  readonly code: number | null
  /** A word for why the last try failed, as `timeout`, `refused`, `url_refused`, `rate_limited`. */
  readonly error: string | null
  readonly createdAt: number
  readonly updatedAt: number
  readonly nextAt: number | null
}

export type TestReply =
  /** It was tried at once: how it went. */
  | { readonly kind: 'tried'; readonly delivery: AlertDelivery }
  | { readonly kind: 'disabled' }
  | { readonly kind: 'unknown' }

export type ResendReply =
  | { readonly kind: 'queued'; readonly delivery: AlertDelivery }
  /** Only dead messages are sent again. */
  | { readonly kind: 'not_dead' }
  | { readonly kind: 'disabled' }
  | { readonly kind: 'unknown' }

/** `subject`: `global`, `provider:<id>`, or `upstream:<route id>`. */
export type BreakerAct = {
  readonly scope: string
  readonly subject: string
  readonly act: 'open' | 'close'
  readonly reason: string
}
export type BreakerReply =
  | { readonly kind: 'done'; readonly phase: 'closed' | 'open' | 'half-open' }
  | { readonly kind: 'unknown' }

export interface SentinelOperationsApi {
  /** Replaces what the channel's object has, if it is newer. Throws where the object cannot be reached. */
  configure(v: 1, channel: AlertChannelConfig): Promise<void>
  /** Forgets a channel and all that waits on it. */
  forget(v: 1, channelId: string): Promise<void>
  /**
   * Sends one message now, past groups, digests and quiet hours, and says how it went. The same `testId` is one message;
   * the channel given is not kept. `code`: an address is to be confirmed: that is sent and nothing else, though the
   * channel is switched off.
   */
  sendTest(v: 1, channel: AlertChannelConfig, testId: string, code?: string): Promise<TestReply>
  /** The newest first, with ids below `before`; the last 200 are kept. */
  deliveries(v: 1, channelId: string, page: { before?: number; limit: number }): Promise<AlertDelivery[]>
  resend(v: 1, channelId: string, id: number): Promise<ResendReply>
  /** Opens a breaker until it is closed by hand, or closes it; its row is written when this answers. */
  breaker(v: 1, act: BreakerAct): Promise<BreakerReply>
  /** For metrics: since the deployment began, by status, and dead messages that are kept. */
  alertCounts(v: 1): Promise<{ sent: number; failed: number; dead: number; deadKept: number }>
}
