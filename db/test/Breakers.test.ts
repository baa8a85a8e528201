import { describe, expect, test } from 'vitest'
import { breakerRow, breakersOf, countOpenBreakers, writeBreaker } from '../src/Breakers.ts'
import { loadSentinel, loadVersions } from '../src/Catalog.ts'
import { db, emptyBeforeEach } from './database.ts'
import { T0 } from './events.ts'

emptyBeforeEach()
const NOW = new Date(T0)
const closed = { openings: 0, closedAt: 0, probes: 0 }
type Row = Parameters<typeof writeBreaker>[1]

function write(more: Partial<Row>) {
  const row = { scope: 'platform', subject: 'global', phase: 'open', state: closed, cause: 'many failures' } as const
  return writeBreaker(db, { ...row, until: new Date(T0 + 9), by: null, at: NOW, revision: 1, ...more }, NOW)
}

describe('breakers', () => {
  test('the newest revision stands, whatever comes later', async () => {
    expect(await write({ revision: 3 })).toBe(true)
    expect(await write({ revision: 2, phase: 'closed' })).toBe(false)
    expect(await write({ revision: 3, phase: 'closed' })).toBe(false)
    expect(await breakerRow(db, 'platform', 'global')).toMatchObject({ revision: 3, phase: 'open', state: closed })
    expect(await write({ revision: 4, phase: 'closed', until: null, by: 'operator' })).toBe(true)
    expect(await breakerRow(db, 'platform', 'global')).toMatchObject({ phase: 'closed', until: null, by: 'operator' })
  })

  test('gateways hear of those that are not closed, as soon as one changes', async () => {
    const scope = 'provider:acme'
    await write({ until: null })
    await write({ scope, subject: 'upstream:chat', phase: 'half-open', cause: null })
    await write({ scope, subject: scope, phase: 'closed' })
    const { sentinel: version } = await loadVersions(db)
    expect(version).toBe(3)
    expect((await loadSentinel(db, version)).breakers).toEqual([
      { scope: 'platform', subject: 'global', until: null, cause: 'many failures' },
      { scope, subject: 'upstream:chat', until: T0 + 9, cause: '' },
    ])
    await write({ revision: 2, phase: 'closed' })
    expect((await loadSentinel(db, 4)).breakers).toHaveLength(1)
    expect((await loadVersions(db)).sentinel).toBe(4)
  })

  test('what is too old makes nobody look', async () => {
    await write({ revision: 2 })
    await write({ revision: 1, phase: 'closed' })
    expect((await loadVersions(db)).sentinel).toBe(1)
  })

  test('of two at once the newer is there in the end', async () => {
    await Promise.all([2, 5, 3, 4].map((revision) => write({ revision, cause: `${revision}` })))
    expect(await breakerRow(db, 'platform', 'global')).toMatchObject({ revision: 5, cause: '5' })
  })

  test('of scopes, by scope and subject', async () => {
    await write({ scope: 'provider:b', subject: 'upstream:2' })
    await write({ scope: 'provider:b', subject: 'upstream:1' })
    await write({ scope: 'provider:a', subject: 'provider:a', phase: 'closed' })
    await write({})
    const found = await breakersOf(db, ['provider:b', 'provider:a'], 9)
    expect(found.map(({ subject }) => subject)).toEqual(['provider:a', 'upstream:1', 'upstream:2'])
    expect(await breakersOf(db, ['provider:b', 'provider:a'], 1)).toHaveLength(1)
  })

  test('are counted by what they are of', async () => {
    await write({})
    await write({ scope: 'provider:a', subject: 'provider:a' })
    await write({ scope: 'provider:a', subject: 'upstream:1' })
    await write({ scope: 'provider:a', subject: 'upstream:2', phase: 'half-open' })
    await write({ scope: 'provider:a', subject: 'upstream:3', phase: 'closed' })
    const counts = await countOpenBreakers(db)
    expect(counts.map(({ of, count }) => `${of} ${count}`).sort()).toEqual(['global 1', 'provider 1', 'upstream 2'])
  })
})
