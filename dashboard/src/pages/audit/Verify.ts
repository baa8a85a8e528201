/** Verifying the whole chain, part after part, and heads that people keep. */
import { api, data } from '../../api/Client.ts'
import type { components } from '../../api/Schema.d.ts'

export type Verdict = components['schemas']['AuditVerdict']
export type Head = Verdict['head']
export type Flaw = Verdict['flaws'][number]

export type Found = { ok: boolean; checked: number; head: Head; flaws: Flaw[] }

/** One part of the chain: entries after `after`. */
export type Ask = (query: { after?: number; keptSeq?: number; keptHash?: string }) => Promise<Verdict>

/** @throws {ApiProblem} */
export const ask =
  (signal: AbortSignal): Ask =>
  (query) =>
    data(api.GET('/audit/verify', { params: { query }, signal }))

/** Verifies from the first entry to the last. `kept`: has to be in the chain. */
export async function verify(ask: Ask, kept: Head | undefined, told: (checked: number) => void): Promise<Found> {
  // A kept head is looked up once; asked for with each part it would be found lost as often.
  let query: Parameters<Ask>[0] = kept === undefined ? {} : { keptSeq: kept.seq, keptHash: kept.hash }
  let checked = 0
  const flaws: Flaw[] = []
  for (;;) {
    const part = await ask(query)
    checked += part.checked
    flaws.push(...part.flaws)
    told(checked)
    if (part.nextAfter === null) return { ok: flaws.length === 0, checked, head: part.head, flaws: unique(flaws) }
    query = { after: part.nextAfter }
  }
}

/** Heads that the service recorded are looked at with every part. */
function unique(flaws: readonly Flaw[]): Flaw[] {
  const known = new Map(flaws.map((flaw) => [`${flaw.seq} ${flaw.what}`, flaw]))
  return [...known.values()].toSorted((a, b) => a.seq - b.seq)
}

/** The head that somebody kept, from the text of its file or as `<number> <hash>`; undefined for another text. */
export function parseHead(text: string): Head | undefined {
  const seq = /(?:^|"seq"\s*:)\s*(\d{1,15})\b/.exec(text)?.[1]
  const hash = /(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])/.exec(text.toLowerCase())?.[0]
  return seq === undefined || hash === undefined ? undefined : { seq: Number(seq), hash }
}

/** The text of the file of a head. */
export function printHead(head: Head, of: { owner: string; mode: string; at: string }): string {
  return `${JSON.stringify({ audit: `${of.owner}/${of.mode}`, seq: head.seq, hash: head.hash, at: of.at }, undefined, 2)}\n`
}
