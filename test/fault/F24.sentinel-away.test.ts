/**
 * F24, Sentinel's part: its Worker, its queue, the database and who is to be told are away, slow or come and go. I6 I8 I10:
 * calls are served and settled, rules go on where they are asked, each fails as it says, and what is told is told once.
 */
import { addressOf } from '@pbstream/local/Keys'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Owner, secret, terms } from '../support/keysApi.ts'
import { codeOf, ruleOf, setRules } from '../support/sentinel.ts'
import { TelegramServer, plain } from '../support/TelegramServer.ts'
import { until } from '../support/until.ts'
import type { Caller } from './support/Caller.ts'
import { World } from './support/World.ts'
import { drained } from './support/drained.ts'

const BOT = '1234567890:AAF_fault-token-of-a-bot_0123456789'
const CHAT = '77024'
const always = 1_000_000

let world: World
let telegram: TelegramServer
let honest: Caller

beforeAll(async () => {
  telegram = await TelegramServer.start(BOT, [CHAT])
  world = await World.start({ vars: { TELEGRAM_URL: telegram.url } })
  honest = await world.caller()
  await honest.calls(1)
})
afterAll(async () => {
  await world?.stop()
  await telegram?.stop()
})

/** A managed key with rules in force, its caller among those that are counted, and a channel that hears of it. */
async function guarded(rules: Parameters<typeof ruleOf>[0][], isTold = false) {
  const owner = await Owner.signIn(world.stack)
  const sessionKey = secret()
  const made = await owner.call('POST', '/session-keys', { body: terms(world.stack, { key: addressOf(sessionKey) }) })
  expect([made.status, made.json]).toEqual([201, made.json])
  await setRules(owner, { rules: rules.map(ruleOf) })
  if (isTold) {
    const target = { kind: 'telegram', chat: CHAT, token: BOT }
    const body = { name: 'on call', target, groupSeconds: 0, retry: { tries: 8, firstSeconds: 1, longestSeconds: 2 } }
    const { status, json } = await owner.call('POST', '/alert-channels', { body })
    expect([status, json]).toEqual([201, json])
  }
  const caller = await world.caller({ key: owner.key, sessionKey })
  const call = async () => {
    const response = await caller.payer.fetch(`${world.stack.gateway}/work`)
    caller.count(response)
    return codeOf(response)
  }
  return { call }
}

/** How often Telegram had an alert of this rule. */
const said = (rule: string) => telegram.messages.filter(({ text }) => plain(text).includes(`${rule} v1`)).length

test('I6 I8 I10: with Worker, queue and database away calls are served and settled, a rule stops, and it is told once afterwards', async () => {
  const { call } = await guarded([{ id: 'three', when: 'count.minute > 3' }], true)
  expect(await call()).toBe('ok')
  await world.arm('sentinel', 'consumer:gate', always)
  await world.arm('sentinel', 'db:down', always)
  await world.arm('control', 'db:down', always)
  for (let i = 0; i < 2; i++) expect(await call()).toBe('ok')
  for (let i = 0; i < 3; i++) expect(await call()).toBe('sentinel_frozen')
  await honest.calls(5)
  expect(said('three')).toBe(0)
  await world.arm('control', 'db:down', 0)
  await world.arm('sentinel', 'db:down', 0)
  await world.arm('sentinel', 'consumer:gate', 0)
  await until('its owner is told', () => said('three') > 0, 60_000)
  await drained(world)
  expect(said('three')).toBe(1)
})

test('a rule whose condition has no value fails as it says, also while nobody else is there', async () => {
  // An upstream that failed nothing: a division by zero.
  const when = 'amount / failures.hour > 1'
  const open = await guarded([{ when, fail: 'open' }])
  const closed = await guarded([{ when, fail: 'closed', action: 'block' }])
  await world.arm('sentinel', 'consumer:gate', always)
  await world.arm('control', 'consumer:gate', always)
  expect(await open.call()).toBe('ok')
  expect(await closed.call()).toBe('sentinel_blocked')
  await world.arm('control', 'consumer:gate', 0)
  await world.arm('sentinel', 'consumer:gate', 0)
})

test('I13: messages that come twice, backwards and half acknowledged, and a Telegram that floods and fails: one alert', async () => {
  const { call } = await guarded([{ id: 'two', when: 'count.minute > 2' }], true)
  const flaps = { 'consumer:twice': 2, 'consumer:reversed': 1, 'consumer:half': 1, 'consumer:crash_after': 1 }
  for (const [point, times] of Object.entries(flaps)) await world.arm('sentinel', point, times)
  telegram.flood(1)
  telegram.fail()
  for (let i = 0; i < 2; i++) expect(await call()).toBe('ok')
  expect(await call()).toBe('sentinel_frozen')
  await until('its owner is told', () => said('two') > 0, 60_000)
  await until(
    'it has flapped',
    async () => {
      await honest.calls(1)
      const struck = await world.struck('sentinel')
      return Object.entries(flaps).every(([point, times]) => (struck[point] ?? 0) === times)
    },
    60_000,
  )
  await drained(world)
  expect(said('two')).toBe(1)
})
