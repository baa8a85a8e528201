/** What Sentinel's Worker is told: what concerns it, once the rows are there, in messages that its queue takes. */
import type { IncidentEvent, JournalRow, PbEvent, SessionEvent } from '@pbstream/core/message/Event'
import * as Incidents from '@pbstream/db/Incidents'
import { beforeEach, expect, test, vi } from 'vitest'
import { forward, forwardIncidents } from '../src/sentinel/Forward.ts'
import { channelId, db, empty, hex, session, snapshot } from './support.ts'

const incident = (id: string, at: number): IncidentEvent => ({
  ...{ v: 1, kind: 'incident', id, what: 'gas_low', detail: { signer: hex('51', 20) }, at },
})
const row = (seq: number, over: Partial<JournalRow> = {}): JournalRow => ({
  ...{ seq, kind: 'charge', channelId, debit: 'payer', credit: 'receiver', amount: '10', at: 1 },
  ...over,
})
const event = (over: Partial<SessionEvent>): SessionEvent => ({
  v: 1,
  kind: 'session',
  session,
  channels: [],
  rows: [],
  ...over,
})
const news = { decisions: [], stops: [], failures: [] }

function queue() {
  const batches: PbEvent[][] = []
  const sendBatch = (messages: Iterable<{ body: PbEvent }>) => {
    batches.push([...messages].map(({ body }) => body))
    return Promise.resolve()
  }
  return { batches, env: { SENTINEL_EVENTS: { sendBatch } as unknown as Queue<PbEvent> } }
}

beforeEach(empty)

test('charges with whom they pay, decisions and incidents go on; what is about money alone does not', async () => {
  const { batches, env } = queue()
  const other = snapshot({ channelId: hex('02', 32) })
  const usage = [{ routeId: 'r', period: '2026-11', units: {}, charged: '1', revision: 1 }]
  await forward(env, [
    event({ rows: [row(1), row(2, { kind: 'claim' })], channels: [snapshot(), other], usage }),
    event({ rows: [row(3, { kind: 'claim' })], channels: [snapshot()] }),
    event({ sentinel: news }),
    {
      v: 1,
      kind: 'transaction',
      chainId: 1,
      signer: hex('51', 20),
      itemId: 'i',
      purpose: 'claim',
      status: 'mined',
      revision: 1,
      channels: 1,
      amount: '1',
      at: 1,
    },
    incident('a', 1),
  ])
  expect(batches).toEqual([
    [event({ rows: [row(1)], channels: [snapshot()] }), event({ sentinel: news }), incident('a', 1)],
  ])
})

test('no batch has more messages or bytes than a queue takes, and none is left out', async () => {
  const { batches, env } = queue()
  const small = Array.from({ length: 150 }, (_, i) => incident(`s${i}`, i))
  const large = Array.from({ length: 5 }, (_, i) => ({ ...incident(`l${i}`, i), detail: { text: 'x'.repeat(90_000) } }))
  await forward(env, [...small, ...large])
  expect(batches.flat()).toEqual([...small, ...large])
  for (const batch of batches) {
    expect(batch.length).toBeLessThanOrEqual(100)
    expect(JSON.stringify(batch).length).toBeLessThan(256_000)
  }
})

test('a queue that does not take it fails the whole; where there is none nothing is said', async () => {
  const away = { sendBatch: () => Promise.reject(new Error('away')) } as unknown as Queue<PbEvent>
  await expect(forward({ SENTINEL_EVENTS: away }, [incident('a', 1)])).rejects.toThrow('away')
  await forward({}, [incident('a', 1)])
})

test('incidents of late that hold are told by the clock, whoever wrote them down', async () => {
  const { batches, env } = queue()
  const now = Date.now()
  const [old, late, over] = [incident('old', now - 700_000), incident('late', now - 1_000), incident('over', now - 500)]
  await Incidents.raise(db, [old, late, over])
  await Incidents.resolve(db, ['over'], new Date(now))
  vi.spyOn(console, 'error').mockImplementation(() => {})
  await forwardIncidents({ ...env } as never, db, new Date(now))
  expect(batches).toEqual([[late]])
})
