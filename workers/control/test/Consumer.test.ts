import { expect, test, vi } from 'vitest'
import { consume, type QueueMessage } from '../src/Consumer.ts'

function message(id: string, attempts: number, body: unknown = { v: 9 }) {
  return { id, body, attempts, timestamp: new Date(0), ack: vi.fn(), retry: vi.fn() } satisfies QueueMessage
}

test('waits twice as long each time, an hour at most', async () => {
  const messages = [1, 2, 3, 10, 11].map((attempts) => message(`m${attempts}`, attempts))
  await consume({ project: async () => {}, log: () => {} }, messages)
  expect(messages.map(({ retry }) => retry.mock.calls)).toEqual(
    [5, 10, 20, 2560, 3600].map((delaySeconds) => [[{ delaySeconds }]]),
  )
})

test('without a database every message is asked for again and nothing is acknowledged', async () => {
  const incident = { v: 1, kind: 'incident', id: 'i', what: 'withdrawal_lost', detail: {}, at: 0 }
  const messages = [message('a', 1, incident), message('b', 1), message('c', 1, { ...incident, id: 'j' })]
  const log = vi.fn()
  const down = () => Promise.reject(new Error('postgres://user:secret@host refused'))
  await consume({ project: down, log }, messages)
  for (const { ack, retry } of messages) {
    expect(ack).not.toHaveBeenCalled()
    expect(retry).toHaveBeenCalledOnce()
  }
  expect(JSON.stringify(log.mock.calls)).not.toContain('secret')
})
