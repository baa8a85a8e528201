/** Deliveries: written with the change, once, to those who listen; taken by one; and what came of them. */
import type { PbEvent, SessionEvent } from '@pbstream/core/message/Event'
import { beforeEach, describe, expect, test } from 'vitest'
import type { Mode } from '../src/Mode.ts'
import { project } from '../src/Projection.ts'
import * as Deliveries from '../src/WebhookDeliveries.ts'
import * as Endpoints from '../src/WebhookEndpoints.ts'
import * as Webhooks from '../src/Webhooks.ts'
import { db, emptyBeforeEach } from './database.ts'
import { hex, T0 } from './events.ts'

const owner = hex('a1', 20)
const stranger = hex('ee', 20)
const at = new Date(T0 + 5_000)
const modeOf = (chainId: number): Mode => (chainId === 84532 ? 'test' : 'live')
const later = (ms: number) => new Date(at.getTime() + ms)

emptyBeforeEach()

let count = 0
async function endpoint(over: Partial<Endpoints.NewEndpoint> & { at?: Date } = {}) {
  const { at: createdAt = new Date(T0), ...rest } = over
  const row = { id: `we_${String(++count).padStart(24, '0')}`, owner, mode: 'test' as const, events: ['*'], ...rest }
  const made = { url: 'https://hooks.example/in', secretSealed: 'sealed', ...row }
  await db.atomically((orm) => Endpoints.createStatements(db, orm, made, createdAt))
  return made.id
}

const rows = () => db.orm.select().from(db.tables.webhookDelivery).orderBy(db.tables.webhookDelivery.id)
const tell = (mode: Mode = 'test', id?: string) =>
  db.atomically((orm) =>
    Webhooks.eventStatements(db, orm, owner, mode, 'route.updated', { id: 'route_1', text: `it's "so"` }, at, id),
  )

describe('an event', () => {
  test('is one delivery for each endpoint of the owner that listens', async () => {
    const all = await endpoint()
    const some = await endpoint({ events: ['route.updated', 'deposit.confirmed'] })
    await endpoint({ events: ['deposit.confirmed'] })
    await endpoint({ mode: 'live' })
    await endpoint({ owner: stranger })
    await endpoint({ at: later(1) })
    const off = await endpoint()
    await db.atomically((orm) => Endpoints.editStatements(db, orm, off, { enabled: false }, at))
    await tell()
    const written = await rows()
    expect(written.map(({ endpointId }) => endpointId)).toEqual([all, some])
    expect(new Set(written.map(({ eventId }) => eventId)).size).toBe(1)
    expect(written[0]).toMatchObject({
      id: expect.stringMatching(/^whd_[0-9a-z]{40}$/),
      owner,
      mode: 'test',
      event: 'route.updated',
      status: 'pending',
      attempts: 0,
      nextAt: at,
      lastStatus: null,
      lastError: null,
      createdAt: at,
    })
    expect(JSON.parse(written[0]!.payload)).toEqual({
      type: 'route.updated',
      timestamp: at.toISOString(),
      mode: 'test',
      data: { id: 'route_1', text: `it's "so"` },
    })
  })

  test('that is written again is the same one', async () => {
    await endpoint()
    const id = await Webhooks.eventIdOf('fact', owner, 'test')
    await tell('test', id)
    const before = await rows()
    await tell('test', id)
    expect(await rows()).toEqual(before)
    await tell()
    expect(await rows()).toHaveLength(2)
  })

  test('written straight to an endpoint has the id that it would get by itself', async () => {
    const id = await endpoint()
    await tell('test', 'evt_00000000000000000000000000000001')
    const [row] = await rows()
    const direct = Webhooks.deliveryTo({ id, owner, mode: 'test' }, 'route.updated', {}, at, row!.eventId)
    expect(direct.id).toBe(row!.id)
    expect(direct.id > Webhooks.firstIdOf(at) && direct.id < Webhooks.firstIdOf(later(1))).toBe(true)
  })
})

describe('what the money path tells', () => {
  const session = { chainId: 84532, contract: hex('c0', 20), payer: owner, payerAuthorizer: hex('5e', 20) }
  const channelId = hex('a1', 32)
  const row = { seq: 1, channelId, debit: 'payer', credit: 'escrow', amount: '7', at: at.getTime() }
  const event = (...some: Partial<SessionEvent['rows'][0]>[]): SessionEvent => ({
    v: 1,
    kind: 'session',
    session,
    channels: [],
    rows: some.map((over, i) => ({ ...row, seq: i + 1, kind: 'charge', ...over })),
  })
  const seller = hex('be', 20)
  const provider = { id: 'p', name: 'p', payTo: hex('aa', 20), enabled: true, createdAt: at, updatedAt: at }

  beforeEach(async () => {
    await endpoint({ id: 'we_payer00000000000000000000' })
    await endpoint({ id: 'we_seller0000000000000000000', owner: seller })
    await endpoint({ id: 'we_other00000000000000000000', owner: stranger })
    await db.orm.insert(db.tables.provider).values({ ...provider, owner: seller, mode: 'test' })
    // Names the receiver of the others' channels as its own: it is told nothing of them.
    await db.orm.insert(db.tables.provider).values({ ...provider, id: 'q', owner: stranger, mode: 'test' })
  })

  const told = async () =>
    (await rows()).map(({ endpointId, event: type }) => `${endpointId.slice(3, 8)} ${type}`).sort()

  test('charges tell nobody', async () => {
    expect(await project(db, [event({ providerId: 'p' })], modeOf)).toBe(0)
    expect(await rows()).toEqual([])
  })

  test('a payer hears of deposits and refunds, a provider that charged on the channel of those and of settlements', async () => {
    const transaction = hex('f1', 32)
    const moved = event(
      { kind: 'deposit', credit: 'provisional' },
      { kind: 'deposit', debit: 'provisional', transaction },
      { kind: 'charge', providerId: 'p' },
      { kind: 'claim' },
      { kind: 'settle', debit: 'claimed', credit: 'provider', transaction },
      { kind: 'refund' },
      { kind: 'loss', debit: 'provisional', credit: 'payer' },
      { kind: 'loss', debit: 'earned', credit: 'lost' },
    )
    expect(await project(db, [moved], modeOf)).toBe(10)
    const each = [
      'deposit.confirmed',
      'deposit.received',
      'deposit.reverted',
      'refund.confirmed',
      'settlement.confirmed',
    ]
    expect(await told()).toEqual([...each.map((type) => `payer ${type}`), ...each.map((type) => `selle ${type}`)])
    const settled = (await rows()).find(({ event: type }) => type === 'settlement.confirmed')
    expect(JSON.parse(settled!.payload)).toMatchObject({
      data: { chainId: 84532, channelId, amount: '7', transaction },
    })
  })

  test('the same facts again, cut in another way, tell nobody twice', async () => {
    const facts = [
      { kind: 'deposit' as const },
      { kind: 'charge' as const, providerId: 'p' },
      { kind: 'settle' as const },
    ]
    await project(db, [event(...facts)], modeOf)
    const before = await rows()
    const whole = event(...facts)
    for (const one of whole.rows) await project(db, [{ ...whole, rows: [one] }], modeOf)
    expect((await rows()).map(({ id }) => id)).toEqual(before.map(({ id }) => id))
  })

  test('of another mode, or before anybody listened, nobody is told', async () => {
    const live = { ...event({ kind: 'deposit' }), session: { ...session, chainId: 8453 } }
    await project(db, [live, event({ kind: 'deposit', at: T0 - 1 })], modeOf)
    expect(await rows()).toEqual([])
  })

  test('without modes nobody is told', async () => {
    expect(await project(db, [event({ kind: 'deposit' })])).toBe(0)
    expect(await rows()).toEqual([])
  })

  test('an incident of a channel is told to its payer and providers, with nothing that is not theirs', async () => {
    await project(db, [{ ...event({ providerId: 'p' }), channels: [snapshot(channelId)] }])
    const detail = { chainId: '84532', contract: hex('c0', 20), channelId, amount: '5', why: 'withdrawal', inner: 'no' }
    const incidents: PbEvent[] = [
      { v: 1, kind: 'incident', id: 'i1', what: 'money_lost', detail, at: at.getTime() },
      { v: 1, kind: 'incident', id: 'i2', what: 'claim_dead_letter', detail, at: at.getTime() },
      { v: 1, kind: 'incident', id: 'i3', what: 'projection_behind', detail, at: at.getTime() },
      { v: 1, kind: 'incident', id: 'i4', what: 'unknown_message', detail: {}, at: at.getTime() },
    ]
    await project(db, incidents, modeOf)
    expect(await told()).toEqual([
      'payer incident.opened',
      'payer settlement.failed',
      'selle incident.opened',
      'selle settlement.failed',
    ])
    expect(JSON.parse((await rows())[0]!.payload).data).not.toHaveProperty('inner')
  })

  test('an account that is a contract hears of its own chain only', async () => {
    await endpoint({ id: 'we_chain00000000000000000000', owner: `84532:${owner}` })
    await endpoint({ id: 'we_where00000000000000000000', owner: `8453:${owner}` })
    await project(db, [event({ kind: 'deposit' })], modeOf)
    expect(await told()).toEqual(['chain deposit.confirmed', 'payer deposit.confirmed'])
  })
})

function snapshot(channelId: `0x${string}`) {
  const zero = {
    provisional: '0',
    deposited: '0',
    returned: '0',
    accepted: '0',
    spent: '0',
    claimed: '0',
    settled: '0',
  }
  return { channelId, receiver: hex('aa', 20), token: hex('7c', 20), ...zero, lost: '0', revision: 1 }
}

describe('a delivery', () => {
  let id: string
  let endpointId: string
  beforeEach(async () => {
    endpointId = await endpoint()
    await tell()
    id = (await rows())[0]!.id
  })
  const take = (ms = 0) => Deliveries.take(db, id, later(ms), later(ms + 60_000))

  test('is taken by one of several, and by another when nothing was heard for long', async () => {
    const taken = await Promise.all([take(), take(), take()])
    expect(taken.filter((row) => row !== undefined)).toHaveLength(1)
    expect(await take(59_999)).toBeUndefined()
    expect(await take(60_000)).toMatchObject({ attempts: 2 })
  })

  test('that arrived is over; one that did not is due again', async () => {
    const first = (await take())!
    await Deliveries.failed(db, first, { lastStatus: 500, lastError: 'refused', retryAt: later(5_000) }, later(10))
    expect(await rows()).toMatchObject([{ status: 'pending', attempts: 1, lastStatus: 500, nextAt: later(5_000) }])
    expect(await Endpoints.getEndpoint(db, owner, 'test', endpointId)).toMatchObject({ failingSince: later(10) })
    expect(await Deliveries.dueDeliveries(db, later(4_999), 10)).toEqual([])
    expect(await Deliveries.dueDeliveries(db, later(5_000), 10)).toEqual([{ id }])
    const second = (await take(5_000))!
    await Deliveries.delivered(db, second, 204, later(5_010))
    expect(await rows()).toMatchObject([{ status: 'delivered', attempts: 2, lastStatus: 204, lastError: null }])
    expect(await Endpoints.getEndpoint(db, owner, 'test', endpointId)).toMatchObject({ failingSince: null })
    expect(await take(99_000)).toBeUndefined()
  })

  test('of an attempt that was given up nothing counts any more', async () => {
    const slow = (await take())!
    const next = (await take(60_000))!
    await Deliveries.delivered(db, next, 200, later(60_010))
    await Deliveries.failed(db, slow, { lastStatus: null, lastError: 'timeout', retryAt: null }, later(60_020))
    expect(await rows()).toMatchObject([{ status: 'delivered', lastStatus: 200 }])
  })

  test('is sent again under its own id', async () => {
    const row = (await take())!
    await Deliveries.failed(db, row, { lastStatus: 410, lastError: 'gone', retryAt: null }, later(1))
    expect(await rows()).toMatchObject([{ status: 'failed' }])
    await db.atomically((orm) => Deliveries.resendStatements(db, orm, id, later(2)))
    expect(await take(2)).toMatchObject({ id, eventId: row.eventId, attempts: 1, lastStatus: null })
  })

  test('ends with its endpoint', async () => {
    await db.atomically((orm) => Endpoints.deleteStatements(db, orm, endpointId, later(1)))
    expect(await rows()).toMatchObject([{ status: 'failed', lastError: 'endpoint_deleted' }])
    expect(await take(2)).toBeUndefined()
  })

  test('is seen by its owner in its mode', async () => {
    expect(await Deliveries.getDelivery(db, owner, 'test', id)).toMatchObject({ id })
    expect(await Deliveries.getDelivery(db, owner, 'live', id)).toBeUndefined()
    expect(await Deliveries.getDelivery(db, stranger, 'test', id)).toBeUndefined()
    const list = (of: string, mode: Mode, filter = {}) => Deliveries.listDeliveries(db, of, mode, filter, 10)
    expect(await list(owner, 'test')).toMatchObject([{ id }])
    expect((await list(owner, 'test'))[0]).not.toHaveProperty('payload')
    for (const other of [list(owner, 'live'), list(stranger, 'test')]) expect(await other).toEqual([])
    const filters = { endpointId, status: 'pending', event: 'route.updated' } as const
    expect(await list(owner, 'test', filters)).toHaveLength(1)
    for (const other of [{ status: 'failed' }, { event: 'webhook.test' }, { before: id }, { endpointId: 'we_x' }]) {
      expect(await list(owner, 'test', { ...filters, ...other })).toEqual([])
    }
  })

  test('that is old and over is removed; one on its way is not', async () => {
    const after = Webhooks.firstIdOf(later(1))
    await Deliveries.prune(db, after, 10)
    expect(await rows()).toHaveLength(1)
    await Deliveries.delivered(db, (await take())!, 200, later(1))
    await Deliveries.prune(db, Webhooks.firstIdOf(at), 10)
    expect(await rows()).toHaveLength(1)
    await Deliveries.prune(db, after, 10)
    expect(await rows()).toEqual([])
  })
})

test('a new secret signs beside the one before for a day', async () => {
  const id = await endpoint()
  const row = (await Endpoints.getEndpoint(db, owner, 'test', id))!
  await db.atomically((orm) => Endpoints.rotateStatements(db, orm, row, 'new', at))
  expect(await Endpoints.getEndpoint(db, owner, 'test', id)).toMatchObject({
    secretSealed: 'new',
    previousSecretSealed: 'sealed',
    previousUntil: later(24 * 3_600_000),
    revision: 2,
  })
})
