/**
 * A circuit breaker as data: closed, open, or half open. Nothing runs while it is open: the phase follows from times in
 * storage and the time now, so it survives every restart of who keeps it.
 *
 * Pure; times are Unix milliseconds and come in as arguments.
 */
export type Phase = 'closed' | 'open' | 'half-open'

export type Options = {
  /** How long it stays open the first time; twice as long each time it opens again without having been calm. */
  readonly openMs: number
  readonly maxOpenMs: number
  /** In half open so many calls are let through, and all of them have to go well. */
  readonly probes: number
  /** A probe that is not answered by then is given to another call. */
  readonly probeMs: number
  /** Closed for so long, it is calm: the next opening is a first one. */
  readonly calmMs: number
}

export type State = {
  /** Absent: closed. */
  readonly open?: {
    readonly at: number
    /** Why, for people. */
    readonly cause: string
    /** Only a person closes it. */
    readonly holds: boolean
    /** Calls that were let through to see, by number, with the time they were. */
    readonly probing: readonly (readonly [probe: number, at: number])[]
    readonly passed: number
  }
  /** In a row, without calm between them. */
  readonly openings: number
  readonly closedAt: number
  /** Numbers given to probes so far: an answer to one of an earlier opening means nothing. */
  readonly probes: number
}

export const closed: State = { openings: 0, closedAt: 0, probes: 0 }

export function phase(state: State, now: number, options: Options): Phase {
  if (state.open === undefined) return 'closed'
  return !state.open.holds && now >= opensUntil(state, options) ? 'half-open' : 'open'
}

/** When probes begin; Infinity for one that holds, 0 for one that is closed. */
export function opensUntil({ open, openings }: State, { openMs, maxOpenMs }: Options): number {
  if (open === undefined) return 0
  return open.holds ? Infinity : open.at + Math.min(maxOpenMs, openMs * 2 ** Math.min(openings - 1, 52))
}

export type Admission = {
  readonly state: State
  readonly isAllowed: boolean
  /** Of a call that is let through to see: its outcome is given to `answer`. */
  readonly probe?: number
}

/** Whether a call may go through. */
export function admit(state: State, now: number, options: Options): Admission {
  const { open } = state
  if (open === undefined) return { state, isAllowed: true }
  if (phase(state, now, options) === 'open') return { state, isAllowed: false }
  const probing = open.probing.filter(([, at]) => now < at + options.probeMs)
  if (probing.length + open.passed >= options.probes) return { state, isAllowed: false }
  const probe = state.probes + 1
  const next = { ...state, probes: probe, open: { ...open, probing: [...probing, [probe, now] as const] } }
  return { state: next, isAllowed: true, probe }
}

/** How a probe went. Enough good ones close it, a bad one opens it for longer; of a probe that nobody waits for, nothing follows. */
export function answer(state: State, now: number, options: Options, probe: number, isGood: boolean): State {
  const { open } = state
  if (open === undefined || open.holds || !open.probing.some(([number]) => number === probe)) return state
  if (!isGood) return trip(state, now, options, open.cause)
  const passed = open.passed + 1
  if (passed >= options.probes) return { openings: state.openings, closedAt: now, probes: state.probes }
  return { ...state, open: { ...open, passed, probing: open.probing.filter(([number]) => number !== probe) } }
}

/**
 * Opens it, or opens it again and for longer. `holds`: until a person closes it; what holds goes on holding.
 * While it is open and not yet half open, another trip changes nothing but that it may hold from then on.
 */
export function trip(state: State, now: number, options: Options, cause: string, holds = false): State {
  const { open } = state
  if (open !== undefined && phase(state, now, options) === 'open') {
    return holds && !open.holds ? { ...state, open: { ...open, cause, holds } } : state
  }
  const isCalm = open === undefined && now - state.closedAt >= options.calmMs
  const openings = isCalm ? 1 : state.openings + 1
  return { ...state, openings, open: { at: now, cause, holds, probing: [], passed: 0 } }
}

/** A person closes it, and says why; it is calm from then on. Throws RangeError without a reason. */
export function release(state: State, now: number, reason: string): State {
  if (reason.trim() === '') throw new RangeError('breaker: closing it needs a reason')
  return { openings: 0, closedAt: now, probes: state.probes }
}
