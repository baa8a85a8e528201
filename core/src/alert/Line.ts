/**
 * What waits to be told on one channel, as data: groups that gather, messages that are being sent or tried again, and
 * those that are dead. Pure; times are Unix milliseconds. Nothing is lost when who keeps it is evicted: a message that was
 * taken and has no outcome within a minute is taken again, under the same id.
 */
import { isAtLeast, type Alert, type Channel, type Message, type Severity } from './Alert.ts'
import { quietUntil } from './Quiet.ts'

type Gathering = Omit<Message, 'id'> & { readonly group: string; readonly due: number }
type Sending = { readonly message: Message; readonly tries: number; readonly due: number }

export type Line = {
  readonly lastId: number
  readonly gathering: readonly Gathering[]
  readonly sending: readonly Sending[]
  /** Messages that may be sent now, and when that was reckoned. */
  readonly allowance: readonly [messages: number, at: number]
  /** The channel said to wait until then. */
  readonly heldUntil: number
  /** The last ones; they can be sent again by hand. */
  readonly dead: readonly Message[]
}

export type Outcome =
  | { readonly ok: true }
  /** `isFinal`: trying again would not help. `retryAfterMs`: the channel said so. */
  | { readonly ok: false; readonly isFinal?: boolean; readonly retryAfterMs?: number }

/** Alerts that a message shows; of more, it says the number. */
const SHOWN = 5
const GROUPS = 100
const SENDING = 100
const DEAD = 50
const LEASE = 60_000
const DIGEST = 'digest'
const OTHERS = 'others'

export const empty: Line = {
  lastId: 0,
  gathering: [],
  sending: [],
  allowance: [Number.MAX_SAFE_INTEGER, 0],
  heldUntil: 0,
  dead: [],
}

/** An alert comes in: it joins its group, or begins one. */
export function offer(line: Line, channel: Channel, alert: Alert): Line {
  if (!isAtLeast(alert.severity, channel.from)) return line
  const isDigest = channel.digest !== undefined && !isAtLeast(alert.severity, channel.digest.below)
  const wanted = isDigest ? DIGEST : `of:${alert.group}`
  const isFull = line.gathering.length >= GROUPS && !line.gathering.some(({ group }) => group === wanted)
  const group = isFull ? OTHERS : wanted
  const known = line.gathering.find((each) => each.group === group)
  const wait = isDigest ? channel.digest.everyMs : channel.groupMs
  const joined: Gathering =
    known === undefined
      ? {
          group,
          due: alert.at + wait,
          severity: alert.severity,
          from: alert.at,
          to: alert.at,
          count: 1,
          alerts: [alert],
        }
      : {
          ...known,
          // A group is told as soon as the most urgent of it wants to be.
          due: Math.min(known.due, alert.at + wait),
          severity: isAtLeast(alert.severity, known.severity) ? alert.severity : known.severity,
          from: Math.min(known.from, alert.at),
          to: Math.max(known.to, alert.at),
          count: known.count + 1,
          alerts: [...known.alerts, alert].slice(-SHOWN),
        }
  return { ...line, gathering: [...line.gathering.filter((each) => each !== known), joined] }
}

/** The message to send now, if there is one: the most severe first. Its outcome is told by `settle`. */
export function take(line: Line, channel: Channel, now: number): { line: Line; message?: Message } {
  const allowed = allowance(line, channel, now)
  if (allowed < 1 || now < line.heldUntil) return { line }
  const isQuiet = channel.quiet !== undefined && quietUntil(channel.quiet, now) > now
  const mayTell = (severity: Severity): boolean => !isQuiet || isAtLeast(severity, channel.quiet!.but)
  const again = mostSevere(
    line.sending.filter(({ message, due }) => due <= now && mayTell(message.severity)),
    ({ message }) => message.severity,
  )
  const fresh =
    line.sending.length >= SENDING
      ? undefined
      : mostSevere(
          line.gathering.filter(({ severity, due }) => due <= now && mayTell(severity)),
          ({ severity }) => severity,
        )
  const spent = { ...line, allowance: [allowed - 1, now] as const }
  if (again !== undefined && (fresh === undefined || isAtLeast(again.message.severity, fresh.severity))) {
    const next = { ...again, tries: again.tries + 1, due: now + LEASE }
    return {
      line: { ...spent, sending: line.sending.map((each) => (each === again ? next : each)) },
      message: again.message,
    }
  }
  if (fresh === undefined) return { line }
  const { group: _group, due: _due, ...rest } = fresh
  const message: Message = { id: line.lastId + 1, ...rest }
  return {
    line: {
      ...spent,
      lastId: message.id,
      gathering: line.gathering.filter((each) => each !== fresh),
      sending: [...line.sending, { message, tries: 1, due: now + LEASE }],
    },
    message,
  }
}

/** How it went. Of a message that nobody waits for, nothing follows. */
export function settle(line: Line, channel: Channel, now: number, id: number, outcome: Outcome): Line {
  const sent = line.sending.find(({ message }) => message.id === id)
  if (sent === undefined) return line
  const others = line.sending.filter((each) => each !== sent)
  if (outcome.ok) return { ...line, sending: others }
  const { tries, firstMs, longestMs } = channel.retry
  if (outcome.isFinal === true || sent.tries >= tries) {
    return { ...line, sending: others, dead: [...line.dead, sent.message].slice(-DEAD) }
  }
  const wait = Math.min(longestMs, firstMs * 2 ** Math.min(sent.tries - 1, 40))
  const heldUntil =
    outcome.retryAfterMs === undefined ? line.heldUntil : Math.max(line.heldUntil, now + outcome.retryAfterMs)
  return { ...line, heldUntil, sending: [...others, { ...sent, due: now + wait }] }
}

/** A dead message is tried again from the beginning. */
export function revive(line: Line, now: number, id: number): Line {
  const message = line.dead.find((each) => each.id === id)
  if (message === undefined) return line
  const dead = line.dead.filter((each) => each !== message)
  return { ...line, dead, sending: [...line.sending, { message, tries: 0, due: now }] }
}

/** When `take` is to be asked again; Infinity: when there is something new. */
export function nextAt(line: Line, channel: Channel, now: number): number {
  const missing = Math.max(0, 1 - allowance(line, channel, now))
  const open = Math.max(now, line.heldUntil, now + Math.ceil((missing * channel.limit.perMs) / channel.limit.messages))
  const when = (due: number, severity: Severity): number => {
    const at = Math.max(open, due)
    return channel.quiet === undefined || isAtLeast(severity, channel.quiet.but) ? at : quietUntil(channel.quiet, at)
  }
  const fresh = line.sending.length >= SENDING ? [] : line.gathering
  return Math.min(
    Infinity,
    ...line.sending.map(({ due, message }) => when(due, message.severity)),
    ...fresh.map(({ due, severity }) => when(due, severity)),
  )
}

function allowance({ allowance: [messages, at] }: Line, { limit }: Channel, now: number): number {
  return Math.min(limit.messages, messages + (Math.max(0, now - at) * limit.messages) / limit.perMs)
}

function mostSevere<T>(all: readonly T[], severityOf: (each: T) => Severity): T | undefined {
  return all.reduce<T | undefined>(
    (most, each) => (most === undefined || !isAtLeast(severityOf(most), severityOf(each)) ? each : most),
    undefined,
  )
}
