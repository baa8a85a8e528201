import { describe, expect, test, vi } from 'vitest'
import { consume, type QueueMessage } from '../src/Consumer.ts'

function message(id: string, attempts: number, body: unknown = { v: 9 }) {
  return { id, body, attempts, timestamp: new Date(0), ack: vi.fn(), retry: vi.fn() } satisfies QueueMessage
}

test('waits twice as long each time, an hour at most', async () => {
  const messages = [1, 2, 3, 10, 11].map((attempts) => message(`m${attempts}`, attempts))
  await consume({ project: async () => {}, feed: async () => {}, forward: async () => {}, log: () => {} }, messages)
  expect(messages.map(({ retry }) => retry.mock.calls)).toEqual(
    [5, 10, 20, 2560, 3600].map((delaySeconds) => [[{ delaySeconds }]]),
  )
})

test('without a database every message is asked for again and nothing is acknowledged', async () => {
  const incident = { v: 1, kind: 'incident', id: 'i', what: 'withdrawal_lost', detail: {}, at: 0 }
  const messages = [message('a', 1, incident), message('b', 1), message('c', 1, { ...incident, id: 'j' })]
  const log = vi.fn()
  const down = () => Promise.reject(new Error('postgres://user:secret@host refused'))
  await consume({ project: down, feed: async () => {}, forward: async () => {}, log }, messages)
  for (const { ack, retry } of messages) {
    expect(ack).not.toHaveBeenCalled()
    expect(retry).toHaveBeenCalledOnce()
  }
  expect(JSON.stringify(log.mock.calls)).not.toContain('secret')
})

describe('counting', () => {
  const incident = { v: 1, kind: 'incident', id: 'i', what: 'withdrawal_lost', detail: {}, at: 0 }

  test('comes after the rows, and says how many were written and how many were not', async () => {
    const order: string[] = []
    const refused = { ...incident, id: 'refused' }
    const project = async (events: readonly { kind: string }[]) => {
      if (events.some((event) => 'id' in event && event.id === 'refused')) throw new Error('no')
      order.push('rows')
    }
    const feed = vi.fn(async () => void order.push('count'))
    const messages = [message('a', 1, incident), message('b', 1, refused)]
    await consume({ project, feed, forward: async () => {}, log: () => {} }, messages)
    expect(order).toEqual(['rows', 'count'])
    expect(feed).toHaveBeenCalledExactlyOnceWith([incident], { projected: 1, failed: 1 })
    expect(messages.map(({ ack, retry }) => [ack.mock.calls.length, retry.mock.calls.length])).toEqual([
      [1, 0],
      [0, 1],
    ])
  })

  test('that fails keeps no row from being written: the message comes again, and is no dead letter for it', async () => {
    const project = vi.fn(async () => {})
    const away = () => Promise.reject(new Error('the metrics are away'))
    const [early, late] = [message('a', 7, incident), message('b', 8, incident)]
    await consume({ project, feed: away, forward: async () => {}, log: () => {} }, [early, late])
    expect(project).toHaveBeenCalledOnce()
    expect([early.ack.mock.calls.length, early.retry.mock.calls.length]).toEqual([0, 1])
    expect([late.ack.mock.calls.length, late.retry.mock.calls.length]).toEqual([1, 0])
  })
})

describe('handing on to Sentinel', () => {
  const incident = { v: 1, kind: 'incident', id: 'i', what: 'withdrawal_lost', detail: {}, at: 0 }
  const [project, feed] = [async () => {}, async () => {}]

  test('is of what was written, and of nothing else', async () => {
    const written = async (events: readonly { kind: string }[]) => {
      if (events.some((event) => 'id' in event && event.id === 'refused')) throw new Error('no')
    }
    const forward = vi.fn(async () => {})
    const messages = [message('a', 1, incident), message('b', 1, { ...incident, id: 'refused' })]
    await consume({ project: written, feed, forward, log: () => {} }, messages)
    expect(forward).toHaveBeenCalledExactlyOnceWith([incident])
  })

  test('that fails has the message come again until it is a dead letter: no decision is lost to it', async () => {
    const forward = () => Promise.reject(new Error('the queue is away'))
    const messages = [message('a', 1, incident), message('b', 9, incident)]
    const log = vi.fn()
    await consume({ project, feed, forward, log }, messages)
    expect(messages.map(({ ack, retry }) => [ack.mock.calls.length, retry.mock.calls.length])).toEqual([
      [0, 1],
      [0, 1],
    ])
    expect(log.mock.calls.map(([what]: unknown[]) => what)).toEqual(['forward_delayed'])
  })
})
