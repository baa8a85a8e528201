import type { SessionReply, SessionReserve } from '@pbstream/core/message/PaidSession'
import type { Report, ReportReply, Reserve, ReserveReply, StreamSessionApi } from '@pbstream/core/message/Session'

/** How often a report is tried before its reservation is left to expire, and the pause before each new try. */
const PAUSES_MS = [100, 400, 1600]
/** How long a report waits for company, in milliseconds: one that changes what the next call has to pay, and others. */
export const SOON_MS = 5
export const LATER_MS = 40
/** A report that travels with others and is not heard of for this long is sent again: reports are idempotent. */
const COMPANY_MS = 5_000
/** At most this many reports travel in one call. */
const MAX_BATCH = 256

/** `retry`: it is not known to have arrived. `undefined`: it was tried often enough, or nobody hears the reply. */
type Outcome = ReportReply | 'retry' | undefined
/** `heard`: somebody acts on the reply, and only a call of `report` brings one. */
type Entry = { report: Report; heard: boolean; settle: (outcome: Outcome) => void }

/** Reports that wait for a call to their object. Of this isolate: requests come and go, these are theirs in common. */
const waiting = new Map<string, Entry[]>()

/**
 * Sends a report to a session, and brings back what became of it. Reports of this isolate for one object gather for a
 * moment and travel together, so a busy session costs little more than one call a request.
 *
 * Answers `undefined` when the report could not be delivered: the reservation then expires, and the payer is not
 * charged for more than its last mark.
 *
 * @param open gives a fresh stub: one that has failed once stays broken.
 */
export function report(
  name: string,
  open: () => StreamSessionApi,
  what: Report,
  patienceMs = SOON_MS,
): Promise<ReportReply | undefined> {
  return gather(name, open, what, patienceMs, true)
}

/**
 * As `report`, where nobody asks what became of it: at best it travels along with the next reservation, whose reply says
 * that it was written and not what it did. Done when it has arrived or was given up.
 */
export async function tell(
  name: string,
  open: () => StreamSessionApi,
  what: Report,
  patienceMs = SOON_MS,
): Promise<void> {
  await gather(name, open, what, patienceMs, false)
}

async function gather(
  name: string,
  open: () => StreamSessionApi,
  what: Report,
  patienceMs: number,
  heard: boolean,
): Promise<ReportReply | undefined> {
  const { promise, resolve: settle } = Promise.withResolvers<Outcome>()
  const entry = { report: what, heard, settle }
  waiting.set(name, [...(waiting.get(name) ?? []), entry])
  await new Promise((done) => setTimeout(done, patienceMs))
  const gathered = waiting.get(name)
  if (gathered?.includes(entry) === true) {
    waiting.delete(name)
    await sendAll(open, gathered)
  }
  const outcome = await within(promise, COMPANY_MS)
  return outcome === 'retry' ? (await send(open, [what]))?.[0] : outcome
}

/** Asks a session for money, and takes along what it is to be told (`tell`). */
export function reserve(name: string, open: () => StreamSessionApi, command: Reserve): Promise<ReserveReply> {
  return carrying(name, (reports) =>
    reports === undefined ? open().reserve(command) : open().reserve(command, reports),
  )
}

/** As `reserve`, in session mode. */
export function pay(name: string, open: () => StreamSessionApi, command: SessionReserve): Promise<SessionReply> {
  return carrying(name, (reports) => (reports === undefined ? open().pay(command) : open().pay(command, reports)))
}

async function carrying<Reply extends ReserveReply | SessionReply>(
  name: string,
  call: (reports: Report[] | undefined) => Promise<Reply>,
): Promise<Reply> {
  const carried: Entry[] = []
  const staying: Entry[] = []
  for (const entry of waiting.get(name) ?? []) {
    const { kind } = entry.report
    const goes = !entry.heard && (kind === 'post' || kind === 'void') && carried.length < MAX_BATCH
    ;(goes ? carried : staying).push(entry)
  }
  if (carried.length === 0) return call(undefined)
  if (staying.length > 0) waiting.set(name, staying)
  else waiting.delete(name)
  let outcome: Outcome = 'retry'
  try {
    const reply = await call(carried.map((entry) => entry.report))
    // A group that was not written is refused so, and its reports are gone with it.
    if (reply.kind !== 'refused' || reply.code !== 'temporarily_unavailable') outcome = undefined
    return reply
  } finally {
    for (const entry of carried) entry.settle(outcome)
  }
}

async function sendAll(open: () => StreamSessionApi, entries: Entry[]): Promise<void> {
  for (let i = 0; i < entries.length; i += MAX_BATCH) {
    const batch = entries.slice(i, i + MAX_BATCH)
    const reports = batch.map((entry) => entry.report)
    const replies = await send(open, reports)
    for (const [j, entry] of batch.entries()) entry.settle(replies?.[j])
  }
}

/** The platform may cancel the request that sends for others: then nobody would ever settle this one. */
async function within(promise: Promise<Outcome>, ms: number): Promise<Outcome> {
  let timer: ReturnType<typeof setTimeout> | null = null
  const late = new Promise<Outcome>((resolve) => {
    timer = setTimeout(() => resolve('retry'), ms)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

/** One call with a few tries; `undefined` when none got through. */
async function send(open: () => StreamSessionApi, reports: Report[]): Promise<ReportReply[] | undefined> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await open().report(1, reports)
    } catch (error) {
      const pause = PAUSES_MS[attempt]
      if (pause === undefined || isOverloaded(error)) return undefined
      await new Promise((done) => setTimeout(done, pause))
    }
  }
}

/** The platform says that trying again makes it worse. */
function isOverloaded(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'overloaded' in error && error.overloaded === true
}
