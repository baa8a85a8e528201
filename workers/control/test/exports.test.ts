/** Exports: whole, in order, resumable, safe to open, and nobody else's. */
import { createApiKey } from '@pbstream/db/ApiKeys'
import type { Mode } from '@pbstream/db/Mode'
import fc from 'fast-check'
import { beforeEach, describe, expect, test } from 'vitest'
import { newApiKey } from '@pbstream/db/ApiKeyText'
import type { Scope } from '../src/api/Types.ts'
import type { Env } from '../src/Env.ts'
import { line } from '../src/exports/Csv.ts'
import { parse, print } from '../src/exports/Walk.ts'
import worker from '../src/index.ts'
import { bindings, db, hex } from './support.ts'

const owner = hex('a1', 20)
const stranger = hex('b2', 20)
const T0 = Date.UTC(2026, 10, 1)
const chain = { contract: hex('c0', 20), escrow: null, token: hex('7c', 20) }
const on: Env = {
  ...bindings,
  AUTH_SECRET: 'auth-secret-of-the-tests-32-characters',
  CHAINS: JSON.stringify([
    { ...chain, chainId: 84532, testnet: true },
    { ...chain, chainId: 8453, testnet: false },
  ]),
}
const session = (payer: string, chainId = 84532) => `${chainId}:${hex('c0', 20)}:${payer}:${hex('5e', 20)}`
const mine = session(owner)
const theirs = session(stranger)
let key = ''
let count = 0

async function keyOf(of: `0x${string}`, mode: Mode = 'test', scopes: Scope[] = ['exports:read', 'audit:read']) {
  const { text, hash, prefix } = await newApiKey(mode)
  const now = new Date()
  const row = { id: of, address: of, chainId: null, createdAt: now, lastSignInAt: now }
  await db.orm.insert(db.tables.owner).values(row).onConflictDoNothing()
  const made = { id: `key_${++count}`, owner: of, mode, name: 'k', prefix, hash, scopes, expiresAt: null }
  await createApiKey(db, made, of, now)
  return text
}

async function get(path: string, as = key) {
  const request = new Request(`https://control.example/v1/exports/${path}`, {
    headers: { authorization: `Bearer ${as}` },
  })
  const response = await worker.fetch(request, on)
  const text = await response.text()
  return { status: response.status, headers: response.headers, text }
}

/** Rows as a reader of RFC 4180 sees them: by the names of the header. */
function read(text: string): Record<string, string>[] {
  const rows: string[][] = [['']]
  let quoted = false
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!
    const row = rows.at(-1)!
    if (quoted && char === '"' && text[i + 1] === '"') row[row.length - 1] += text[++i]!
    else if (char === '"') quoted = !quoted
    else if (!quoted && char === ',') row.push('')
    else if (!quoted && char === '\r' && text[i + 1] === '\n') {
      i++
      rows.push([''])
    } else row[row.length - 1] += char
  }
  expect(rows.pop()).toEqual([''])
  const [header, ...body] = rows
  for (const row of body) expect(row).toHaveLength(header!.length)
  return body.map((row) => Object.fromEntries(row.map((value, i) => [header![i]!, value])))
}

async function rowsOf(path: string, as = key) {
  const { status, text } = await get(path, as)
  expect(status).toBe(200)
  return read(text)
}

const t = db.tables
const at = (seq: number) => new Date(T0 + seq * 1000)
const charge = (of: string, seq: number, over: Partial<typeof t.microPayment.$inferInsert> = {}) => ({
  session: of,
  seq,
  channelId: of === mine ? hex('01', 32) : hex('02', 32),
  providerId: 'prov_a',
  routeId: 'route_1',
  rateVersion: 1,
  debit: 'escrow',
  credit: 'earned',
  amount: '9007199254740993',
  cumulative: '18014398509481986',
  at: at(seq),
  ...over,
})
const moved = (of: string, seq: number, kind: 'deposit' | 'settle' | 'loss') => ({
  session: of,
  seq,
  kind,
  channelId: of === mine ? hex('01', 32) : hex('02', 32),
  debit: 'payer',
  credit: 'escrow',
  amount: '5',
  transaction: hex('f1', 32),
  at: at(seq),
})
const provider = (id: string, of: string, mode: Mode = 'test') => {
  const row = { id, name: id, payTo: hex('ac', 20), enabled: true, createdAt: at(0), updatedAt: at(0) }
  return { ...row, owner: of, mode }
}

beforeEach(async () => {
  const tables = [t.microPayment, t.movement, t.providerChannel, t.provider, t.sessionKey, t.streamSession, t.channel]
  for (const table of [...tables, t.audit, t.apiKey, t.owner]) await db.orm.delete(table)
  key = await keyOf(owner)
  const seller = await keyOf(stranger)
  expect(seller).not.toBe(key)
  await db.orm
    .insert(t.provider)
    .values([provider('prov_a', owner), provider('prov_b', owner), provider('prov_l', owner, 'live')])
  await db.orm.insert(t.provider).values(provider('prov_x', stranger))
  for (const [name, payer] of [
    [mine, owner],
    [theirs, stranger],
  ] as const) {
    const row = { id: name, chainId: 84532, contract: hex('c0', 20), payer }
    await db.orm.insert(t.sessionKey).values({ ...row, session: name, key: hex('5e', 20) })
    await db.orm.insert(t.streamSession).values({ ...row, payerAuthorizer: hex('5e', 20), lastSeq: 9, lastAt: at(9) })
  }
})

describe('payments', () => {
  test('are those that the owner’s providers sold, in order, with amounts to the last digit', async () => {
    await db.orm.insert(t.microPayment).values([charge(theirs, 2), charge(theirs, 1), charge(mine, 3)])
    await db.orm.insert(t.microPayment).values([charge(mine, 4, { providerId: 'prov_b', routeId: 'route_2' })])
    await db.orm
      .insert(t.microPayment)
      .values([charge(mine, 5, { providerId: 'prov_x' }), charge(mine, 6, { providerId: 'prov_l' })])
    const { headers, text } = await get('payments.csv')
    expect(headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present')
    expect(headers.get('content-disposition')).toBe('attachment; filename="pbstream-payments.csv"')
    expect(headers.get('cache-control')).toBe('no-store')
    const rows = read(text)
    expect(rows.map((row) => [row['provider'], row['session'], row['seq']])).toEqual([
      ['prov_a', theirs, '1'],
      ['prov_a', theirs, '2'],
      ['prov_a', mine, '3'],
      ['prov_b', mine, '4'],
    ])
    expect(rows[0]).toMatchObject({
      time: at(1).toISOString(),
      route: 'route_1',
      amount_atomic_units_6_decimals: '9007199254740993',
      cumulative_atomic_units_6_decimals: '18014398509481986',
    })
  })

  test('are narrowed down by provider, route, session and time', async () => {
    await db.orm.insert(t.microPayment).values([1, 2, 3].map((seq) => charge(theirs, seq, { routeId: `route_${seq}` })))
    await db.orm.insert(t.microPayment).values([4, 5].map((seq) => charge(mine, seq, { providerId: 'prov_b' })))
    const seqs = async (query: string) => (await rowsOf(`payments.csv?${query}`)).map((row) => row['seq'])
    expect(await seqs('provider=prov_b')).toEqual(['4', '5'])
    expect(await seqs('route=route_2')).toEqual(['2'])
    expect(await seqs(`session=${mine}`)).toEqual(['4', '5'])
    expect(await seqs(`since=${at(2).toISOString()}&until=${at(5).toISOString()}`)).toEqual(['2', '3', '4'])
    expect(await seqs('provider=prov_x')).toEqual([])
    expect(await seqs('provider=nobody')).toEqual([])
  })

  test('of a payer are what its own keys paid, to whomever', async () => {
    await db.orm
      .insert(t.microPayment)
      .values([charge(mine, 1, { providerId: 'prov_x' }), charge(mine, 2), charge(theirs, 1)])
    const rows = await rowsOf('payments.csv?side=payer')
    expect(rows.map((row) => [row['session'], row['seq']])).toEqual([
      [mine, '1'],
      [mine, '2'],
    ])
    expect(await rowsOf(`payments.csv?side=payer&session=${theirs}`)).toEqual([])
    expect(await rowsOf('payments.csv?side=payer', await keyOf(owner, 'live'))).toEqual([])
  })

  test('go on behind any line, through pages and providers, without a gap or a repeat', async () => {
    const many = Array.from({ length: 2_500 }, (_, i) =>
      charge(i % 2 ? mine : theirs, i, { at: at(Math.floor(i / 7)) }),
    )
    const more = Array.from({ length: 30 }, (_, i) => charge(mine, 5_000 + i, { providerId: 'prov_b' }))
    for (const some of chunks([...many, ...more], 7)) await db.orm.insert(t.microPayment).values(some)
    const all = await rowsOf('payments.csv')
    expect(all).toHaveLength(2_530)
    expect(new Set(all.map((row) => `${row['session']} ${row['seq']}`)).size).toBe(2_530)
    for (const cut of [0, 998, 999, 1_000, 1_999, 2_499, 2_500, 2_528]) {
      const rest = await rowsOf(`payments.csv?cursor=${all[cut]!['cursor']}`)
      expect(rest).toEqual(all.slice(cut + 1))
    }
    expect(await rowsOf(`payments.csv?cursor=${all.at(-1)!['cursor']}`)).toEqual([])
  }, 60_000)

  test('with a place of somebody else show no row of his', async () => {
    await db.orm.insert(t.microPayment).values([charge(theirs, 1, { providerId: 'prov_x' }), charge(theirs, 2)])
    const place = { at: 0, of: '', seq: 0 }
    for (const part of ['prov_x', 'prov_w', 'zzz', '']) {
      const rows = await rowsOf(`payments.csv?cursor=${print({ part, place })}`)
      expect(rows.every((row) => row['provider'] === 'prov_a')).toBe(true)
    }
    for (const cursor of ['x', '!!', btoa('{}'), btoa('[1]'), btoa('["a",1.5,"b",1]'), btoa('["a",1,"b",-1]')]) {
      expect((await get(`payments.csv?cursor=${encodeURIComponent(cursor)}`)).status).toBe(400)
    }
  })
})

describe('movements and settlements', () => {
  beforeEach(async () => {
    await db.orm
      .insert(t.movement)
      .values([moved(mine, 1, 'deposit'), moved(mine, 2, 'settle'), moved(mine, 3, 'loss')])
    await db.orm.insert(t.movement).values([moved(theirs, 1, 'deposit'), moved(theirs, 2, 'settle')])
  })

  test('are of the channels that the owner’s providers sold on, not of those that pay an address he named', async () => {
    expect(await rowsOf('movements.csv')).toEqual([])
    await db.orm.insert(t.providerChannel).values({ providerId: 'prov_a', channelId: hex('02', 32) })
    expect((await rowsOf('movements.csv')).map((row) => [row['session'], row['kind']])).toEqual([
      [theirs, 'deposit'],
      [theirs, 'settle'],
    ])
    expect(await rowsOf('settlements.csv')).toMatchObject([
      { kind: 'settle', seq: '2', amount_atomic_units_6_decimals: '5', transaction: hex('f1', 32) },
    ])
  })

  test('of a payer are of its own sessions', async () => {
    const rows = await rowsOf('movements.csv?side=payer')
    expect(rows.map((row) => row['kind'])).toEqual(['deposit', 'settle', 'loss'])
    expect(await rowsOf(`movements.csv?side=payer&cursor=${rows[1]!['cursor']}`)).toMatchObject([{ kind: 'loss' }])
  })
})

describe('the audit', () => {
  test('is the owner’s chain of the mode, whole', async () => {
    const rows = await rowsOf('audit.csv')
    expect(rows.map((row) => [row['seq'], row['action']])).toEqual([['1', 'api_key.create']])
    expect(JSON.parse(rows[0]!['detail']!)).toHaveProperty('scopes')
    expect(await rowsOf(`audit.csv?cursor=${rows[0]!['cursor']}`)).toEqual([])
  })

  test('needs its own scope', async () => {
    expect((await get('audit.csv', await keyOf(owner, 'test', ['exports:read']))).status).toBe(403)
    expect((await get('payments.csv', await keyOf(owner, 'test', ['audit:read']))).status).toBe(403)
  })
})

test.each(['since=yesterday', 'side=both', 'unknown=1', 'cursor=', 'provider=', 'provider=%00', 'route=%00'])(
  'a query that is none is 400: %s',
  async (query) => {
    expect((await get(`payments.csv?${query}`)).status).toBe(400)
  },
)

describe('cells', () => {
  test.each([
    ['=1+1', "'=1+1"],
    ['+1', "'+1"],
    ['-1', "'-1"],
    ['@SUM(A1)', "'@SUM(A1)"],
    [' =1', "' =1"],
    ['\t=1', "'\t=1"],
    ['\r=1', '"\'\r=1"'],
    ['＝1', "'＝1"],
    ['\ufeff=1', "'\ufeff=1"],
    ['"=1', '"\'""=1"'],
    ['=HYPERLINK("https://evil.example","x")', '"\'=HYPERLINK(""https://evil.example"",""x"")"'],
    ['a=1', 'a=1'],
    ['a,b', '"a,b"'],
    ['a"b', '"a""b"'],
    ['a\r\nb', '"a\r\nb"'],
  ])('%j is %j', (value, wanted) => {
    expect(line([value])).toBe(`${wanted}\r\n`)
  })

  test('whatever is in them, come out as they went in, and none begins a formula', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' }), { minLength: 1, maxLength: 5 }), (values) => {
        const header = values.map((_, i) => `c${i}`)
        const [row] = read(line(header) + line(values))
        values.forEach((value, i) => {
          const cell = row![`c${i}`]!
          expect([value, `'${value}`]).toContain(cell)
          expect(cell).not.toMatch(/^\s*[=+\-@]/)
        })
      }),
    )
  })

  test('a cursor is what was printed, or none', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(), fc.string(), fc.nat(), (part, time, of, seq) => {
        const cursor = { part, place: { at: time, of, seq } }
        fc.pre(!JSON.stringify(cursor).includes('\\u0000'))
        expect(parse(print(cursor))).toEqual(cursor)
      }),
    )
    fc.assert(fc.property(fc.string(), (text) => void parse(text)))
  })
})

test('a database that is away is a retryable 503, before anything is sent', async () => {
  const env = { ...on, DATABASE: 'postgres', HYPERDRIVE: { connectionString: 'postgres://u:p@127.0.0.1:9/x' } }
  const headers = { authorization: `Bearer ${key}` }
  const response = await worker.fetch(new Request('https://control.example/v1/exports/payments.csv', { headers }), env)
  expect([response.status, response.headers.get('retry-after')]).toEqual([503, '5'])
})

function chunks<T>(all: T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, i) => all.slice(i * size, (i + 1) * size))
}
