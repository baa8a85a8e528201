import { sessionName } from '@pbstream/core/message/Session'
import { beforeEach, describe, expect, test } from 'vitest'
import type { Whose } from '../src/Decisions.ts'
import { project } from '../src/Projection.ts'
import { countOpenStops, openOfSession, stopById, type StopFilter, stopsOf } from '../src/Stops.ts'
import { db, wipe } from './database.ts'
import { hex, T0 } from './events.ts'
import { sessionOf, stop, told } from './sentinelEvents.ts'

const [a, b] = [sessionOf('a1'), sessionOf('b2')]
const payer = { payer: hex('a1', 20), chainIds: [84532] }
const acme = { scope: 'provider:acme' }
const over = { releasedAt: T0 + 99, releasedBy: 'owner', reason: 'it was me' } as const

beforeEach(async () => {
  await wipe()
  await project(db, [
    told(a, {
      stops: [
        stop('st_1', { at: T0 }),
        stop('st_2', { at: T0 + 1, scope: 'platform', kind: 'signature', ...over }),
        stop('st_3', { at: T0 + 1, scope: 'provider:acme' }),
        stop('st_4', { at: T0 + 1, scope: 'owner', kind: 'signature' }),
      ],
    }),
    told({ ...a, chainId: 8453 }, { stops: [stop('st_5')] }),
    told(b, { stops: [stop('st_6'), stop('st_7', { scope: 'provider:acme', ...over })] }),
  ])
})

async function ids(whose: Whose, filter: StopFilter = {}) {
  return (await stopsOf(db, whose, filter, undefined, 20)).map(({ id }) => id)
}

describe('stops', () => {
  test.each<[string, Whose, StopFilter, string[]]>([
    ['of a payer, not those of providers', payer, {}, ['st_4', 'st_2', 'st_1']],
    ['of a payer that hold', payer, { open: true }, ['st_4', 'st_1']],
    ['of a payer that do no longer', payer, { open: false }, ['st_2']],
    ['of a payer on no chain', { ...payer, chainIds: [] }, {}, []],
    ['of a kind', payer, { kind: 'frozen' }, ['st_1']],
    ['of a provider', acme, {}, ['st_3', 'st_7']],
    ['of a provider that hold', acme, { open: true }, ['st_3']],
    ['of a provider on a key', acme, { session: sessionName(b) }, ['st_7']],
    ['of a payer on another’s key', payer, { session: sessionName(b) }, []],
    ['of all that hold', 'all', { open: true }, ['st_4', 'st_3', 'st_1', 'st_6', 'st_5']],
  ])('%s', async (_, whose, filter, expected) => {
    const found = await ids(whose, filter)
    expect(found.toSorted()).toEqual(expected.toSorted())
    const rows = await stopsOf(db, whose, filter, undefined, 20)
    expect(rows.map(({ at }) => at.getTime())).toEqual(rows.map(({ at }) => at.getTime()).toSorted((x, y) => y - x))
  })

  test('page by page there are none twice and none missing', async () => {
    const found: string[] = []
    let before: { at: Date; id: string } | undefined
    for (;;) {
      const [row] = await stopsOf(db, 'all', {}, before, 1)
      if (row === undefined) break
      found.push(row.id)
      before = row
    }
    expect(found).toEqual(['st_4', 'st_3', 'st_2', 'st_7', 'st_6', 'st_5', 'st_1'])
  })

  test('one by its id; those of a key that hold, in any scope', async () => {
    expect(await stopById(db, 'st_2')).toMatchObject({ reason: 'it was me', payer: hex('a1', 20) })
    expect(await stopById(db, 'st_no')).toBeUndefined()
    expect((await openOfSession(db, sessionName(a))).map(({ id }) => id)).toEqual(['st_4', 'st_3', 'st_1'])
  })

  test('are counted by whose and kind, without naming providers', async () => {
    const counts = await countOpenStops(db)
    expect(counts.map(({ scope, kind, count }) => `${scope} ${kind} ${count}`).sort()).toEqual([
      'owner frozen 3',
      'owner signature 1',
      'provider frozen 1',
    ])
  })
})
