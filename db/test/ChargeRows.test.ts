/** The rows of a journal in order, and the memory of how far they are added up. */
import { sessionName } from '@pbstream/core/message/Session'
import { expect, test } from 'vitest'
import * as ChargeRows from '../src/ChargeRows.ts'
import { project } from '../src/Projection.ts'
import { progress } from '../src/Reconciliation.ts'
import { db, emptyBeforeEach } from './database.ts'
import { hex, history, refs, sessionEvent, T0 } from './events.ts'

emptyBeforeEach()

const now = new Date(T0)
const [one, other] = refs.map((ref) => history(ref, 12)) as [ReturnType<typeof history>, ReturnType<typeof history>]
const [name, othersName] = [sessionName(one.session), sessionName(other.session)]

test('what comes after a place is read in the order of the journal, of that session only, so many at a time', async () => {
  // Late ones first, as a queue may bring them.
  for (const { rows, ...of } of [other, one]) {
    await project(db, [
      sessionEvent({ rows, ...of }, rows.slice(6), []),
      sessionEvent({ rows, ...of }, rows.slice(0, 6), []),
    ])
  }
  const charges = await ChargeRows.chargesAfter(db, name, 2, 4)
  expect(charges.map(({ seq }) => seq)).toEqual([3, 5, 6, 7])
  expect(charges[0]).toEqual({ seq: 3, channelId: hex('a1', 32), amount: '7', cumulative: one.rows[2]?.cumulative })
  expect(await ChargeRows.movementsAfter(db, name, 4, 4)).toEqual(
    [8, 12].map((seq) => ({ seq, channelId: hex('a1', 32) })),
  )
  expect(await ChargeRows.chargesAfter(db, name, 12, 4)).toEqual([])
  const last = await ChargeRows.lastRows(db, [name, othersName, 'nobody'])
  expect(last.toSorted((a, b) => (a.session < b.session ? -1 : 1))).toEqual([
    { session: name, seq: 12 },
    { session: othersName, seq: 12 },
  ])
})

test('how far a journal is added up is remembered, with totals of 39 digits, beside where the comparison stands', async () => {
  const ids = Array.from({ length: 120 }, (_, i) => hex(i.toString(16).padStart(2, '0'), 32))
  const big = 10n ** 38n + 7n
  expect(await ChargeRows.placesOf(db, [name])).toEqual(new Map())
  expect(await ChargeRows.totalsOf(db, ids)).toEqual(new Map())
  await ChargeRows.addedUp(db, name, 120, new Map(ids.map((id, i) => [id, { seq: i + 1, total: big }])), now)
  await ChargeRows.addedUp(db, name, 121, new Map([[ids[3]!, { seq: 121, total: big + 1n }]]), now)
  expect(await ChargeRows.placesOf(db, [othersName, name])).toEqual(new Map([[name, 121]]))
  const totals = await ChargeRows.totalsOf(db, ids)
  expect([totals.size, totals.get(ids[3]!), totals.get(ids[119]!)]).toEqual([
    120,
    { seq: 121, total: big + 1n },
    { seq: 120, total: big },
  ])
  expect((await progress(db, now)).cursor).toBe('')
})
