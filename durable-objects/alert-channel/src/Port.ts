/** What the object that tells people on one channel answers to, and what its sender answers to it. */
import type { Alert, Message } from '@pbstream/core/Alert'
import type { AlertChannelConfig, AlertDelivery, ResendReply, TestReply } from '@pbstream/core/message/AlertChannels'

/** An alert for a channel. `id`: the same alert, offered again, has the same one, and is told once. */
export type Offered = Alert & { readonly id: string }

/** Since the channel began, by what became of messages; `deadKept`: those that can be sent again. */
export type ChannelTotals = { sent: number; failed: number; dead: number; deadKept: number }

/** How one attempt went. `code`: HTTP or SMTP; `error`: one word. Words of the other side are never kept. */
export type Answer =
  | { readonly ok: true; readonly code?: number }
  | {
      readonly ok: false
      readonly code?: number
      readonly error: string
      /** Trying again would not help. */
      readonly isFinal?: boolean
      /** The other side said to wait so long. */
      readonly retryAfterMs?: number
    }

/** One attempt to make: `isTest` messages are told from alerts by their text only. */
export type Sending = { readonly channel: AlertChannelConfig; readonly message: Message }

/** The object of one channel, named by the channel's id. Every call can be repeated. Times are Unix milliseconds. */
export interface AlertChannelApi {
  /** Takes what is newer than what it has. */
  configure(v: 1, channel: AlertChannelConfig): Promise<void>
  /** Takes in what it has not yet had; `channel` as in `configure`. */
  offer(v: 1, channel: AlertChannelConfig, alerts: readonly Offered[]): Promise<void>
  forget(v: 1): Promise<void>
  sendTest(v: 1, channel: AlertChannelConfig, testId: string, alert: Alert): Promise<TestReply>
  deliveries(v: 1, page: { before?: number; limit: number }): Promise<AlertDelivery[]>
  resend(v: 1, id: number): Promise<ResendReply>
  totals(v: 1): Promise<ChannelTotals>
}
