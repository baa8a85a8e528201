/** Incidents that hold or do no longer, and how far the comparison has come; on both databases. */
import type { IncidentEvent } from '@pbstream/core/message/Event'
import { describe, expect, test } from 'vitest'
import { record } from '../src/Audit.ts'
import * as Incidents from '../src/Incidents.ts'
import { project } from '../src/Projection.ts'
import * as Reconciliation from '../src/Reconciliation.ts'
import { db, emptyBeforeEach } from './database.ts'
import { hex, history, refs, sessionEvent, T0 } from './events.ts'

emptyBeforeEach()

const channelId = hex('a1', 32)
const later = new Date(T0 + 60_000)

function incident(id: string, over: Partial<IncidentEvent> = {}): IncidentEvent {
  return { v: 1, kind: 'incident', id, what: 'session_ahead', detail: { channelId }, at: T0, ...over }
}

describe('incidents', () => {
  test('raised twice are one; which ones are new is said', async () => {
    expect(await Incidents.raise(db, [incident('a'), incident('b')])).toEqual(['a', 'b'])
    expect(await Incidents.raise(db, [incident('a'), incident('c')])).toEqual(['c'])
    expect((await Incidents.openIncidents(db, 10)).map(({ id }) => id).sort()).toEqual(['a', 'b', 'c'])
  })

  test('resolved hold no longer, and hold again when they are found again, with what was found then', async () => {
    await Incidents.raise(db, [incident('a')])
    await Incidents.resolve(db, ['a', 'nothing'], later)
    await Incidents.resolve(db, ['a'], new Date(T0 + 90_000))
    const [row] = await db.orm.select().from(db.tables.sentinelEvent)
    expect(row?.resolvedAt).toEqual(later)
    expect(await Incidents.openOfChannels(db, [channelId])).toEqual([])
    expect(await Incidents.raise(db, [incident('a', { at: T0 + 99_000, detail: { channelId, n: '2' } })])).toEqual([
      'a',
    ])
    expect(await Incidents.openOfChannels(db, [channelId])).toMatchObject([
      { id: 'a', at: new Date(T0 + 99_000), detail: { n: '2' }, resolvedAt: null },
    ])
  })

  test('are found by channel and by kind, and counted by kind', async () => {
    await Incidents.raise(db, [
      incident('a'),
      incident('b', { what: 'claim_stuck', at: T0 + 1 }),
      incident('c', { detail: {} }),
      incident('d', { what: 'claim_stuck' }),
    ])
    await Incidents.resolve(db, ['d'], later)
    expect((await Incidents.openOfChannels(db, [channelId])).map(({ id }) => id).sort()).toEqual(['a', 'b'])
    const kinds = await Incidents.openOfKinds(db, ['session_ahead', 'claim_stuck'], 2)
    expect(kinds.map(({ what }) => what)).not.toContain('claim_stuck')
    expect((await Incidents.countOpen(db)).sort((a, b) => (a.what < b.what ? -1 : 1))).toEqual([
      { what: 'claim_stuck', count: 1 },
      { what: 'session_ahead', count: 2 },
    ])
  })

  test('that come by the queue are about the channel that they name, and a repeat does not make them hold again', async () => {
    await project(db, [incident('q')])
    await Incidents.resolve(db, ['q'], later)
    await project(db, [incident('q')])
    expect(await Incidents.openIncidents(db, 10)).toEqual([])
    expect(await db.orm.select().from(db.tables.sentinelEvent)).toMatchObject([
      { subject: channelId, resolvedAt: later },
    ])
  })
})

describe('the comparison', () => {
  test('goes through the channels by id, a page at a time', async () => {
    await project(
      db,
      refs.map((ref) => history(ref, 4)).map((of) => sessionEvent(of, of.rows, of.snapshots)),
    )
    const [first, ...none] = await Reconciliation.channelsAfter(db, '', 1)
    expect(none).toEqual([])
    expect(first).toMatchObject({ id: hex('a1', 32), revision: 4, spent: expect.stringMatching(/^9007199254741/) })
    const rest = await Reconciliation.channelsAfter(db, first?.id ?? '', 10)
    expect(rest.map(({ id }) => id)).toEqual([hex('b2', 32)])
    expect(await Reconciliation.channelsById(db, [hex('b2', 32), hex('ff', 32)])).toEqual(rest)
  })

  test('remembers where it is', async () => {
    const start = new Date(T0)
    expect(await Reconciliation.progress(db, start)).toEqual({ cursor: '', roundAt: start, finishedAt: null })
    await Reconciliation.advance(db, { cursor: 'x', roundAt: start, finishedAt: null })
    await Reconciliation.advance(db, { cursor: 'y', roundAt: start, finishedAt: later })
    expect(await Reconciliation.progress(db, later)).toMatchObject({ cursor: 'y', roundAt: start, finishedAt: later })
  })

  test('has one suspicion of a kind against a channel, the last one', async () => {
    const what = 'projection_behind' as const
    const suspicion = { channelId, what, mark: '1', since: new Date(T0) }
    await Reconciliation.suspect(db, suspicion)
    await Reconciliation.suspect(db, { ...suspicion, mark: '2', since: later })
    expect(await Reconciliation.suspicionsOf(db, [channelId])).toEqual([{ ...suspicion, mark: '2', since: later }])
    await Reconciliation.suspect(db, { ...suspicion, channelId: hex('b2', 32) })
    expect((await Reconciliation.oldestSuspicions(db, 1))[0]?.channelId).toBe(hex('b2', 32))
    await Reconciliation.acquit(db, channelId, 'session_behind')
    await Reconciliation.acquit(db, channelId, what)
    await Reconciliation.acquit(db, channelId, what)
    expect(await Reconciliation.suspicionsOf(db, [channelId])).toEqual([])
  })
})

test('an act is written down as often as it was done', async () => {
  const act = { actor: 'operator', action: 'drain', subject: channelId, detail: { kind: 'sent' }, at: later }
  await record(db, act)
  await record(db, act)
  expect(await db.orm.select().from(db.tables.audit)).toMatchObject([act, act])
})
