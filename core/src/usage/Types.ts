/** What counting is made of. Counts are whole and never negative. */
import type { Units } from '../rate/Types.ts'

export type { Units }

/** How usage is found out. `path` leads into JSON: names of members and places in lists. */
export type Adapter =
  | { kind: 'header' }
  | { kind: 'openai' }
  | { kind: 'anthropic' }
  | { kind: 'json'; path: readonly string[] }
  | { kind: 'events' }

/** A request before it goes to the upstream. */
export type Prepared = {
  /** What is sent: the caller's body, or the same with the order to report usage in it. `rewritten` says which. */
  body?: Uint8Array
  rewritten: boolean
  /**
   * The most that the request allows, by groups: `input_token` is for all that is read (cached or not, written to a
   * cache or not), `output_token` for all that is made (reasoning too), `reported` for a plain number. A group that is
   * not named has no bound.
   */
  bounds: Units
  /** Whether the caller asked for a stream of events. */
  stream: boolean
  /** Whether the usage in the stream is by our order, and not for the caller. */
  hides: boolean
  /** Why such a request cannot be metered, and must not reach the upstream: for the detail of a 400. */
  refused?: string
}

/** What is known of an answer when its headers are. */
export type Answer = {
  contentType: string | null
  contentEncoding: string | null
  /** Of the answer's headers, by names in lower case. */
  header: (name: string) => string | null
  prepared: Prepared
}

/**
 * How an answer ended: at its end, broken off by the upstream, left by the caller, or cut by us because the hold was
 * used up.
 */
export type Cause = 'end' | 'broke' | 'left' | 'cut'

/** What counts in the end. `reported`: by the upstream; `counted`: by what went past; `none`: nothing was found. */
export type Outcome = { units: Units; source: 'reported' | 'counted' | 'none' }

/** Reads an answer as it goes past. Nothing that an upstream sends makes it throw, hang or grow. */
export interface Reader {
  /**
   * Takes the next bytes of the upstream; gives what is passed on now: the same bytes, in order, without the usage
   * that was not asked for. Only an unfinished event that could be that one is held back.
   */
  push(chunk: Uint8Array): readonly Uint8Array[]
  /** What is proven to be used by what went past. Never falls. */
  readonly floor: Units
  /** What is probably used by now, to let the hold grow in time. Never below the floor. */
  readonly likely: Units
  /**
   * Whether the answer is made and only its usage is still to come. Then it is worth reading on for a moment when the
   * caller has left: who leaves before the last bytes has used as much as who stays.
   */
  readonly awaitsUsage: boolean
  /** Whether the answer is made: what follows is no more of it. */
  readonly isMade: boolean
  /** Once, when no more is read. `rest` was held back: it is passed on when the upstream came to its end. */
  finish(cause: Cause): { usage: Outcome; rest: readonly Uint8Array[] }
  /**
   * The last bytes of a stream that is cut: the protocol's own error, as an event. Before that the event under way is
   * brought to its end. Without `sent` this is instead of what the last `push` gave; with it, after that. Empty for an
   * answer that is no stream of events: there the connection has to break, so that nobody takes the part for the whole.
   */
  cutEvent(sent?: boolean): Uint8Array
}
