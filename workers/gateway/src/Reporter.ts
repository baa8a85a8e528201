import type { Report, ReportReply, StreamSessionApi } from '@pbstream/core/message/Session'

/** How often a report is tried before its reservation is left to expire, and the pause before each new try. */
const PAUSES_MS = [100, 400, 1600]
/** A follower whose leader is not heard of for this long sends its own report: reports are idempotent. */
const LEADER_MS = 5_000
/** At most this many reports travel in one call. */
const MAX_BATCH = 256

type Entry = {
  report: Report
  /** Ends the wait: with the reply, or with the leadership of those that still wait. */
  wake: (outcome: { reply: ReportReply } | 'lead' | 'failed') => void
}

/** Reports of one object that wait for the call under way to return. */
type Lane = { busy: boolean; waiting: Entry[] }

/** Of this isolate: requests come and go, the lanes are theirs in common. */
const lanes = new Map<string, Lane>()

/**
 * Sends a report to a session. While one call to that object is under way, further reports of this isolate gather and
 * travel together in the next one, so a busy session costs one call a round trip and not one a request.
 *
 * Answers `undefined` when the report could not be delivered: the reservation then expires, and the payer is not
 * charged for more than its last mark.
 *
 * @param open gives a fresh stub: one that has failed once stays broken.
 */
export async function report(
  name: string,
  open: () => StreamSessionApi,
  what: Report,
): Promise<ReportReply | undefined> {
  const lane = lanes.get(name) ?? { busy: false, waiting: [] }
  lanes.set(name, lane)
  if (!lane.busy) return lead(name, lane, open, what)
  const outcome = await follow(name, lane, what)
  if (outcome === 'lead') return lead(name, lane, open, what)
  if (outcome === 'failed') return (await send(open, [what]))?.[0]
  return outcome.reply
}

/** Sends its own report and everything that waits, then hands over to the first of those that came meanwhile. */
async function lead(
  name: string,
  lane: Lane,
  open: () => StreamSessionApi,
  own: Report,
): Promise<ReportReply | undefined> {
  lane.busy = true
  // Reports that are made in the same tick travel along.
  await Promise.resolve()
  const batch = lane.waiting.splice(0, MAX_BATCH - 1)
  try {
    const replies = await send(open, [own, ...batch.map((entry) => entry.report)])
    batch.forEach((entry, i) => {
      const reply = replies?.[i + 1]
      entry.wake(reply === undefined ? 'failed' : { reply })
    })
    return replies?.[0]
  } finally {
    const next = lane.waiting.shift()
    if (next === undefined) {
      lane.busy = false
      if (lanes.get(name) === lane) lanes.delete(name)
    } else next.wake('lead')
  }
}

async function follow(name: string, lane: Lane, what: Report): Promise<{ reply: ReportReply } | 'lead' | 'failed'> {
  const { promise, resolve } = Promise.withResolvers<{ reply: ReportReply } | 'lead' | 'failed'>()
  const entry: Entry = { report: what, wake: resolve }
  lane.waiting.push(entry)
  // The leader's request may be cancelled by the platform: then nobody would ever wake this one.
  const timer = setTimeout(() => {
    const index = lane.waiting.indexOf(entry)
    if (index >= 0) lane.waiting.splice(index, 1)
    if (lanes.get(name) === lane) lanes.delete(name)
    resolve('failed')
  }, LEADER_MS)
  try {
    return await promise
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
