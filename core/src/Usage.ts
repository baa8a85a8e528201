/**
 * What was used: found out from what an upstream sends, byte by byte as it goes past, in the language of its kind.
 *
 * A request is prepared (`prepare`), its answer is read (`reader`). Both are pure: bytes in, bytes and counts out.
 */
import { parse } from './usage/Adapter.ts'
import { EventReader } from './usage/EventReader.ts'
import * as Generic from './usage/Generic.ts'
import * as Protocol from './usage/Protocol.ts'
import { Tally } from './usage/Tally.ts'
import type { Adapter, Answer, Reader } from './usage/Types.ts'
import { WholeReader } from './usage/WholeReader.ts'

export { prepare } from './usage/Request.ts'
export type { Adapter, Answer, Cause, Outcome, Prepared, Reader, Units } from './usage/Types.ts'

/** The header by which an upstream says in our words what was used. */
export const HEADER = 'pbstream-usage'

const EVENTS = /^\s*text\/event-stream\b/i
const JSON_TYPE = /^\s*application\/(?:[\w.+-]+\+)?json\b/i

/** What a route names; `undefined`: nothing, or no adapter. */
export function parseAdapter(text: string | null): Adapter | undefined {
  return text === null ? undefined : parse(text)
}

/** Whether a request of such a route has to be read whole, and may have to be changed, before it is sent on. */
export function needsBody(adapter: Adapter | undefined): boolean {
  return adapter?.kind === 'openai' || adapter?.kind === 'anthropic'
}

/** A reader for an answer; `undefined` where nothing can be read from it: then nothing is known of its usage. */
export function reader(adapter: Adapter, answer: Answer): Reader | undefined {
  const tally = new Tally(answer.prepared.bounds['input_token'])
  if (adapter.kind === 'header') {
    Generic.report(Generic.header(answer.header(HEADER)), tally)
    return new WholeReader(undefined, tally)
  }
  const coding = answer.contentEncoding?.trim().toLowerCase() ?? ''
  if (coding !== '' && coding !== 'identity') return undefined
  const protocol = Protocol.of(adapter, tally)
  const type = answer.contentType ?? ''
  const isEvents = EVENTS.test(type)
  // Some servers forget to say what they stream.
  if (isEvents || (answer.prepared.stream && !JSON_TYPE.test(type))) {
    return new EventReader(protocol, tally, answer.prepared.hides)
  }
  return adapter.kind !== 'events' && JSON_TYPE.test(type) ? new WholeReader(protocol, tally) : undefined
}
