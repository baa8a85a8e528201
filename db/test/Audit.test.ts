/** The chained audit on both databases: changes follow each other, and whatever is done to the rows shows. */
import { and, eq } from 'drizzle-orm'
import { describe, expect, test } from 'vitest'
import { type Act, chainOf, change, headOf, record } from '../src/Audit.ts'
import { recordHeads } from '../src/AuditHeads.ts'
import { listAudit } from '../src/AuditList.ts'
import { chainsAfter, verifyChain } from '../src/AuditVerify.ts'
import { db, emptyBeforeEach } from './database.ts'

emptyBeforeEach()

const chain = chainOf('0xa11ce', 'live')
const { audit, auditHead, catalog } = db.tables

function act(subject: string, detail: Record<string, unknown> = {}): Act {
  return { actor: 'test', action: 'write', subject, detail, at: new Date(1_700_000_000_123) }
}

async function written(count: number, of = chain): Promise<void> {
  for (let i = 1; i <= count; i++) await record(db, act(`s${i}`, { i, b: 1, a: { z: null, y: [1.5, 'é'] } }), of)
}

const row = (seq: number) => and(eq(audit.chain, chain), eq(audit.seq, seq))
const flawsOf = async (of = chain) => (await verifyChain(db, of)).flaws

describe('change', () => {
  test('writes the change and its acts in one step, each row holding the hash of the one before', async () => {
    await change(db, chain, () =>
      Promise.resolve({
        acts: [act('one'), act('two')],
        statements: (orm) => [orm.insert(catalog).values({ name: 'x', version: 1 })],
        result: undefined,
      }),
    )
    const rows = await db.orm.select().from(audit)
    expect(rows.map(({ seq, prev }) => [seq, prev])).toEqual([
      [1, ''],
      [2, rows[0]?.hash],
    ])
    expect(await flawsOf()).toEqual([])
  })

  test('that fails leaves no act, and one without acts writes nothing', async () => {
    await db.orm.insert(catalog).values({ name: 'x', version: 1 })
    const statements: Parameters<typeof change>[2] = () =>
      Promise.resolve({
        acts: [act('one')],
        statements: (orm) => [orm.insert(catalog).values({ name: 'x', version: 2 })],
        result: undefined,
      })
    await expect(change(db, chain, statements)).rejects.toThrow()
    await change(db, chain, async () => ({ ...(await statements()), acts: [] }))
    expect(await headOf(db, chain)).toEqual({ seq: 0, hash: '' })
    expect(await db.orm.select().from(catalog)).toMatchObject([{ version: 1 }])
  })

  test('of ten at once each sees what the ones before it wrote', async () => {
    await db.orm.insert(catalog).values({ name: 'x', version: 0 })
    const grow = () =>
      change(db, chain, async () => {
        const [old] = await db.orm.select().from(catalog).where(eq(catalog.name, 'x'))
        const version = (old?.version ?? 0) + 1
        return {
          acts: [act(`v${version}`)],
          statements: (orm) => [orm.update(catalog).set({ version }).where(eq(catalog.name, 'x'))],
          result: version,
        }
      })
    const seen = await Promise.all(Array.from({ length: 10 }, grow))
    expect(seen.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    expect(await flawsOf()).toEqual([])
  })

  test('that a plan refuses is refused, and nothing is written', async () => {
    await expect(change(db, chain, () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(await db.orm.select().from(audit)).toEqual([])
  })
})

describe('verification', () => {
  test('finds nothing in what was written, chain by chain', async () => {
    await written(5)
    await written(2, chainOf('0xa11ce', 'test'))
    expect(await verifyChain(db, chain)).toMatchObject({ flaws: [], checked: 5, head: { seq: 5 }, next: null })
    expect(await chainsAfter(db, '', 10)).toEqual(['0xa11ce/live', '0xa11ce/test'])
    expect(await listAudit(db, chain, { subject: 's2' }, 10)).toMatchObject([{ seq: 2 }])
    expect((await listAudit(db, chain, { before: 4 }, 2)).map(({ seq }) => seq)).toEqual([3, 2])
  })

  test('goes on where it was left', async () => {
    await written(5)
    const first = await verifyChain(db, chain, { limit: 2 })
    expect(first).toMatchObject({ checked: 2, next: 2 })
    expect(await verifyChain(db, chain, { after: 2 })).toMatchObject({ flaws: [], checked: 3, next: null })
  })

  test.each([
    ['actor', { actor: 'other' }],
    ['action', { action: 'other' }],
    ['subject', { subject: 'other' }],
    ['detail', { detail: { i: 3, b: 1, a: { z: null, y: [1.5, 'e'] } } }],
    ['time', { at: new Date(1_700_000_000_124) }],
    ['link', { prev: 'f'.repeat(64) }],
    ['hash', { hash: 'f'.repeat(64) }],
  ])('finds an edit of the %s of a row', async (_, edit) => {
    await written(5)
    await db.orm.update(audit).set(edit).where(row(3))
    expect(await flawsOf()).toContainEqual({ seq: 3, what: 'edited' })
  })

  test('finds an edit whose hash was made again: the next row does not follow', async () => {
    await written(5)
    const { hashOf } = await import('../src/Audit.ts')
    const [old] = await db.orm.select().from(audit).where(row(3))
    if (old === undefined) throw new Error('no row')
    const hash = await hashOf({ ...old, subject: 'other' })
    await db.orm.update(audit).set({ subject: 'other', hash }).where(row(3))
    expect(await flawsOf()).toEqual([{ seq: 4, what: 'unlinked' }])
  })

  test('finds a deletion, at the start, in the middle, and closed up', async () => {
    await written(6)
    await db.orm.delete(audit).where(row(1))
    await db.orm.delete(audit).where(row(4))
    expect(await flawsOf()).toEqual([
      { seq: 1, what: 'missing' },
      { seq: 4, what: 'missing' },
    ])
    await db.orm.update(audit).set({ seq: 4 }).where(row(5))
    expect(await flawsOf()).toContainEqual({ seq: 4, what: 'edited' })
  })

  test('finds an insertion, and another order', async () => {
    await written(3)
    const [last] = await db.orm.select().from(audit).where(row(3))
    await db.orm.insert(audit).values({ ...act('forged'), chain, seq: 4, prev: last?.hash ?? '', hash: 'f'.repeat(64) })
    expect(await flawsOf()).toEqual([{ seq: 4, what: 'edited' }])
    await db.orm.delete(audit).where(row(4))
    for (const [from, to] of [
      [2, 9],
      [3, 2],
      [9, 3],
    ] as const) {
      await db.orm.update(audit).set({ seq: to }).where(row(from))
    }
    expect((await flawsOf()).map(({ seq }) => seq)).toEqual([2, 2, 3, 3])
  })

  test('finds a cut end, and a chain written anew, against the heads of the day and against one that was kept', async () => {
    await written(4)
    const kept = await headOf(db, chain)
    await recordHeads(db, new Date())
    await db.orm.delete(audit).where(row(4))
    expect(await flawsOf()).toEqual([{ seq: 4, what: 'head_lost' }])
    await record(db, act('anew'), chain)
    expect(await flawsOf()).toEqual([{ seq: 4, what: 'head_lost' }])
    await db.orm.delete(auditHead)
    expect((await verifyChain(db, chain, { kept })).flaws).toEqual([{ seq: 4, what: 'head_lost' }])
  })

  test('finds that a whole chain is gone', async () => {
    await written(2)
    await recordHeads(db, new Date())
    await db.orm.delete(audit)
    expect(await chainsAfter(db, '', 10)).toEqual([chain])
    expect(await flawsOf()).toEqual([{ seq: 2, what: 'head_lost' }])
  })
})

describe('the heads of the day', () => {
  test('are recorded once, of chains that have grown', async () => {
    const day = (text: string) => new Date(`${text}T00:00:30Z`)
    await written(2)
    await recordHeads(db, day('2026-11-22'))
    await written(1)
    await recordHeads(db, new Date('2026-11-22T12:00:00Z'))
    await recordHeads(db, day('2026-11-23'))
    const rows = await db.orm.select().from(auditHead).where(eq(auditHead.chain, chain))
    expect(rows.map(({ day: of, seq }) => [of, seq])).toEqual([
      ['2026-11-22', 2],
      ['2026-11-23', 3],
    ])
  })
})
