/**
 * Hands messages to the queues. Outside of any commit: what is handed over is durable already, and what is not taken
 * is handed over again, so a message may arrive twice and never not at all.
 */
import type { Hex } from '@pbstream/core/Hex'
import type { SessionEvent } from '@pbstream/core/message/Event'
import type { ClaimMessage } from '@pbstream/core/message/Settlement'
import type { Book } from './Book.ts'
import { lossOf, sessionEvent, snapshot } from './Messages.ts'
import type { StreamSessionEnv } from './Settings.ts'
import type { Store } from './Store.ts'

/** Up to where the events queue has the journal, and what Sentinel tells. */
export type Sent = { sent: number; told: number }

/** A queue message may have 128,000 bytes, about 100 of which are metadata. */
const MESSAGE_BYTES_MAX = 120_000
const ROWS_MAX = 100
/** Messages that one flush sends; the alarm comes back for the rest. */
const MESSAGES_MAX = 20
/** Queues have been seen to hang for a minute when they are overloaded. */
const SEND_MS = 15_000

/**
 * Sends claims.
 *
 * @returns the channels whose messages were not taken.
 */
export async function sendClaims(env: StreamSessionEnv, claims: ClaimMessage[]): Promise<Hex[]> {
  const failed: Hex[] = []
  for (let first = 0; first < claims.length; first += ROWS_MAX) {
    const batch = claims.slice(first, first + ROWS_MAX)
    try {
      await within(SEND_MS, env.CLAIMS.sendBatch(batch.map((body) => ({ body, contentType: 'json' }))))
    } catch {
      failed.push(...batch.map(({ channelId }) => channelId))
    }
  }
  return failed
}

/**
 * Sends the journal rows and what Sentinel tells that the events queue does not have yet, oldest first.
 *
 * @throws when the queue does not take a message; those before it are counted by `onSent`.
 */
export async function sendEvents(
  env: StreamSessionEnv,
  book: Book,
  store: Store,
  onSent: (sent: Sent) => void,
): Promise<void> {
  let { sent, told } = book.positions
  for (let messages = 0; messages < MESSAGES_MAX; messages++) {
    const next = nextEvent(book, store, { sent, told })
    if (next === undefined) return
    const { event } = next
    for (const row of event.rows) {
      const incident = lossOf(event.session, row)
      if (incident !== undefined) await within(SEND_MS, env.EVENTS.send(incident, { contentType: 'json' }))
    }
    await within(SEND_MS, env.EVENTS.send(event, { contentType: 'json' }))
    ;({ sent, told } = next)
    onSent({ sent, told })
  }
}

function nextEvent(
  book: Book,
  store: Store,
  { sent: after, told }: Sent,
): (Sent & { event: SessionEvent }) | undefined {
  const { session } = book
  if (session === undefined) return undefined
  for (let limit = ROWS_MAX; limit >= 1; limit = Math.floor(limit / 2)) {
    const rows = store.journal(after, limit)
    const news = store.memory.news(told, limit)
    if (rows.length === 0 && news === undefined) return undefined
    const channelIds = new Set(rows.map(({ channelId }) => channelId))
    const channels = [...channelIds].flatMap((channelId) => {
      const channel = book.channel(channelId)
      return channel === undefined ? [] : [snapshot(channel)]
    })
    const sent = rows.at(-1)?.seq ?? after
    const event = sessionEvent(session, rows, channels, book.totals(after, sent), news?.news)
    if (limit === 1 || bytes(event) <= MESSAGE_BYTES_MAX) return { event, sent, told: news?.last ?? told }
  }
  return undefined
}

function bytes(event: SessionEvent): number {
  return new TextEncoder().encode(JSON.stringify(event)).byteLength
}

/** Waits for `work`, but not longer than `ms`; what comes of it later is not looked at. */
async function within(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('the queue took too long')), ms)
  })
  try {
    await Promise.race([work, late])
  } finally {
    if (timer !== undefined) clearTimeout(timer)
  }
}
