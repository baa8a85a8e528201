/**
 * Whether the rows of the journal are all there, once each, and come to what the numbers of their channels say.
 *
 * A session numbers its journal without gaps, and each charge says what its channel has spent after it. So a row that
 * was lost is a number that no row has, and a charge that is there twice, or with another amount, does not follow from
 * the charge before it. Each row is read once; what comes behind a flaw is read again until the flaw is gone.
 */
import type { Hex } from '@pbstream/core/Hex'
import * as ChargeRows from '@pbstream/db/ChargeRows'
import type { Database } from '@pbstream/db/Database'
import type { ChannelRow } from '@pbstream/db/Reconciliation'

/** Rows of each kind that are read of a session at once. */
export const ROWS_MAX = 1_000
/** Times in one run that more is read of a session that has more. */
export const MORE_MAX = 40
/** Gaps that an incident names. */
const SHOWN = 10

/** What is wrong with the rows of a channel. Rows by their numbers in the session's journal. */
export type Flaw = {
  missing: string
  twice: string
  /** What the charges come to by their amounts, and by what the session said after the last of them. */
  recorded?: bigint
  spent?: bigint
  /** Stays while this flaw does, however the journal goes on behind it. */
  mark: string
}

type Charge = Awaited<ReturnType<typeof ChargeRows.chargesAfter>>[number]
type Movement = Awaited<ReturnType<typeof ChargeRows.movementsAfter>>[number]
type Journal = {
  /** Added up so far, and the newest row that is known to exist. */
  from: number
  last: number
  totals: ReadonlyMap<Hex, ChargeRows.Total>
  charges: Charge[]
  movements: Movement[]
  /** So many rows of a kind: there may be more. */
  limit: number
}
type Walk = {
  /** Up to here nothing is wrong, and the totals that follow from that. */
  seq: number
  added: Map<Hex, ChargeRows.Total>
  /** What each channel has spent by the last charge that was read, flaws or not. */
  spent: Map<Hex, bigint>
  flaws: Map<Hex, Flaw>
  /** All rows that there are were read. */
  whole: boolean
  /** Rows that are missing at the end of them. */
  tail: string
}
type Numbers = Pick<Flaw, 'recorded' | 'spent'>

/** Goes through rows in the order of the journal. Pure. */
export function walk({ from, last, totals, charges, movements, limit }: Journal): Walk {
  const ends = [charges, movements].flatMap((rows) => (rows.length < limit ? [] : [rows.at(-1)?.seq ?? 0]))
  const end = Math.min(Infinity, ...ends)
  const rows = [...charges, ...movements].filter(({ seq }) => seq <= end).sort((a, b) => a.seq - b.seq)
  const charged = new Map(charges.map((charge) => [charge.seq, charge]))
  const moved = new Set(movements.map(({ seq }) => seq))
  const at: Walk = start(from)
  const missing: string[] = []
  const twice: string[] = []
  const broken = new Map<Hex, Numbers>()
  let before = from
  let behind: Hex | undefined
  for (const row of rows) {
    if (row.seq === before) continue
    if (row.seq > before + 1) missing.push(range(before + 1, row.seq - 1))
    before = row.seq
    const charge = charged.get(row.seq)
    if (charge !== undefined && moved.has(row.seq)) twice.push(String(row.seq))
    if (charge !== undefined) follow(charge, totals.get(row.channelId), at, broken)
    if (missing.length + twice.length + broken.size > 0) {
      behind ??= row.channelId
      continue
    }
    at.seq = row.seq
    const spent = at.spent.get(row.channelId)
    if (charge !== undefined && spent !== undefined) at.added.set(row.channelId, { seq: row.seq, total: spent })
  }
  at.whole = ends.length === 0
  if (at.whole && last > before) at.tail = range(before + 1, last)
  // What was no charge, or the first of its channel, shows in no total: the next row's channel stands for it.
  if (behind !== undefined && broken.size === 0) broken.set(behind, {})
  for (const [channelId, numbers] of broken) {
    const mark = [missing[0], twice[0], numbers.recorded].join('/')
    at.flaws.set(channelId, { missing: shown(missing), twice: shown(twice), ...numbers, mark })
  }
  return at
}

function start(seq: number): Walk {
  return { seq, added: new Map(), spent: new Map(), flaws: new Map(), whole: true, tail: '' }
}

/** Takes a charge on from the one before it on its channel. */
function follow(
  { seq, channelId, amount, cumulative }: Charge,
  known: ChargeRows.Total | undefined,
  { spent }: Walk,
  broken: Map<Hex, Numbers>,
): void {
  // Another run has counted it.
  if (known !== undefined && seq <= known.seq) return
  const before = spent.get(channelId) ?? known?.total
  const after = before === undefined ? undefined : before + BigInt(amount)
  // A channel that is found on chain begins with what was claimed on it before: its first charge says with what.
  const said = cumulative === null ? after : BigInt(cumulative)
  if (after !== undefined && said !== after && !broken.has(channelId)) {
    broken.set(channelId, { recorded: after, ...(said !== undefined && { spent: said }) })
  }
  if (said !== undefined) spent.set(channelId, said)
}

function range(first: number, last: number): string {
  return first === last ? String(first) : `${first}-${last}`
}

function shown(ranges: string[]): string {
  return ranges.length <= SHOWN ? ranges.join() : `${ranges.slice(0, SHOWN).join()} and more`
}

/**
 * What is wrong with the rows of these channels (at most 90). `spent`: what their sessions say, in so far as they answer.
 * `more.left` falls with what is read beyond the first.
 */
export async function flawsOf(
  db: Database,
  rows: ChannelRow[],
  spent: ReadonlyMap<Hex, string>,
  now: Date,
  more: { left: number },
): Promise<Map<Hex, Flaw>> {
  const flaws = new Map<Hex, Flaw>()
  const sessions = [...new Set(rows.map(({ session }) => session))]
  if (sessions.length === 0) return flaws
  const lasts = new Map((await ChargeRows.lastRows(db, sessions)).map(({ session, seq }) => [session, seq]))
  const places = await ChargeRows.placesOf(db, sessions)
  const totals = await ChargeRows.totalsOf(
    db,
    rows.map(({ id }) => id),
  )
  for (const session of sessions) {
    const own = rows.filter((row) => row.session === session)
    const seen = await readOn(db, session, places.get(session) ?? 0, lasts.get(session) ?? 0, totals, now, more)
    for (const row of own) {
      const flaw = seen.flaws.get(row.id) ?? (spent.get(row.id) === row.spent ? atTheEnd(row, seen, totals) : undefined)
      if (flaw !== undefined) flaws.set(row.id, flaw)
    }
  }
  return flaws
}

/**
 * When all there is was read: whether the charges come to what the channel has spent. Asked when its row has what its
 * session says: while that is on its way, so are the charges.
 */
function atTheEnd(row: ChannelRow, seen: Walk, totals: ReadonlyMap<Hex, ChargeRows.Total>): Flaw | undefined {
  const recorded = seen.spent.get(row.id) ?? totals.get(row.id)?.total
  const spent = BigInt(row.spent)
  if (!seen.whole || recorded === undefined || recorded === spent) return undefined
  return { missing: seen.tail, twice: '', recorded, spent, mark: `${row.revision}/${recorded}` }
}

/** Adds up what a session's journal has more, and remembers it. `totals` learns what was read. */
async function readOn(
  db: Database,
  session: string,
  from: number,
  last: number,
  totals: Map<Hex, ChargeRows.Total>,
  now: Date,
  more: { left: number },
): Promise<Walk> {
  let seen = start(from)
  if (last <= from) return seen
  do {
    const charges = await ChargeRows.chargesAfter(db, session, seen.seq, ROWS_MAX)
    const movements = await ChargeRows.movementsAfter(db, session, seen.seq, ROWS_MAX)
    const unknown = [...new Set(charges.map(({ channelId }) => channelId))].filter((id) => !totals.has(id))
    for (const [id, total] of await ChargeRows.totalsOf(db, unknown)) totals.set(id, total)
    const begun = seen.seq
    seen = walk({ from: begun, last, totals, charges, movements, limit: ROWS_MAX })
    for (const [id, total] of seen.added) totals.set(id, total)
    if (seen.seq > begun) await ChargeRows.addedUp(db, session, seen.seq, seen.added, now)
  } while (!seen.whole && seen.flaws.size === 0 && more.left-- > 0)
  return seen
}
