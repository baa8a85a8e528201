import { describe, expect, test } from 'vitest'
import { upsertProvider, upsertRoute } from '../src/Catalog.ts'
import { overview } from '../src/Overview.ts'
import { project } from '../src/Projection.ts'
import { db, emptyBeforeEach } from './database.ts'
import { hex, history, incident, lane, refs, sessionEvent, T0 } from './events.ts'

emptyBeforeEach()
const [one, two] = refs.map((ref) => history(ref, 4)) as [ReturnType<typeof history>, ReturnType<typeof history>]

async function fill() {
  const route = {
    id: 'chat',
    providerId: 'acme',
    path: '/chat',
    origin: { kind: 'url', url: 'https://api.example' } as const,
    chainIds: [84532],
    credential: { header: 'authorization', sealed: 'c2VhbGVk' },
    rate: { v: 1, kind: 'flat', amount: '7' } as const,
  }
  const by = { actor: 'test', at: T0 }
  await upsertProvider(db, { id: 'acme', name: 'Acme', payTo: hex('ac', 20) }, by)
  await upsertRoute(db, route, by)
  await project(db, [
    sessionEvent(one, one.rows, one.snapshots),
    sessionEvent(
      two,
      two.rows.map((row) => ({ ...row, at: row.at + 500 })),
      two.snapshots,
    ),
    ...lane('claim-1'),
    incident('i1'),
  ])
}

describe('overview', () => {
  test('is empty on an empty database', async () => {
    expect(await overview(db)).toEqual({
      catalogVersion: 0,
      routes: [],
      channels: [],
      payments: [],
      movements: [],
      settlements: [],
      incidents: [],
      audit: [],
    })
  })

  test('shows routes with prices, channels with their numbers, and the newest payments first', async () => {
    await fill()
    const all = await overview(db)
    expect(all.routes).toEqual([
      {
        id: 'chat',
        providerId: 'acme',
        methods: ['*'],
        path: '/chat',
        chainIds: [84532],
        rate: { version: 1, rule: { v: 1, kind: 'flat', amount: '7' } },
        enabled: true,
      },
    ])
    expect(all.channels.map(({ payer }) => payer)).toEqual([hex('b2', 20), hex('a1', 20)])
    expect(all.channels[1]).toMatchObject({
      funds: '90071992547409900',
      authorised: '18014398509481980',
      metered: '9007199254741011',
      claimed: '9007199254741004',
      settled: '9007199254740989',
      held: '22',
      lost: '0',
      inOrder: true,
    })
    expect(all.payments.map(({ at }) => at.getTime() - T0)).toEqual([3500, 3000, 2500, 2000, 1500, 1000])
    expect(all.settlements).toMatchObject([{ status: 'confirmed', transaction: hex('f2', 32) }])
    expect(all.incidents).toMatchObject([{ id: 'i1' }])
    expect(all.audit.map(({ action }) => action)).toEqual(['route.write', 'provider.write'])
  })

  test('shows no credential and no upstream', async () => {
    await fill()
    expect(JSON.stringify(await overview(db))).not.toMatch(/c2VhbGVk|api\.example/)
  })

  test('can be narrowed to a provider, a payer or a channel', async () => {
    await fill()
    const zeta = await overview(db, { providerId: 'zeta' })
    expect(zeta.payments.map(({ providerId, seq }) => [providerId, seq])).toEqual([
      ['zeta', 2],
      ['zeta', 2],
    ])
    const payer = await overview(db, { payer: hex('a1', 20) })
    expect(payer.channels.map(({ id }) => id)).toEqual([hex('a1', 32)])
    const channel = await overview(db, { channelId: hex('b2', 32) })
    expect(channel.channels.map(({ id }) => id)).toEqual([hex('b2', 32)])
    expect(channel.payments.map(({ seq }) => seq)).toEqual([3, 2, 1])
    expect(channel.movements).toMatchObject([{ kind: 'deposit', seq: 4 }])
  })

  test('a channel whose numbers are out of order is shown as such', async () => {
    const [snapshot] = one.snapshots as [(typeof one.snapshots)[0]]
    await project(db, [sessionEvent(one, one.rows, [{ ...snapshot, claimed: `${BigInt(snapshot.spent) + 1n}` }])])
    expect((await overview(db)).channels).toMatchObject([{ inOrder: false }])
  })
})
