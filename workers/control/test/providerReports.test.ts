/** What a provider is told of its business: sums, series, channels and their timelines, and payouts that it asks for. */
import { project } from '@pbstream/db/Projection'
import { countHour, HOUR_MS } from '@pbstream/db/UsageHours'
import { describe, expect, test } from 'vitest'
import { api } from './people.ts'
import { alice, bob, call, openShop, provider, route, sold } from './shop.ts'
import { channelId, db, hex, session, settlement, snapshot } from './support.ts'

openShop()

const iso = (ms: number) => new Date(ms).toISOString()
const get = (path: string, as = alice) => api('GET', path, call(as))
const hour = Math.floor(Date.now() / HOUR_MS) * HOUR_MS

async function challenged(providerId: string, routeId: string, count: number, hour = 0): Promise<void> {
  const counts = [{ providerId, routeId, hour, count }]
  await project(db, [{ v: 1, kind: 'challenges', source: 'isolate', counts }])
}

async function shop() {
  await db.orm.delete(db.tables.usageHour)
  await db.orm.delete(db.tables.challengeHour)
  const { id } = await provider()
  const { id: routeId } = await route(id)
  return { id, routeId }
}

describe('a summary', () => {
  test('has sales, answers 402, the lag of payouts and what is owed, beside the period before', async () => {
    const { id, routeId } = await shop()
    await sold(id, routeId, 1, 4)
    await countHour(db, new Date(0))
    await challenged(id, routeId, 12)
    const { status, json } = await get(`/providers/${id}/summary?from=${iso(0)}&to=${iso(HOUR_MS)}`)
    expect(status).toBe(200)
    const counts = { revenue: '120', requests: 4, challenges: 12 }
    expect(json).toEqual({
      ...counts,
      from: iso(0),
      to: iso(HOUR_MS),
      paidRate: 0.25,
      // Charged from the first second on, paid out in the ninth.
      settlementLagMs: { p50: 8_000, max: 8_000 },
      unsettled: '40',
      topRoutes: [{ routeId, path: '/acme/v1/*', ...counts }],
      previous: {
        ...{ from: iso(-HOUR_MS), to: iso(0), revenue: '0', requests: 0, challenges: 0 },
        ...{ paidRate: null, settlementLagMs: { p50: null, max: null } },
      },
    })
  })

  test('takes whole hours, and no period that is empty or too long', async () => {
    const { id } = await shop()
    const { json } = await get(`/providers/${id}/summary?from=${iso(1)}&to=${iso(HOUR_MS + 1)}`)
    expect([json['from'], json['to']]).toEqual([iso(0), iso(2 * HOUR_MS)])
    for (const query of [`from=${iso(5 * HOUR_MS)}&to=${iso(0)}`, `from=${iso(0)}`]) {
      expect((await get(`/providers/${id}/summary?${query}`)).json['code']).toBe('malformed_query')
    }
  })
})

describe('a series', () => {
  test('has every step, with what was sold and answered 402 in it', async () => {
    const { id, routeId } = await shop()
    await sold(id, routeId, 1, 2)
    await countHour(db, new Date(0))
    await challenged(id, routeId, 3, HOUR_MS)
    const { json } = await get(`/providers/${id}/revenue?from=${iso(0)}&to=${iso(3 * HOUR_MS)}&step=hour`)
    expect(json['points']).toEqual([
      { at: iso(0), revenue: '60', requests: 2, challenges: 0 },
      { at: iso(HOUR_MS), revenue: '0', requests: 0, challenges: 3 },
      { at: iso(2 * HOUR_MS), revenue: '0', requests: 0, challenges: 0 },
    ])
    const days = await get(`/providers/${id}/revenue?from=${iso(0)}&to=${iso(30 * HOUR_MS)}&step=day`)
    expect(days.json['points']).toMatchObject([{ revenue: '60', challenges: 3 }, { revenue: '0' }])
  })

  test('has what was charged a moment ago', async () => {
    const { id, routeId } = await shop()
    const now = Date.now()
    const charge = { kind: 'charge', channelId, debit: 'escrow', credit: 'provider', amount: '7' } as const
    const rows = [{ ...charge, seq: 1, providerId: id, routeId, at: now }]
    await project(db, [{ v: 1, kind: 'session', session, channels: [snapshot()], rows }])
    const { json } = await get(`/providers/${id}/revenue?step=hour&from=${iso(hour - HOUR_MS)}`)
    const points = json['points'] as { revenue: string }[]
    expect(points.map(({ revenue }) => revenue).filter((revenue) => revenue !== '0')).toEqual(['7'])
  })
})

describe('a channel', () => {
  test('is shown with who pays, and what is under way where its session answers', async () => {
    const { id, routeId } = await shop()
    await sold(id, routeId, 1, 2)
    const { json } = await get(`/providers/${id}/channels/${channelId}`)
    expect(json).toMatchObject({ id: channelId, payer: session.payer, key: session.payerAuthorizer, unsettled: '40' })
    expect(json).toMatchObject({
      contract: session.contract,
      lastChargeAt: iso(2_000),
      openedAt: iso(9_000),
      live: null,
    })
  })

  test('has a timeline, newest first, in pages', async () => {
    const { id, routeId } = await shop()
    await sold(id, routeId, 1, 3)
    const path = `/providers/${id}/channels/${channelId}/timeline`
    const whole = await get(path)
    const common = { count: null, transaction: null, detail: {} }
    expect(whole.json).toEqual({
      data: [
        { ...common, id: expect.any(String), at: iso(9_000), kind: 'settle', amount: '50', transaction: hex('99', 32) },
        { ...common, id: expect.any(String), at: iso(0), kind: 'charges', amount: '90', count: 3 },
      ],
      nextCursor: null,
    })
    const first = await get(`${path}?limit=1`)
    const second = await get(`${path}?limit=1&cursor=${String(first.json['nextCursor'])}`)
    const [all, one, two] = [whole, first, second].map(({ json }) => json['data'] as unknown[])
    expect([...(one ?? []), ...(two ?? [])]).toEqual(all)
  })

  test('on which it sold nothing is not there', async () => {
    const { id } = await shop()
    for (const path of ['', '/timeline']) {
      for (const channel of [channelId, hex('02', 32)]) {
        expect((await get(`/providers/${id}/channels/${channel}${path}`)).status).toBe(404)
      }
    }
  })
})

describe('settling a channel', () => {
  const settle = (id: string, as = alice) => api('POST', `/providers/${id}/channels/${channelId}/settle`, call(as))

  test('has everything claimed now, is written down, and may be asked again', async () => {
    const { id, routeId } = await shop()
    await sold(id, routeId)
    await settlement.say({ drain: { kind: 'sent', total: 90n, rest: 0n } })
    const { status, json } = await settle(id)
    expect([status, json]).toEqual([200, { status: 'sent', total: '90', rest: '0' }])
    await settlement.say({ drain: { kind: 'drained' } })
    expect((await settle(id)).json).toEqual({ status: 'drained', total: null, rest: null })
    expect(await settlement.done()).toEqual([`drain ${channelId}`])
    const rows = await db.orm.select().from(db.tables.audit)
    expect(rows.filter(({ action }) => action === 'channel.settle')).toMatchObject([
      { actor: alice.owner, subject: id, detail: { channelId, total: '90' } },
    ])
  })

  test('costs us gas: a hundred times a day at most', async () => {
    const { id, routeId } = await shop()
    await sold(id, routeId)
    await settle(id)
    await db.orm.update(db.tables.relayUse).set({ count: 100 })
    expect((await settle(id)).json['code']).toBe('rate_limited')
  })

  test('is for who sold on it', async () => {
    const { id, routeId } = await shop()
    await sold(id, routeId)
    const theirs = await provider(bob)
    expect((await settle(theirs.id, bob)).status).toBe(404)
    expect((await settle(id, bob)).status).toBe(404)
    expect(await settlement.done()).toEqual([])
  })
})
