/** What control asks for, and what comes of it at the other end. */
import { createExecutionContext, runDurableObjectAlarm } from 'cloudflare:test'
import { TESTS_AN_HOUR } from '@pbstream/alert-channel/AlertChannel'
import type { AlertChannelConfig, BreakerAct } from '@pbstream/core/message/AlertChannels'
import { breakerRow } from '@pbstream/db/Breakers'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { channelObject } from '../src/AlertChannels.ts'
import { SentinelOperations } from '../src/index.ts'
import { channelOf, control, db, env, SECRET, servers, TOKEN } from './support.ts'

const sentinel = new SentinelOperations(createExecutionContext(), env)

beforeEach(async () => {
  vi.spyOn(console, 'error').mockImplementation(() => {})
  await servers.reset()
  return () => vi.restoreAllMocks()
})

const bot = (more: Partial<AlertChannelConfig> = {}) => channelOf({ kind: 'telegram', chat: '42' }, TOKEN, more)
const ring = ({ id }: AlertChannelConfig) => runDurableObjectAlarm(env.ALERT_CHANNEL.getByName(id))

function offer(channel: AlertChannelConfig, id: string) {
  const alert = { id, at: Date.now(), severity: 'high', group: id, title: `Title ${id}`, text: 'why' } as const
  return channelObject(env, channel.id).offer(1, channel, [alert])
}

describe('a channel', () => {
  test('is tested at once, in its language, and says how it went', async () => {
    const channel = await bot({ name: '值班', language: 'zh' })
    expect(await sentinel.sendTest(1, channel, 't1')).toMatchObject({
      kind: 'tried',
      delivery: { status: 'sent', code: 200, isTest: true, severity: 'info', title: '渠道测试' },
    })
    expect((await servers.telegram()).messages[0]!.text).toContain('“值班”的告警将发送到这里。')
    await servers.block()
    expect(await sentinel.sendTest(1, channel, 't2')).toMatchObject({
      delivery: { status: 'failed', code: 403, error: 'blocked' },
    })
    expect(await sentinel.sendTest(1, { ...channel, enabled: false, revision: 2 }, 't3')).toEqual({ kind: 'disabled' })
  })
  test('takes the newest settings, and is forgotten with all it had', async () => {
    const channel = await bot()
    await sentinel.configure(1, { ...channel, enabled: false, revision: 2 })
    await offer(channel, 'a')
    expect(await ring(channel)).toBe(false)
    await sentinel.configure(1, { ...channel, revision: 3 })
    await offer(channel, 'b')
    await ring(channel)
    expect(await sentinel.deliveries(1, channel.id, { limit: 10 })).toHaveLength(1)
    await sentinel.forget(1, channel.id)
    expect(await sentinel.deliveries(1, channel.id, { limit: 10 })).toEqual([])
  })
  test('keeps what could not be sent, sends it again when asked, and counts', async () => {
    const before = await sentinel.alertCounts(1)
    const channel = await channelOf({ kind: 'webhook', url: `${control}/in` }, SECRET)
    await servers.hookAnswers([{ status: 500 }, { status: 410 }])
    await offer(channel, 'a')
    await ring(channel)
    expect(await sentinel.deliveries(1, channel.id, { limit: 10 })).toMatchObject([
      { id: 1, status: 'failed', tries: 1, code: 500, error: 'refused', title: 'Title a' },
    ])
    // The time that it waits is not over: what is tried again now is tried by hand, when it is dead.
    expect(await sentinel.resend(1, channel.id, 1)).toEqual({ kind: 'not_dead' })
    await offer(channel, 'b')
    await ring(channel)
    expect(await sentinel.resend(1, channel.id, 2)).toMatchObject({ kind: 'queued', delivery: { status: 'pending' } })
    await ring(channel)
    expect(await sentinel.deliveries(1, channel.id, { limit: 1 })).toMatchObject([{ id: 2, status: 'sent', code: 204 }])
    const after = await sentinel.alertCounts(1)
    expect({ ...after, deadKept: 0 }).toEqual({
      sent: before.sent + 1,
      failed: before.failed + 1,
      dead: before.dead + 1,
      deadKept: 0,
    })
    expect((await servers.hooks()).every(({ verified }) => verified)).toBe(true)
  })
  test('of nothing has nothing', async () => {
    expect(await sentinel.deliveries(1, 'ach_none', { limit: 10 })).toEqual([])
    expect(await sentinel.resend(1, 'ach_none', 1)).toEqual({ kind: 'unknown' })
  })
})

describe('an address that is to be confirmed', () => {
  const mail = (to: string) => channelOf({ kind: 'email', to }, null, { enabled: false })

  test('gets its code although the channel is off, and nothing else', async () => {
    const channel = await mail('new@example.com')
    expect(await sentinel.sendTest(1, channel, 't', '123456')).toMatchObject({
      delivery: { status: 'sent', code: 250 },
    })
    expect(await servers.mails()).toMatchObject([
      { envelope: { to: ['new@example.com'] }, subject: '[info] Confirm this address' },
    ])
    expect((await servers.mails())[0]!.text).toContain('The code is 123456.')
    expect(await sentinel.deliveries(1, channel.id, { limit: 10 })).toEqual([])
    await offer(channel, 'a')
    expect(await ring(channel)).toBe(false)
  })
  test('gets so many mails an hour, however many channels name it', async () => {
    for (let i = 0; i <= TESTS_AN_HOUR; i++) await sentinel.sendTest(1, await mail('Victim@example.com'), 't', '1')
    expect(await sentinel.sendTest(1, await mail('victim@example.com'), 't', '1')).toMatchObject({
      delivery: { status: 'failed', error: 'too_many_tests' },
    })
    expect(await servers.mails()).toHaveLength(TESTS_AN_HOUR)
  })
  test('is one of mail', async () => {
    expect(await sentinel.sendTest(1, await bot(), 't', '123456')).toEqual({ kind: 'unknown' })
    expect((await servers.telegram()).tries).toBe(0)
  })
})

describe('a breaker', () => {
  const act = (more: Partial<BreakerAct>): BreakerAct => {
    return { scope: 'platform', subject: 'global', act: 'open', reason: 'drill', ...more }
  }

  test('that a person opens or closes has its row when that is answered', async () => {
    expect(await sentinel.breaker(1, act({}))).toEqual({ kind: 'done', phase: 'open' })
    expect(await breakerRow(db, 'platform', 'global')).toMatchObject({
      ...{ phase: 'open', until: null, cause: 'drill', by: 'person', revision: 1 },
    })
    expect(await sentinel.breaker(1, act({ act: 'close', reason: 'over' }))).toEqual({ kind: 'done', phase: 'closed' })
    expect(await breakerRow(db, 'platform', 'global')).toMatchObject({ phase: 'closed', cause: 'over', revision: 2 })
  })
  test('of an upstream is its provider’s', async () => {
    const subject = 'upstream:route-7'
    expect(await sentinel.breaker(1, act({ subject }))).toEqual({ kind: 'unknown' })
    expect(await sentinel.breaker(1, act({ scope: 'provider:z', subject }))).toEqual({ kind: 'done', phase: 'open' })
    expect(await breakerRow(db, 'provider:z', subject)).toMatchObject({ phase: 'open' })
    expect(await breakerRow(db, 'platform', subject)).toBeUndefined()
  })
})
