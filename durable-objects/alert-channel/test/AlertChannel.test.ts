import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import type { AlertChannelConfig } from '@pbstream/core/message/AlertChannels'
import { beforeEach, describe, expect, test } from 'vitest'
import { TESTS_AN_HOUR } from '../src/AlertChannel.ts'
import { DELIVERIES, SEEN_MS } from '../src/Book.ts'
import type { AlertChannelApi, Offered } from '../src/Port.ts'
import { AlertChannel, START } from './worker.ts'

const { CHANNELS } = env as unknown as { CHANNELS: DurableObjectNamespace }
let names = 0

beforeEach(() => {
  AlertChannel.time = START
  AlertChannel.answers.length = 0
  AlertChannel.sent.length = 0
  AlertChannel.totals.length = 0
})

function fresh(wishes: Partial<AlertChannelConfig['wishes']> = {}) {
  const id = `ach_${names++}`
  const stub = CHANNELS.getByName(id)
  const config: AlertChannelConfig = {
    id,
    name: 'On call',
    scope: 'platform',
    target: { kind: 'telegram', chat: '42' },
    wishes: {
      from: 'low',
      groupMs: 0,
      limit: { messages: 100, perMs: 1_000 },
      retry: { tries: 3, firstMs: 1_000, longestMs: 10_000 },
      ...wishes,
    },
    sealed: 'sealed',
    enabled: true,
    language: 'en',
    revision: 1,
  }
  return { stub, config, channel: stub as unknown as AlertChannelApi }
}

const alert = (id: string, more: Partial<Offered> = {}): Offered => {
  return { id, at: AlertChannel.time, severity: 'high', group: id, title: `title of ${id}`, text: 'why', ...more }
}
const ring = (stub: DurableObjectStub) => runDurableObjectAlarm(stub)
const wakesAt = (stub: DurableObjectStub) => runInDurableObject(stub, (_, { storage }) => storage.getAlarm())
const titles = () => AlertChannel.sent.map(({ message }) => message.alerts.map(({ title }) => title))

describe('an alert', () => {
  test('is sent once, however often it is offered, also after the object was evicted', async () => {
    const { stub, config, channel } = fresh()
    await channel.offer(1, config, [alert('a')])
    await channel.offer(1, config, [alert('a')])
    await ring(stub)
    await evictDurableObject(stub)
    await channel.offer(1, config, [alert('a'), alert('b')])
    await ring(stub)
    expect(titles()).toEqual([['title of a'], ['title of b']])
  })
  test('is remembered for longer than a queue keeps a message, and then forgotten', async () => {
    const { stub, config, channel } = fresh()
    await channel.offer(1, config, [alert('a')])
    await ring(stub)
    AlertChannel.time = START + SEEN_MS - 1
    await channel.offer(1, config, [alert('a')])
    AlertChannel.time = START + SEEN_MS
    await channel.offer(1, config, [alert('a')])
    await ring(stub)
    expect(titles()).toEqual([['title of a'], ['title of a']])
  })
  test('below what the channel wants is not told', async () => {
    const { stub, config, channel } = fresh({ from: 'critical' })
    await channel.offer(1, config, [alert('a')])
    expect(await wakesAt(stub)).toBeNull()
  })
  test('waits for its group, at the time that the channel says', async () => {
    const { stub, config, channel } = fresh({ groupMs: 60_000 })
    await channel.offer(1, config, [alert('a', { group: 'g' })])
    expect(await wakesAt(stub)).toBe(START + 60_000)
    AlertChannel.time = START + 30_000
    await channel.offer(1, config, [alert('b', { group: 'g' })])
    AlertChannel.time = START + 60_000
    await ring(stub)
    expect(titles()).toEqual([['title of a', 'title of b']])
  })
  test('of a channel that is switched off is not taken', async () => {
    const { stub, config, channel } = fresh()
    await channel.offer(1, { ...config, enabled: false }, [alert('a')])
    await channel.configure(1, { ...config, revision: 2 })
    expect(await ring(stub)).toBe(false)
  })
  test('has its texts cut to what can be kept, in the middle of no character', async () => {
    const { stub, config, channel } = fresh()
    await channel.offer(1, config, [alert('a', { title: `${'x'.repeat(98)}😀y`, text: 'z'.repeat(5_000) })])
    await ring(stub)
    const { title, text } = AlertChannel.sent[0]!.message.alerts[0]!
    expect([title, text]).toEqual([`${'x'.repeat(98)}…`, `${'z'.repeat(399)}…`])
  })
  test('as large as can be, in as many groups as there are, fits the storage', async () => {
    const { config, channel } = fresh({ groupMs: 60_000 })
    const wide = { title: '界'.repeat(100), text: '界'.repeat(400) }
    for (let i = 0; i < 5; i++) {
      const alerts = Array.from({ length: 150 }, (_, n) => alert(`${i}-${n}`, { ...wide, group: `g${n}` }))
      await channel.offer(1, config, alerts)
    }
    expect(await channel.deliveries(1, { limit: 1 })).toEqual([])
  })
})

describe('a message that failed', () => {
  test('is tried again when it is due, under the same id, and dies after its tries', async () => {
    const { stub, config, channel } = fresh()
    AlertChannel.answers.push(
      { ok: false, code: 500, error: 'refused' },
      { ok: false, error: 'timeout' },
      { ok: false, code: 502, error: 'refused' },
    )
    await channel.offer(1, config, [alert('a')])
    await ring(stub)
    expect(await channel.deliveries(1, { limit: 10 })).toMatchObject([
      { id: 1, status: 'failed', tries: 1, code: 500, error: 'refused', nextAt: START + 1_000, isTest: false },
    ])
    expect(await wakesAt(stub)).toBe(START + 1_000)
    AlertChannel.time += 1_000
    await ring(stub)
    expect(await wakesAt(stub)).toBe(START + 3_000)
    AlertChannel.time += 2_000
    await ring(stub)
    expect(await channel.deliveries(1, { limit: 10 })).toMatchObject([
      { id: 1, status: 'dead', tries: 3, code: 502, error: 'refused', nextAt: null },
    ])
    expect(AlertChannel.sent.map(({ message }) => message.id)).toEqual([1, 1, 1])
    expect(await channel.totals(1)).toEqual({ sent: 0, failed: 2, dead: 1, deadKept: 1 })
    expect(AlertChannel.totals.at(-1)).toEqual({ sent: 0, failed: 2, dead: 1, deadKept: 1 })
  })
  test('holds the whole channel for as long as the other side asks', async () => {
    const { stub, config, channel } = fresh()
    AlertChannel.answers.push({ ok: false, code: 429, error: 'rate_limited', retryAfterMs: 30_000 })
    await channel.offer(1, config, [alert('a')])
    await ring(stub)
    await channel.offer(1, config, [alert('b')])
    expect(await wakesAt(stub)).toBe(START + 30_000)
    AlertChannel.time = START + 29_999
    await ring(stub)
    expect(AlertChannel.sent).toHaveLength(1)
    AlertChannel.time = START + 30_000
    await ring(stub)
    expect(titles()).toEqual([['title of a'], ['title of a'], ['title of b']])
  })
  test('for good is dead at once, and sent again by hand, once', async () => {
    const { stub, config, channel } = fresh()
    AlertChannel.answers.push({ ok: false, code: 403, error: 'blocked', isFinal: true })
    await channel.offer(1, config, [alert('a')])
    await ring(stub)
    expect(await channel.resend(1, 1)).toMatchObject({ kind: 'queued', delivery: { id: 1, status: 'pending' } })
    expect(await channel.resend(1, 1)).toEqual({ kind: 'not_dead' })
    await ring(stub)
    expect(await channel.deliveries(1, { limit: 10 })).toMatchObject([{ id: 1, status: 'sent', tries: 2, code: 200 }])
    expect(await channel.resend(1, 1)).toEqual({ kind: 'not_dead' })
    expect(await channel.resend(1, 9)).toEqual({ kind: 'unknown' })
    await channel.configure(1, { ...config, enabled: false, revision: 2 })
    expect(await channel.resend(1, 1)).toEqual({ kind: 'disabled' })
  })
  test('because its sender broke is a failure that says nothing of why', async () => {
    const { stub, config, channel } = fresh()
    AlertChannel.answers.push(new Error('https://api.telegram.org/bot123:secret'))
    await channel.offer(1, config, [alert('a')])
    await ring(stub)
    expect(await channel.deliveries(1, { limit: 1 })).toMatchObject([{ status: 'failed', code: null, error: 'failed' }])
  })
  test('because the object died while it was sent comes again a minute later, under the same id', async () => {
    const { stub, config, channel } = fresh()
    await channel.offer(1, config, [alert('a')])
    await ring(stub)
    // As it was written before the answer came.
    await runInDurableObject(stub, (_, { storage }) => {
      const row = storage.sql.exec<{ value: string }>("SELECT value FROM kept WHERE name = 'line'").one()
      const sending = [{ message: { ...AlertChannel.sent[0]!.message }, tries: 1, due: START + 60_000 }]
      const line = JSON.stringify({ ...(JSON.parse(row.value) as object), sending })
      storage.sql.exec("UPDATE kept SET value = ? WHERE name = 'line'", line)
    })
    await evictDurableObject(stub)
    AlertChannel.time = START + 60_000
    await channel.offer(1, config, [alert('b')])
    await ring(stub)
    expect(AlertChannel.sent.map(({ message }) => message.id)).toEqual([1, 1, 2])
  })
})

describe('settings', () => {
  test('of a higher revision take the place of a lower one, and never the other way', async () => {
    const { stub, config, channel } = fresh()
    await channel.configure(1, { ...config, revision: 3, target: { kind: 'telegram', chat: 'new' } })
    await channel.offer(1, { ...config, revision: 2 }, [alert('a')])
    await ring(stub)
    expect(AlertChannel.sent[0]!.channel).toMatchObject({ revision: 3, target: { chat: 'new' } })
  })
  test('that switch a channel off hold back what waits, until it is on again', async () => {
    const { stub, config, channel } = fresh()
    await channel.offer(1, config, [alert('a')])
    await channel.configure(1, { ...config, enabled: false, revision: 2 })
    await ring(stub)
    expect(AlertChannel.sent).toEqual([])
    await channel.configure(1, { ...config, revision: 3 })
    await ring(stub)
    expect(titles()).toEqual([['title of a']])
  })
  test('that are forgotten leave nothing behind, and no alarm; the channel can come back', async () => {
    const { stub, config, channel } = fresh()
    await channel.offer(1, config, [alert('a')])
    await ring(stub)
    await channel.offer(1, config, [alert('b')])
    await channel.forget(1)
    expect(await wakesAt(stub)).toBeNull()
    expect(await channel.deliveries(1, { limit: 10 })).toEqual([])
    expect(AlertChannel.totals.at(-1)).toEqual({ sent: 1, failed: 0, dead: 0, deadKept: 0 })
    await channel.offer(1, config, [alert('a')])
    await ring(stub)
    expect(titles()).toEqual([['title of a'], ['title of a']])
  })
})

describe('a test', () => {
  const hello = { at: START, severity: 'info', group: 'test', title: 'A test', text: 'hello' } as const

  test('is sent at once, past groups, quiet hours and what the channel wants, and once for its id', async () => {
    const quiet = { zone: 'UTC', from: '00:00', to: '23:59', but: 'critical' } as const
    const { config, channel } = fresh({ from: 'critical', groupMs: 60_000, quiet })
    const reply = await channel.sendTest(1, config, 't1', hello)
    expect(reply).toMatchObject({ kind: 'tried', delivery: { id: 1, status: 'sent', isTest: true, title: 'A test' } })
    expect(await channel.sendTest(1, config, 't1', hello)).toEqual(reply)
    expect(AlertChannel.sent).toHaveLength(1)
    expect(await channel.sendTest(1, config, 't2', hello)).toMatchObject({ delivery: { id: 2 } })
  })
  test('that fails is not tried again', async () => {
    const { stub, config, channel } = fresh()
    AlertChannel.answers.push({ ok: false, code: 401, error: 'token_refused', isFinal: true })
    const reply = await channel.sendTest(1, config, 't1', hello)
    expect(reply).toMatchObject({ delivery: { status: 'failed', code: 401, error: 'token_refused', nextAt: null } })
    expect(await ring(stub)).toBe(false)
  })
  test('of a channel that is switched off is not sent', async () => {
    const { config, channel } = fresh()
    expect(await channel.sendTest(1, { ...config, enabled: false }, 't1', hello)).toEqual({ kind: 'disabled' })
    expect(AlertChannel.sent).toEqual([])
  })
  test('is no way to write to somebody all day', async () => {
    const { config, channel } = fresh()
    for (let i = 0; i < TESTS_AN_HOUR; i++) await channel.sendTest(1, config, `t${i}`, hello)
    expect(await channel.sendTest(1, config, 'more', hello)).toMatchObject({
      delivery: { status: 'failed', error: 'too_many_tests' },
    })
    expect(AlertChannel.sent).toHaveLength(TESTS_AN_HOUR)
    AlertChannel.time += 3_600_000
    expect(await channel.sendTest(1, config, 'later', hello)).toMatchObject({ delivery: { status: 'sent' } })
  })
})

test('deliveries are shown newest first, in pages, and the last are kept', async () => {
  const { stub, config, channel } = fresh({ limit: { messages: 1_000, perMs: 1_000 } })
  for (let i = 0; i < 21; i++) {
    await channel.offer(
      1,
      config,
      Array.from({ length: 10 }, (_, n) => alert(`${i}-${n}`)),
    )
    await ring(stub)
  }
  const page = await channel.deliveries(1, { limit: 3 })
  expect(page.map(({ id }) => id)).toEqual([210, 209, 208])
  expect((await channel.deliveries(1, { before: 208, limit: 2 })).map(({ id }) => id)).toEqual([207, 206])
  expect(await channel.deliveries(1, { limit: 1_000 })).toHaveLength(DELIVERIES)
  expect(AlertChannel.sent).toHaveLength(210)
})

test('another version is refused', async () => {
  const { config, channel } = fresh()
  await expect(async () => channel.configure(2 as 1, config)).rejects.toThrow('unknown version')
})
