/** Whose a row of a report is called: names that another owner has given to keys and channels are not told. */
import type { Hex } from '@pbstream/core/Hex'
import { project } from '@pbstream/db/Projection'
import { countHour, HOUR_MS } from '@pbstream/db/UsageHours'
import { describe, expect, test } from 'vitest'
import { api, TEST_CHAIN } from './people.ts'
import { alice, bob, call, openShop, provider, route, sold } from './shop.ts'
import { channelId, db, hex, session, snapshot } from './support.ts'

openShop()

const { tables: t } = db
const iso = (ms: number) => new Date(ms).toISOString()
const get = (path: string, as = alice) => api('GET', path, call(as))

/** A key that pays from Alice's wallet, as a row of this owner and mode. */
async function managedBy(owner: string, mode: 'live' | 'test'): Promise<string> {
  const id = `${TEST_CHAIN}:${hex('c0', 20)}:${alice.owner}:${hex('51', 20)}`
  const key = {
    session: id,
    chainId: TEST_CHAIN,
    contract: hex('c0', 20),
    payer: alice.owner as Hex,
    key: hex('51', 20),
  }
  await db.orm.delete(t.sessionKey)
  await db.orm.insert(t.sessionKey).values({ ...key, id, publicId: 'sk_named', name: 'named', owner, mode })
  await db.orm.insert(t.microPayment).values({
    ...{ session: id, seq: 1, channelId, providerId: null, routeId: null, debit: 'a', credit: 'b', amount: '10' },
    at: new Date(Date.UTC(2026, 10, 1)),
  })
  return id
}

describe('a key that another owner manages', () => {
  test.each([
    ['somebody else', () => managedBy(bob.owner, 'test')],
    ['the owner in the other mode', () => managedBy(alice.owner, 'live')],
  ] as const)('has no name for whose money it spends: %s', async (_, managed) => {
    const id = await managed()
    const payments = await get('/payments')
    expect(payments.json['data']).toMatchObject([{ session: id, keyId: null, keyName: null }])
    const usage = await get('/usage?by=key&from=2026-11-01T00:00:00Z&to=2026-11-02T00:00:00Z')
    expect(usage.json['groups']).toMatchObject([{ group: id, label: null, spent: '10' }])
    expect(payments.text + usage.text).not.toMatch(/sk_named|"named"/)
  })

  test('has one for the owner who gave it', async () => {
    await managedBy(alice.owner, 'test')
    expect((await get('/payments')).json['data']).toMatchObject([{ keyId: 'sk_named', keyName: 'named' }])
  })
})

describe('a provider', () => {
  test('is told of its own last charge on a channel that others sell on too', async () => {
    const { id } = await provider()
    const { id: routeId } = await route(id)
    await sold(id, routeId, 1, 2)
    const theirs = { kind: 'charge', channelId, debit: 'escrow', credit: 'provider', amount: '7', seq: 99 } as const
    const rows = [{ ...theirs, providerId: 'prov_other', routeId: 'route_other', at: 60_000 }]
    await project(db, [{ v: 1, kind: 'session', session, channels: [snapshot({ revision: 8 })], rows }])
    const { json } = await get(`/providers/${id}/channels/${channelId}`)
    expect(json['lastChargeAt']).toBe(iso(2_000))
  })

  test('sees the five routes that earned most, the best first, and all of them in the sums', async () => {
    await db.orm.delete(t.usageHour)
    await db.orm.delete(t.challengeHour)
    const { id } = await provider()
    const routes: string[] = []
    for (let i = 1; i <= 6; i++) {
      const { id: routeId } = await route(id, { path: `/acme/v1/r${i}` })
      routes.unshift(routeId)
      await sold(id, routeId, 10 * i, i)
    }
    await countHour(db, new Date(0))
    const { json } = await get(`/providers/${id}/summary?from=${iso(0)}&to=${iso(HOUR_MS)}`)
    const top = json['topRoutes'] as { routeId: string; requests: number }[]
    expect(top.map(({ requests }) => requests)).toEqual([6, 5, 4, 3, 2])
    expect(top.map(({ routeId }) => routeId)).toEqual(routes.slice(0, 5))
    expect(json).toMatchObject({ requests: 21, revenue: '630' })
  })
})
