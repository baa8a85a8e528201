/** Reports of a payer: its own charges, channels and sums, exact, and nothing of anybody else. */
import type { Hex } from '@pbstream/core/Hex'
import type { ChannelNumbers } from '@pbstream/core/message/Session'
import fc from 'fast-check'
import { encodeAbiParameters } from 'viem'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { parsePaymentId, printPaymentId } from '../src/reports/PaymentId.ts'
import { belongingsOf, clear } from './belongings.ts'
import { api, keyOf, LIVE_CHAIN, ORIGIN, type Person, person, TEST_CHAIN } from './people.ts'
import { bindings, db, empty, hex, settlement, standing } from './support.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const T0 = Date.UTC(2026, 10, 1)
const HOUR = 3_600_000
const contract = hex('c0', 20)
const escrow = hex('e5', 20)
const channel = hex('0a', 32)
const { tables: t } = db

let alice: Person
let bob: Person
/** A key that Alice manages, and one that only paid. */
let mine = ''
let other = ''
let keyId = ''

const sessionOf = (of: Person, key: string, chainId = TEST_CHAIN, at = contract) =>
  `${chainId}:${at}:${of.owner}:${hex(key, 20)}`

type Charge = typeof t.microPayment.$inferInsert
async function charged(...rows: (Partial<Charge> & { seq: number })[]): Promise<void> {
  for (const row of rows) {
    await db.orm.insert(t.microPayment).values({
      ...{
        session: mine,
        channelId: channel,
        providerId: 'prov_a',
        routeId: 'route_a',
        rateVersion: 3,
        debit: 'escrow',
      },
      ...{ credit: 'earned', amount: '10', cumulative: String(10 * row.seq), at: new Date(T0 + 1_000 * row.seq) },
      ...row,
    })
  }
}

async function opened(id: Hex, session: string, over: Partial<typeof t.channel.$inferInsert> = {}): Promise<void> {
  await db.orm.insert(t.channel).values({
    ...{ id, session, chainId: TEST_CHAIN, receiver: hex('ac', 20), token: hex('7c', 20), provisional: '0' },
    ...{ deposited: '1000', returned: '0', accepted: '500', spent: '40', claimed: '20', settled: '10', lost: '0' },
    ...{ revision: 1, ...over },
  })
}

async function keyed(session: string): Promise<void> {
  const [chain, at, payer, key] = session.split(':') as [string, Hex, Hex, Hex]
  const row = { id: session, session, chainId: Number(chain), contract: at, payer, key }
  await db.orm.insert(t.sessionKey).values(row).onConflictDoNothing()
}

const get = (path: string, as: Person | string = alice) =>
  api('GET', path, { as, ...(typeof as === 'string' ? {} : { mode: 'test' }) })
type Row = Record<string, unknown>
const dataOf = async (path: string, as?: Person) => {
  const { status, json, text } = await get(path, as)
  expect([status, text]).toEqual([200, text])
  return json['data'] as Row[]
}

beforeEach(async () => {
  vi.spyOn(console, 'error').mockImplementation(() => {})
  await clear()
  await empty()
  await db.orm.delete(t.streamSession)
  await settlement.say({})
  alice = await person()
  bob = await person()
  const belongings = await belongingsOf(alice, 'test')
  await db.orm.delete(t.microPayment)
  await db.orm.delete(t.channel)
  mine = belongings.session
  keyId = belongings.sessionKey
  other = sessionOf(alice, '77')
  await keyed(other)
  return () => vi.restoreAllMocks()
})

describe('charges', () => {
  test('are those of the wallet’s keys in the mode, newest first, with what they are called', async () => {
    await opened(channel, mine)
    const theirs = sessionOf(bob, '51')
    await keyed(theirs)
    await charged(
      { seq: 1 },
      { seq: 2, session: other, channelId: hex('0b', 32), providerId: null, routeId: null, at: new Date(T0 + 5_000) },
      { seq: 1, session: theirs, at: new Date(T0 + 9_000) },
      { seq: 1, session: sessionOf(alice, '51', LIVE_CHAIN), at: new Date(T0 + 9_000) },
    )
    const rows = await dataOf('/payments')
    expect(rows).toHaveLength(2)
    expect(rows[0]).toMatchObject({ session: other, keyId: null, keyName: null, status: 'unsettled', token: null })
    expect(rows[1]).toEqual({
      ...{ id: printPaymentId({ session: mine, seq: 1 }), at: '2026-11-01T00:00:01.000Z', seq: 1, session: mine },
      ...{ keyId, keyName: 'mine', chainId: TEST_CHAIN, contract, kind: 'canonical', channel, token: hex('7c', 20) },
      ...{ provider: 'prov_a', service: null, route: 'route_a', path: null, price: '10', cumulative: '10' },
      ...{ rateVersion: 3, requestId: null, status: 'settled', transaction: null },
    })
    expect((await dataOf('/payments', bob)).map((row) => row['session'])).toEqual([theirs])
  })

  test('are narrowed, and a page goes on where the last one ended', async () => {
    await charged(...[1, 2, 3, 4, 5].map((seq) => ({ seq, ...(seq === 2 && { routeId: 'route_b' }) })))
    await charged({ seq: 9, session: other })
    const seqs = async (query: string) => (await dataOf(`/payments?${query}`)).map((row) => row['seq'])
    expect(await seqs(`key=${keyId}`)).toEqual([5, 4, 3, 2, 1])
    expect(await seqs(`key=${mine}&route=route_b`)).toEqual([2])
    expect(await seqs(`key=${other}`)).toEqual([9])
    expect(await seqs('provider=prov_b')).toEqual([])
    expect(await seqs('from=2026-11-01T00:00:02Z&to=2026-11-01T00:00:04Z')).toEqual([3, 2])
    for (const filter of ['', `key=${keyId}&`, 'from=2026-11-01T00:00:00Z&']) {
      const all = await seqs(filter)
      const first = await get(`/payments?${filter}limit=2`)
      const next = String(first.json['nextCursor'])
      const rest = await seqs(`${filter}limit=100&cursor=${encodeURIComponent(next)}`)
      expect([...(first.json['data'] as Row[]).map((row) => row['seq']), ...rest]).toEqual(all)
      const elsewhere = await get(`/payments?${filter}route=x&cursor=${encodeURIComponent(next)}`)
      expect(elsewhere.json['code']).toBe('cursor_invalid')
    }
  })

  test('one has the receipt that its session keeps, and the transactions that moved its money', async () => {
    await opened(channel, mine)
    await charged({ seq: 1, requestId: 'req', reservationId: 'res', usage: { token: '5' }, country: 'CH', place: 'p' })
    const move = { session: mine, channelId: channel, debit: 'earned', credit: 'claimed', at: new Date(T0 + 3_000) }
    await db.orm.delete(t.movement)
    await db.orm.insert(t.movement).values([
      { ...move, seq: 2, kind: 'claim', amount: '20', transaction: hex('f1', 32) },
      { ...move, seq: 3, kind: 'settle', amount: '10', transaction: hex('f2', 32) },
    ])
    await tell(mine, (object) => object.tellReceipt('res', 'req', 'signed.receipt'))
    const { json, text } = await get(`/payments/${printPaymentId({ session: mine, seq: 1 })}`)
    expect(json).toMatchObject({
      ...{ keyId, status: 'settled', transaction: hex('f2', 32), network: `eip155:${TEST_CHAIN}`, payer: alice.owner },
      ...{ key: hex('51', 20), receiver: hex('ac', 20), reservationId: 'res', requestId: 'req', usage: { token: '5' } },
      claim: { transaction: hex('f1', 32), at: '2026-11-01T00:00:03.000Z' },
      payout: { transaction: hex('f2', 32), at: '2026-11-01T00:00:03.000Z' },
      receipt: 'signed.receipt',
    })
    // Where a call came from is for the rules of sellers.
    expect(text).not.toMatch(/country|place|"CH"/)
  })

  test('one is there without its receipt while the session does not answer', async () => {
    const silent = sessionOf(alice, 'de').replace(/0x(de){20}$/, `0xdead${'00'.repeat(18)}`)
    await charged({ seq: 1, session: silent, requestId: 'req', reservationId: 'res' })
    const { status, json } = await get(`/payments/${printPaymentId({ session: silent, seq: 1 })}`)
    expect([status, json['receipt'], json['claim']]).toEqual([200, null, null])
  })

  test('of somebody else, of the other mode and of nobody are answered alike', async () => {
    await charged({ seq: 1, session: sessionOf(bob, '51') }, { seq: 1, session: sessionOf(alice, '51', LIVE_CHAIN) })
    const ids = [
      printPaymentId({ session: sessionOf(bob, '51'), seq: 1 }),
      printPaymentId({ session: sessionOf(alice, '51', LIVE_CHAIN), seq: 1 }),
      printPaymentId({ session: mine, seq: 77 }),
      ...['pay_', 'pay_x', `pay_${'A'.repeat(99)}`, `pay_${'_'.repeat(99)}`, '%00', 'x'],
    ]
    const replies = await Promise.all(ids.map((id) => get(`/payments/${id}`)))
    expect(new Set(replies.map(({ status, text }) => `${status} ${text}`)).size).toBe(1)
    expect(replies[0]?.json['code']).toBe('not_found')
  })
})

describe('ids of charges', () => {
  test('are what was printed, one for each, or none', () => {
    const byte = fc.integer({ min: 0, max: 255 }).map((value) => value.toString(16).padStart(2, '0'))
    const address = fc.array(byte, { minLength: 20, maxLength: 20 }).map((bytes) => `0x${bytes.join('')}`)
    const number = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER })
    fc.assert(
      fc.property(number, address, address, address, number, fc.nat(102), (chain, a, b, c, seq, at) => {
        const place = { session: `${chain}:${a}:${b}:${c}`, seq }
        const id = printPaymentId(place)
        expect(parsePaymentId(id)).toEqual(place)
        const changed = `${id.slice(0, at)}${id[at] === 'A' ? 'B' : 'A'}${id.slice(at + 1)}`
        expect(parsePaymentId(changed)).not.toEqual(place)
      }),
    )
    fc.assert(fc.property(fc.string(), (text) => parsePaymentId(text) === undefined))
  })
})

describe('channels', () => {
  const numbers: ChannelNumbers = {
    ...{ provisional: 5n, deposited: 1_000n, returned: 100n, accepted: 600n, spent: 300n, claimed: 200n },
    ...{ settled: 150n, lost: 0n, published: 0n, reserved: 30n },
  }

  test('show what the session says now, and what it takes to withdraw', async () => {
    await opened(channel, mine)
    await tell(mine, (object) => object.tellChannel(channel, numbers, standing()))
    const { config } = standing()
    expect(await dataOf('/channels')).toEqual([
      {
        ...{ id: channel, session: mine, keyId, keyName: 'mine', key: hex('51', 20), chainId: TEST_CHAIN, contract },
        ...{ kind: 'canonical', receiver: hex('ac', 20), token: hex('7c', 20), config, deposited: '1000' },
        ...{ provisional: '5', returned: '100', spent: '300', claimed: '200', settled: '150', lost: '0', held: '30' },
        ...{ free: '575', pendingWithdrawal: null, closed: false, live: true },
      },
    ])
  })

  test('whose session does not answer are shown as they were last known', async () => {
    const silent = `${TEST_CHAIN}:${contract}:${alice.owner}:0xdead${'00'.repeat(18)}`
    await keyed(silent)
    await opened(channel, silent, { deposited: '40', spent: '40', claimed: '40', settled: '40' })
    expect(await dataOf('/channels')).toMatchObject([
      { live: false, config: null, held: null, free: null, spent: '40', closed: true, pendingWithdrawal: null },
    ])
  })

  test('money that was lost to the receiver is the payer’s', async () => {
    await opened(channel, mine)
    await tell(mine, (object) => object.tellChannel(channel, { ...numbers, lost: 100n }, standing()))
    expect(await dataOf('/channels')).toMatchObject([{ free: '675' }])
  })

  test.each([
    ['canonical', contract, null],
    ['escrow', escrow, 1_800],
  ] as const)('a withdrawal of the %s contract is told with its times', async (kind, at, lapses) => {
    const requestedAt = Math.floor(Date.now() / 1_000) - 60
    const session = sessionOf(alice, '51', TEST_CHAIN, at)
    await opened(channel, session)
    await tell(session, (object) =>
      object.tellChannel(channel, numbers, standing({}, { withdrawRequestedAt: requestedAt })),
    )
    const pending = async () => (await dataOf('/channels'))[0]?.['pendingWithdrawal'] as Row
    const iso = (seconds: number) => new Date(seconds * 1_000).toISOString()
    const times = {
      requestedAt: iso(requestedAt),
      availableAt: iso(requestedAt + 900),
      lapsesAt: lapses === null ? null : iso(requestedAt + lapses),
    }
    expect(await dataOf('/channels')).toMatchObject([{ kind }])
    expect(await pending()).toEqual({ amount: null, ...times })
    await say(70n, requestedAt)
    expect(await pending()).toEqual({ amount: '70', ...times })
    // Another request than the one that the session knows.
    await say(70n, requestedAt + 1)
    expect(await pending()).toEqual({ amount: null, ...times })
    await settlement.say({ view: { kind: 'returned', data: '0x12', block: 1 } })
    expect(await pending()).toEqual({ amount: null, ...times })
  })

  test('a withdrawal that nobody finalised in time is none in the escrow', async () => {
    const session = sessionOf(alice, '51', TEST_CHAIN, escrow)
    await opened(channel, session)
    const long = Math.floor(Date.now() / 1_000) - 1_801
    await tell(session, (object) => object.tellChannel(channel, numbers, standing({}, { withdrawRequestedAt: long })))
    expect(await dataOf('/channels')).toMatchObject([{ pendingWithdrawal: null }])
  })

  test('come in pages of 20 at most, by key if wanted', async () => {
    await opened(hex('03', 32), other)
    await opened(hex('01', 32), mine)
    await opened(hex('02', 32), sessionOf(bob, '51'))
    expect((await dataOf('/channels')).map((row) => row['id'])).toEqual([hex('01', 32), hex('03', 32)])
    expect((await dataOf(`/channels?key=${other}`)).map((row) => row['id'])).toEqual([hex('03', 32)])
    expect((await dataOf(`/channels?key=${keyId}`)).map((row) => row['id'])).toEqual([hex('01', 32)])
    const { json } = await get('/channels?limit=1')
    const next = encodeURIComponent(String(json['nextCursor']))
    expect((await dataOf(`/channels?limit=1&cursor=${next}`)).map((row) => row['id'])).toEqual([hex('03', 32)])
    expect((await get('/channels?limit=21')).json['code']).toBe('validation_failed')
  })
})

describe('usage', () => {
  const span = 'from=2026-11-01T00:00:00Z&to=2026-11-03T00:00:00Z'
  const usage = async (query: string) => (await get(`/usage?${query}`)).json

  test('is summed exactly by hour and day', async () => {
    const large = (2n ** 127n).toString()
    await charged({ seq: 1, amount: large }, { seq: 2, amount: large }, { seq: 3, at: new Date(T0 + HOUR) })
    await charged({ seq: 4, session: sessionOf(bob, '51') })
    const spent = (2n ** 128n).toString()
    expect(await usage(`${span}&step=hour`)).toEqual({
      ...{ from: '2026-11-01T00:00:00.000Z', to: '2026-11-03T00:00:00.000Z', step: 'hour', by: 'total', groups: [] },
      total: { spent: (2n ** 128n + 10n).toString(), payments: 3 },
      points: [
        { at: '2026-11-01T00:00:00.000Z', group: null, spent, payments: 2 },
        { at: '2026-11-01T01:00:00.000Z', group: null, spent: '10', payments: 1 },
      ],
    })
    expect(await usage(span)).toMatchObject({ points: [{ at: '2026-11-01T00:00:00.000Z', payments: 3 }] })
  })

  test('is told by key and by seller, those with names by their names', async () => {
    await charged({ seq: 1 }, { seq: 2, session: other, amount: '30', providerId: null })
    expect(await usage(`${span}&by=key`)).toMatchObject({
      groups: [
        { group: other, label: null, spent: '30' },
        { group: keyId, label: 'mine', spent: '10' },
      ],
    })
    expect(await usage(`${span}&by=service`)).toMatchObject({
      total: { spent: '40' },
      groups: [{ group: 'prov_a', label: null, spent: '10' }],
      points: expect.arrayContaining([expect.objectContaining({ group: null, spent: '30' })]),
    })
    expect(await usage(`${span}&key=${other}`)).toMatchObject({ total: { spent: '30', payments: 1 } })
  })

  test('of more than twenty sellers is that of the twenty, and the rest together', async () => {
    const rows = Array.from({ length: 23 }, (_, i) => ({ seq: i + 1, providerId: `p${i}`, amount: String(i + 1) }))
    await charged(...rows)
    const { groups, points, total } = (await usage(`${span}&by=service`)) as Record<string, Row[]>
    expect(groups).toHaveLength(20)
    expect(groups?.[0]).toMatchObject({ group: 'p22', spent: '23' })
    expect(points?.find((point) => point['group'] === null)).toMatchObject({ spent: '6', payments: 3 })
    expect(total).toMatchObject({ spent: '276', payments: 23 })
  })

  test('is refused for too long a time, and of nothing is nothing', async () => {
    const code = async (query: string) => (await usage(query))['code']
    expect(await code('step=hour&from=2026-11-01T00:00:00Z&to=2026-12-02T00:00:01Z')).toBe('malformed_query')
    expect(await code('from=2025-11-01T00:00:00Z&to=2026-11-02T00:00:01Z')).toBe('malformed_query')
    expect(await code('from=yesterday')).toBe('validation_failed')
    expect(await usage('from=2026-11-03T00:00:00Z&to=2026-11-01T00:00:00Z')).toMatchObject({ points: [] })
    expect(await usage('')).toMatchObject({ step: 'day', by: 'total', points: [] })
  })
})

describe('who may read them', () => {
  const paths = ['/payments', `/payments/pay_${'A'.repeat(99)}`, '/channels', '/usage']

  test.each(paths)('%s: nobody without the scope, and no other site by the cookie', async (path) => {
    const { text } = await keyOf(alice.owner, 'test', ['providers:read', 'exports:read', 'sentinel:read'])
    expect((await get(path, text)).json['code']).toBe('scope_missing')
    expect((await api('GET', path)).status).toBe(401)
    const cookie = { cookie: `__Host-pbstream=${alice.cookie}` }
    const from = (headers: Record<string, string>) => api('GET', path, { headers: { ...cookie, ...headers } })
    for (const headers of [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site', origin: ORIGIN },
    ]) {
      expect((await from(headers)).json['code']).toBe('origin_refused')
    }
    expect((await from({ 'sec-fetch-site': 'same-origin' })).status).not.toBe(403)
  })

  test.each(paths)('%s: no other page is let in by CORS, and nothing is cached', async (path) => {
    const { headers } = await get(path)
    expect(headers.get('access-control-allow-origin')).toBeNull()
    expect(headers.get('cache-control')).toBe('no-store')
  })
})

type Told = {
  tellChannel(id: Hex, numbers: ChannelNumbers, of: ReturnType<typeof standing>): Promise<void>
  tellReceipt(reservation: string, request: string, receipt: string): Promise<void>
}

/** Has the session of the tests know something. */
async function tell(session: string, say_: (object: Told) => Promise<void>): Promise<void> {
  await say_(bindings.STREAM_SESSION?.getByName(session) as unknown as Told)
}

/** The chain has this withdrawal. */
async function say(amount: bigint, initiatedAt: number): Promise<void> {
  const data = encodeAbiParameters([{ type: 'uint128' }, { type: 'uint40' }], [amount, initiatedAt])
  await settlement.say({ view: { kind: 'returned', data, block: 1 } })
}
