/** What is told to people, and how a channel wants to be told. */
import { severities } from '../rule/Schema.ts'

export type Severity = (typeof severities)[number]

/** One thing that happened. Texts are for people; no secrets, and no payer in full. */
export type Alert = {
  readonly at: number
  readonly severity: Severity
  /** What belongs together is told together: a rule and a key, say. */
  readonly group: string
  readonly title: string
  readonly text: string
}

/** Times of a day in a zone; `to` may be before `from`: past midnight. From `from` on, up to `to`. */
export type QuietHours = {
  readonly zone: string
  readonly from: string
  readonly to: string
  /** Told at once all the same. */ readonly but: Severity
}

export type Channel = {
  /** Below it nothing is told. */
  readonly from: Severity
  /** A group is told so long after its first alert, with all that came meanwhile. At once: 0. */
  readonly groupMs: number
  /** Below this severity things are told together, so often. */
  readonly digest?: { readonly below: Severity; readonly everyMs: number }
  /** So many messages in so long, evenly refilled; of more, the rest waits. */
  readonly limit: { readonly messages: number; readonly perMs: number }
  readonly quiet?: QuietHours
  /** Waits double from the first one, up to the longest; after so many tries a message is dead. */
  readonly retry: { readonly tries: number; readonly firstMs: number; readonly longestMs: number }
}

export function isAtLeast(severity: Severity, than: Severity): boolean {
  return severities.indexOf(severity) >= severities.indexOf(than)
}

/** What is sent in one piece: `count` alerts, of which the latest are kept. */
export type Message = {
  readonly id: number
  readonly severity: Severity
  readonly from: number
  readonly to: number
  readonly count: number
  readonly alerts: readonly Alert[]
}
