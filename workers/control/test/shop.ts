/** A shop of one owner and the neighbour who would like it: what tests of providers and routes start from. */
import { project } from '@pbstream/db/Projection'
import { beforeEach, expect, vi } from 'vitest'
import { api, type Call, type Person, person, TEST_CHAIN } from './people.ts'
import { channelId, db, empty, hex, session, settlement, snapshot } from './support.ts'

export const SECRET = 'upstream-secret-of-the-tests-0123456789'
export const HOST = 'api.acme.example'
export const ELSEWHERE = hex('e1', 20)
export const flat = { v: 1, kind: 'flat', amount: '1000' }

/** Both have shown that `HOST` is theirs. */
export let alice: Person
export let bob: Person
export let logged: { mock: { calls: unknown[][] } }

/** Starts each test of the file with an empty database and two people. */
export function openShop(): void {
  vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })
  beforeEach(async () => {
    logged = vi.spyOn(console, 'error').mockImplementation(() => {})
    await empty()
    alice = await person()
    bob = await person()
    const at = new Date()
    const hosts = [alice, bob].flatMap(({ owner }) =>
      (['live', 'test'] as const).map((mode) => ({
        owner,
        mode,
        host: HOST,
        token: 'token',
        createdAt: at,
        verifiedAt: at,
      })),
    )
    const { tables } = db
    await db.atomically((orm) => [
      ...[tables.oracleValue, tables.oracle, tables.customerTerms].map((t) => orm.delete(t)),
      ...[tables.rateCard, tables.route, tables.provider, tables.pathRoot, tables.upstreamHost].map((t) =>
        orm.delete(t),
      ),
      ...[tables.drain, tables.providerChannel, tables.microPayment, tables.movement].map((t) => orm.delete(t)),
      ...[tables.streamSession, tables.webhookDelivery].map((t) => orm.delete(t)),
      orm.insert(tables.upstreamHost).values(hosts),
    ])
    await settlement.say({})
    return () => vi.restoreAllMocks()
  })
}

export const closed = async () => (await settlement.done()).filter((what) => what.startsWith('close '))

export const env = { UPSTREAM_SECRET: SECRET }
export const call = (as: Person | string, more: Call = {}): Call => ({ as, mode: 'test', env, ...more })
export const match = (revision: number) => ({ headers: { 'if-match': `"${revision}"` } })

export async function provider(as: Person = alice, over: object = {}) {
  const body = { name: 'Acme', payTo: as.wallet.address, ...over }
  const { status, json, text } = await api('POST', '/providers', call(as, { body }))
  expect([status, text]).toEqual([201, text])
  return json as { id: string; revision: number; payTo: string }
}

export const described = (providerId: string, over: object = {}) => ({
  providerId,
  path: '/acme/v1/*',
  origin: { kind: 'url', url: `https://${HOST}/base` },
  chainIds: [TEST_CHAIN],
  rate: flat,
  ...over,
})

export async function route(providerId: string, over: object = {}, as: Person = alice) {
  const { status, json, text } = await api('POST', '/routes', call(as, { body: described(providerId, over) }))
  expect([status, text]).toEqual([201, text])
  return json as { id: string; revision: number }
}

/** A paid call on the channel of the tests, from `seq` on, as the projection knows it. */
export async function sold(providerId: string, routeId: string, from = 1, count = 1) {
  const charge = (seq: number) =>
    ({
      seq,
      kind: 'charge',
      channelId,
      debit: 'escrow',
      credit: 'provider',
      amount: '30',
      reservationId: `r${seq}`,
      providerId,
      routeId,
      rateVersion: 1,
      cumulative: String(30 * seq),
      at: 1_000 * seq,
    }) as const
  const settle = {
    seq: from + count,
    kind: 'settle',
    channelId,
    debit: 'claimed',
    credit: 'settled',
    amount: '50',
    transaction: hex('99', 32),
    at: 9_000,
  } as const
  const receiver = alice.wallet.address.toLowerCase() as `0x${string}`
  const rows = [...Array.from({ length: count }, (_, i) => charge(from + i)), settle]
  await project(db, [{ v: 1, kind: 'session', session, channels: [snapshot({ receiver })], rows }])
}
