/** Channels of a payer: its own, on the chains of the mode, by key and id. */
import { expect, test } from 'vitest'
import { channelsOf } from '../src/PayerChannels.ts'
import { db, emptyBeforeEach } from './database.ts'
import { hex } from './events.ts'
import { ALICE, alices, BOB, keyed, LIVE, opened, session } from './payer.ts'

emptyBeforeEach()

const other = session(ALICE, '52')
const ids = async (...args: Parameters<typeof channelsOf> extends [unknown, ...infer Rest] ? Rest : never) =>
  (await channelsOf(db, ...args)).map(({ channel }) => channel.id.slice(2, 4))

test('are those of its keys, whoever manages them, in pages', async () => {
  await keyed(session(), { publicId: 'sk_1', owner: ALICE, mode: 'test', name: 'agent' })
  await keyed(other)
  await keyed(session(BOB))
  await keyed(session(ALICE, '51', LIVE))
  await opened(hex('09', 32))
  await opened(hex('03', 32))
  await opened(hex('01', 32), { session: other })
  await opened(hex('02', 32), { session: session(BOB) })
  await opened(hex('04', 32), { session: session(ALICE, '51', LIVE), chainId: LIVE })
  expect(await ids(alices, {}, undefined, 20)).toEqual(['01', '03', '09'])
  expect(await ids(alices, {}, undefined, 2)).toEqual(['01', '03'])
  expect(await ids(alices, {}, hex('01', 32), 20)).toEqual(['03', '09'])
  expect(await ids(alices, { session: session() }, hex('03', 32), 20)).toEqual(['09'])
  expect(await ids(alices, { session: other }, undefined, 20)).toEqual(['01'])
  expect(await ids(alices, { session: session(BOB) }, undefined, 20)).toEqual([])
  expect(await ids({ payer: ALICE, chainIds: [LIVE] }, {}, undefined, 20)).toEqual(['04'])
  expect(await ids({ payer: ALICE, chainIds: [] }, {}, undefined, 20)).toEqual([])
  const [, second] = await channelsOf(db, alices, {}, undefined, 2)
  expect(second?.key).toEqual({ publicId: 'sk_1', name: 'agent', owner: ALICE, mode: 'test' })
})
