/** The consumer on a real D1: what the queue is told, and what is in the tables afterwards. */
import { createExecutionContext, createMessageBatch, getQueueResult } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import type { PbEvent } from '@pbstream/core/message/Event'
import { open } from '@pbstream/db/Database'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import type { Env } from '../src/Env.ts'
import worker from '../src/index.ts'

const bindings = env as unknown as Env
const db = open(bindings)
const at = Date.UTC(2026, 10, 1)
const hex = (byte: string, bytes: number): `0x${string}` => `0x${byte.repeat(bytes)}`

const charge = (seq: number): PbEvent => ({
  v: 1,
  kind: 'session',
  session: { chainId: 84532, contract: hex('c0', 20), payer: hex('a1', 20), payerAuthorizer: hex('5e', 20) },
  channels: [],
  rows: [
    { seq, kind: 'charge', channelId: hex('01', 32), debit: 'escrow', credit: 'provider', amount: '7', at: at + seq },
  ],
})

/** Delivers bodies as one batch, message ids `m0`, `m1`, … */
async function deliver(bodies: unknown[], attempts = 1, on: Env = bindings) {
  const messages = bodies.map((body, i) => ({ id: `m${i}`, timestamp: new Date(at), attempts, body }))
  const batch = createMessageBatch('pbstream-events', messages)
  const context = createExecutionContext()
  await worker.queue(batch, on)
  const result = await getQueueResult(batch, context)
  return { acked: result.explicitAcks, retried: result.retryMessages.map(({ msgId }) => msgId) }
}

const payments = async () => (await db.orm.select().from(db.tables.microPayment)).map(({ seq }) => seq)
const incidents = () => db.orm.select().from(db.tables.sentinelEvent)

beforeEach(async () => {
  vi.spyOn(console, 'error').mockImplementation(() => {})
  for (const table of [db.tables.microPayment, db.tables.sentinelEvent]) await db.orm.delete(table)
  return () => vi.restoreAllMocks()
})

describe('the events queue', () => {
  test('known events are projected and acknowledged', async () => {
    expect(await deliver([charge(1), charge(2)])).toEqual({ acked: ['m0', 'm1'], retried: [] })
    expect(await payments()).toEqual([1, 2])
  })

  test.each(['{}', '[{"chainId":84532}]', 'none'])(
    'CHAINS that cannot be used, %s, holds up no row',
    async (CHAINS) => {
      expect(await deliver([charge(1)], 1, { ...bindings, CHAINS })).toEqual({ acked: ['m0'], retried: [] })
      expect(await payments()).toEqual([1])
    },
  )

  test('the same batch again changes nothing', async () => {
    await deliver([charge(1), charge(2)])
    expect(await deliver([charge(2), charge(1)])).toEqual({ acked: ['m0', 'm1'], retried: [] })
    expect(await payments()).toEqual([1, 2])
  })

  test('a version this release does not know is recorded once, and retried until it is a dead letter', async () => {
    const newer = { ...charge(1), v: 2, secret: 'not for the incident' }
    expect(await deliver([charge(1), newer])).toEqual({ acked: ['m0'], retried: ['m1'] })
    expect(await deliver([charge(1), newer], 2)).toEqual({ acked: ['m0'], retried: ['m1'] })
    expect(await payments()).toEqual([1])
    expect(await incidents()).toEqual([
      {
        id: 'unknown_event:m1',
        what: 'unknown_message',
        detail: { message: 'm1', version: '2', kind: 'session', issue: 'v' },
        at: new Date(at),
        subject: null,
        resolvedAt: null,
      },
    ])
  })

  test.each([
    ['null', null],
    ['a string', 'x'],
    ['an array', []],
    ['nothing known', { a: 1 }],
  ])('%s is retried, not dropped', async (_, body) => {
    expect(await deliver([body])).toEqual({ acked: [], retried: ['m0'] })
    expect(await incidents()).toMatchObject([{ what: 'unknown_message' }])
  })

  test('an event that the database refuses does not hold up the others', async () => {
    const refused = charge(2)
    // Passes the schema and is no time that a date can hold.
    if (refused.kind === 'session') refused.rows[0] = { ...refused.rows[0]!, at: 9_000_000_000_000_000 }
    expect(await deliver([charge(1), refused, charge(3)])).toEqual({ acked: ['m0', 'm2'], retried: ['m1'] })
    expect(await payments()).toEqual([1, 3])
  })
})
