/**
 * Turns: how parallel calls of one unmodified client on one channel are served, though they all carry the same
 * voucher maximum and the client follows one correction at a time (protocol "Turns", rules 1–6).
 *
 * Pure: a turn is an immutable value, the time (Unix milliseconds) is an argument. What a voucher is worth changes
 * with every call that is served, so the ledger's part comes in as a `Port` that is asked right before each decision.
 */

/** How long a turn waits for its holder's retry, in milliseconds. */
export const TURN_MS = 5_000
/** How long a turn waits for its holder's deposit to be mined, at the very most, in milliseconds. */
export const DEPOSIT_MS = 120_000
/** How many calls wait on one channel. */
export const PARKED_MAX = 256

/** What Turns have to know of a call. */
export type Call = {
  /** The quote id that the caller echoed; for a caller that echoed none, something of its own, such as its signature. */
  readonly name: string
  /** The caller echoed no quote id: its retry could not be told from other calls. */
  readonly anonymous: boolean
  /** The voucher's maximum. */
  readonly max: bigint
  /** The id under which this call's deposit would be submitted. */
  readonly depositId?: string
}

/** Who is to come next. */
export type Holder = {
  readonly name: string
  readonly kind: 'correction' | 'deposit' | 'observation'
  /** The maximum that is right for the holder, whatever ended meanwhile. */
  readonly asked: bigint
  readonly until: number
  readonly depositId?: string
}

export type Turn<C extends Call> = { readonly holder: Holder | undefined; readonly parked: readonly C[] }

/**
 * What the ledger says of a call right now. `deposit`: right, and its deposit is wanted. `reread`: right but short of
 * funds, and it is time to look at the chain again. `unknown`: the channel was never looked at. `final`: its answer
 * depends on no turn.
 */
export type Verdict = 'right' | 'stale' | 'deposit' | 'reread' | 'unknown' | 'final'

export type Judgement = {
  readonly verdict: Verdict
  /** What a corrective would ask for: `base + hold`. */
  readonly asked: bigint
  /** Claims have shown this voucher to everybody. */
  readonly isPublic: boolean
  /** This call had its one correction. */
  readonly corrected: boolean
}

/** What becomes of a call. `join`: its deposit is under way already. */
export type Action = 'serve' | 'correct' | 'deposit' | 'join' | 'observe' | 'answer' | 'busy'

export type Port<C extends Call, J extends Judgement = Judgement> = {
  /** `asked`: what the caller was asked for, given only when it holds the turn. */
  judge(call: C, asked: bigint | undefined): J
  /** Does it and answers the caller. `holder`: given only when the caller holds the turn. */
  act(call: C, action: Action, judgement: J, holder: Holder | undefined): void
}

export const idle: Turn<never> = { holder: undefined, parked: [] }

/** A call arrives: it is decided, or parked; and if it ends a turn, parked calls are decided after it, in order. */
export function offer<C extends Call, J extends Judgement>(
  turn: Turn<C>,
  call: C,
  now: number,
  port: Port<C, J>,
): Turn<C> {
  return drain(step(turn, call, now, port), now, port)
}

/** The turn is over (its deposit failed, or the chain was looked at): parked calls are decided in order. */
export function end<C extends Call, J extends Judgement>(turn: Turn<C>, now: number, port: Port<C, J>): Turn<C> {
  return drain(closed(turn), now, port)
}

/** The holder's deposit was mined: it has the usual time to come back. */
export function mined<C extends Call>(turn: Turn<C>, now: number): Turn<C> {
  return turn.holder === undefined ? turn : { ...turn, holder: { ...turn.holder, until: now + TURN_MS } }
}

/**
 * Ends a turn that ran out of time: every parked call is decided at once, the right ones served, the stale ones
 * corrected without a turn. A deposit that is wanted opens a turn, and those behind it stay parked; but when it was a
 * deposit that took too long, those who bring another are sent away: their callers may be gone, and one after the
 * other they would block the channel for hours.
 */
export function lapse<C extends Call, J extends Judgement>(turn: Turn<C>, now: number, port: Port<C, J>): Turn<C> {
  if (turn.holder === undefined || now < turn.holder.until) return turn
  let next: Turn<C> = idle
  for (const call of turn.parked) next = step(next, call, now, port, turn.holder)
  // One of them may have opened a turn and another call of its name ended it: nobody stays behind.
  return drain(next, now, port)
}

function drain<C extends Call, J extends Judgement>(turn: Turn<C>, now: number, port: Port<C, J>): Turn<C> {
  let next = turn
  while (next.holder === undefined && next.parked.length > 0) {
    const [first, ...parked] = next.parked
    next = step({ holder: undefined, parked }, first!, now, port)
  }
  return next
}

function step<C extends Call, J extends Judgement>(
  turn: Turn<C>,
  call: C,
  now: number,
  port: Port<C, J>,
  lapsed?: Holder,
): Turn<C> {
  const { holder } = turn
  const mine = holder?.name === call.name
  const judgement = port.judge(call, mine ? holder.asked : undefined)
  const act = (action: Action): void => port.act(call, action, judgement, mine ? holder : undefined)
  if (judgement.verdict === 'final') {
    act('answer')
    return mine ? closed(turn) : turn
  }
  if (holder !== undefined && !mine) return wait(turn, call, judgement, act)
  switch (judgement.verdict) {
    case 'right':
      act('serve')
      return closed(turn)
    case 'reread':
      act('observe')
      return turn
    case 'unknown':
      act('observe')
      return mine || lapsed !== undefined ? turn : held(turn, call, 'observation', 0n, now + TURN_MS)
    case 'deposit':
      if (mine && holder.kind === 'deposit') {
        act('join')
        return turn
      }
      if (lapsed?.kind === 'deposit') {
        act('busy')
        return turn
      }
      act('deposit')
      return judgement.isPublic ? closed(turn) : held(turn, call, 'deposit', call.max, now + DEPOSIT_MS)
    case 'stale': {
      const takes = !mine && lapsed === undefined && !call.anonymous && !judgement.isPublic && !judgement.corrected
      act('correct')
      return takes ? held(turn, call, 'correction', judgement.asked, now + TURN_MS) : closed(turn)
    }
  }
}

/** While another call holds the turn: parked, right or not, unless waiting is not for this one. */
function wait<C extends Call>(turn: Turn<C>, call: C, judgement: Judgement, act: (action: Action) => void): Turn<C> {
  if (judgement.isPublic || (call.anonymous && judgement.verdict === 'stale')) {
    act('correct')
    return turn
  }
  if (turn.parked.length >= PARKED_MAX) {
    act('busy')
    return turn
  }
  return { ...turn, parked: [...turn.parked, call] }
}

function closed<C extends Call>(turn: Turn<C>): Turn<C> {
  return turn.holder === undefined ? turn : { ...turn, holder: undefined }
}

function held<C extends Call>(turn: Turn<C>, call: C, kind: Holder['kind'], asked: bigint, until: number): Turn<C> {
  const deposit = kind === 'deposit' && call.depositId !== undefined ? { depositId: call.depositId } : {}
  return { ...turn, holder: { name: call.name, kind, asked, until, ...deposit } }
}
