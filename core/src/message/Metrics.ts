/** What `workers/control` tells the `Metrics` object, and what it answers. By Workers RPC. */
import type { Hex } from '../Hex.ts'
import type { PbEvent } from './Event.ts'

/** The name of the one object that counts for a deployment. */
export const metricsName = 'all'

/** What is not in events: how things stand now, as the reconciliation found it. */
export type Standing = {
  /** Messages that no retry could deal with and nobody has dealt with since, by queue. */
  deadLetters?: { queue: 'claims' | 'events'; depth: number }[]
  /** Incidents that still hold, by kind. Kinds that are not named have none. */
  incidentsOpen?: { what: string; count: number }[]
  /** Stops of Sentinel that hold, by whose rules and of which kind. */
  stopsOpen?: { scope: 'platform' | 'owner' | 'provider'; kind: string; count: number }[]
  /** Breakers that are not closed, by what they are of. */
  breakersOpen?: { of: 'global' | 'provider' | 'upstream'; count: number }[]
  /** Messages of alert channels since the deployment began, and those that are dead and kept. */
  alerts?: { told: { status: 'sent' | 'failed' | 'dead'; count: number }[]; deadKept: number }
  /** Claims that failed since the channel's last success, for channels that were looked at. */
  attempts?: { channelId: Hex; attempt: number }[]
  /** When every channel had been compared once more, Unix milliseconds. */
  reconciledAt?: number
}

export interface MetricsApi {
  /**
   * Counts events that were projected. The same event again, or an older one after a newer one, changes no amount and no
   * count of things; `projected` and `failed` count projections, repeats included.
   */
  feed(v: 1, events: PbEvent[], done: { projected: number; failed: number }): Promise<void>
  standing(v: 1, now: Standing): Promise<void>
  /** Prometheus text exposition, version 0.0.4. */
  render(v: 1): Promise<string>
}
