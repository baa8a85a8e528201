import { expect, test } from 'vitest'
import { project } from '../src/Projection.ts'
import { channelsOfReceiver } from '../src/Receivers.ts'
import { db, emptyBeforeEach } from './database.ts'
import { hex, history, refs, sessionEvent } from './events.ts'

emptyBeforeEach()

test('the channels of a receiver come page by page in the order of their ids, each with its session', async () => {
  const histories = refs.map((ref) => history(ref, 3))
  await project(
    db,
    histories.map((of) => sessionEvent(of, of.rows, of.snapshots)),
  )
  const all = histories.flatMap((of) => of.snapshots)
  const receiver = all[0]!.receiver
  const expected = [...new Set(all.map(({ channelId }) => channelId))].sort()
  const [first, ...none] = await channelsOfReceiver(db, receiver, { limit: 1 })
  expect([first?.id, none]).toEqual([expected[0], []])
  const rest = await channelsOfReceiver(db, receiver, { after: first!.id, limit: 10 })
  expect(rest.map(({ id }) => id)).toEqual(expected.slice(1))
  const { session } = (await db.orm.select().from(db.tables.channel)).find(({ id }) => id === first!.id)!
  expect(first!.session).toBe(session)
  expect(await channelsOfReceiver(db, hex('0f', 20), { limit: 10 })).toEqual([])
})
