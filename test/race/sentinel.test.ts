/** Rules and stops of Sentinel while calls run: sets that change under load, limits that many calls reach at once, leases. */
import { type Hex, lower } from '@pbstream/core/Hex'
import { sessionName } from '@pbstream/core/message/Session'
import type { StreamSessionApi } from '@pbstream/core/message/Session'
import { Chain } from '@pbstream/local/Chain'
import { addressOf } from '@pbstream/local/Keys'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { managedPayer, type Owner } from '../support/keysApi.ts'
import { codeOf, release, ruleOf, setRules, stopsOf } from '../support/sentinel.ts'
import { SessionClient } from '../support/SessionClient.ts'
import { type Stack, startStack } from '../support/Stack.ts'
import { until } from '../support/until.ts'

/** A call under a lease may begin so long after its key was stopped. */
const BOUND_MS = 5_000
const PRICE = 1_000n
const ORIGIN = 'https://api.example'

let stack: Stack

beforeAll(async () => {
  stack = await startStack({
    routes: ['/change', '/limit', '/leased'].map((path) => ({ path })),
    vars: { PUBLIC_URL: ORIGIN },
    system: { gateways: 3 },
  })
})
afterAll(() => stack?.stop())

function nameOf(owner: Owner, sessionKey: Hex): string {
  return sessionName({
    chainId: Chain.id,
    contract: lower(Chain.addresses.batchSettlement),
    payer: owner.address,
    payerAuthorizer: lower(addressOf(sessionKey)),
  })
}

const blockIf = (when: string) => ruleOf({ id: 'listed', when, action: 'block' })

const session = async (owner: Owner, sessionKey: Hex) =>
  (await stack.system.session(nameOf(owner, sessionKey))) as StreamSessionApi

function open(owner: Owner, sessionKey: Hex, path: string): Promise<SessionClient> {
  const money = { deposit: 5_000_000n, max: 5_000_000n }
  return SessionClient.open({ gateway: stack.gateway, origin: ORIGIN, path, wallet: owner.key, sessionKey, ...money })
}

test('a set that changes under load is in force whole: no call is decided by rules of one and lists of another', async () => {
  const { owner, sessionKey } = await managedPayer(stack)
  await stack.chain.fund([owner.address])
  // Each of the two lets every call pass; the rules of one with the list of the other let none.
  const listed = {
    lists: [{ name: 'good', entries: [{ value: 'calls' }] }],
    rules: [blockIf('!("calls" in list.good)')],
  }
  const empty = { lists: [{ name: 'good', entries: [] }], rules: [blockIf('"calls" in list.good')] }
  await setRules(owner, listed)
  const client = await open(owner, sessionKey, '/change')
  const answers: string[] = []
  let going = true
  const { gateways } = stack.system
  const load = Promise.all(
    Array.from({ length: 6 }, async (_, i) => {
      const gateway = gateways[i % gateways.length]!
      while (going) answers.push(await codeOf(await client.strict('/change', { gateway })))
    }),
  )
  const object = await session(owner, sessionKey)
  for (let n = 0; n < 12; n++) {
    const revision = await setRules(owner, n % 2 === 0 ? empty : listed)
    expect((await object.sentinel(1))?.sets).toContainEqual(expect.objectContaining({ scope: 'owner', revision }))
    const before = answers.length
    await until('calls are decided by it', () => answers.length > before + 10)
  }
  going = false
  await load
  expect(new Set(answers)).toEqual(new Set(['ok']))
})

test('60 calls at once at three gateways, on two channels: as many are served as the rule lets through', async () => {
  const { owner, sessionKey, payer } = await managedPayer(stack)
  await setRules(owner, { rules: [ruleOf({ when: 'count.minute > 12', action: 'block' })] })
  const salt = `0x${'0b'.repeat(32)}` as const
  const other = await stack.payer({ key: owner.key, sessionKey, salt, scheme: 'batch-settlement' })
  expect(await codeOf(await payer.fetch(`${stack.gateway}/limit`))).toBe('ok')
  expect(await codeOf(await other.fetch(`${stack.gateway}/limit`))).toBe('ok')
  const { gateways } = stack.system
  const answers = await Promise.all(
    Array.from({ length: 60 }, async (_, i) =>
      codeOf(await (i % 2 === 0 ? payer : other).fetch(`${gateways[i % gateways.length]!}/limit`)),
    ),
  )
  expect(answers.filter((code) => code === 'ok')).toHaveLength(10)
  expect(new Set(answers)).toEqual(new Set(['ok', 'sentinel_blocked']))
  expect(stack.upstream.calls('/limit')).toBe(12)
})

test('a stop while leases are out: nothing is served after the bound, all that was served is charged, and it goes on when released', async () => {
  const { owner, sessionKey } = await managedPayer(stack)
  await stack.chain.fund([owner.address])
  const client = await open(owner, sessionKey, '/leased')
  const { gateways } = stack.system
  const calls: { began: number; code: string }[] = []
  let going = true
  const load = Promise.all(
    gateways.map(async (gateway) => {
      while (going) {
        const began = Date.now()
        calls.push({ began, code: await codeOf(await client.call('/leased', { gateway })) })
      }
    }),
  )
  const object = await session(owner, sessionKey)
  await until('a lease is out', async () => {
    const response = await client.strict('/leased')
    await response.body?.cancel()
    return response.headers.has('pbstream-lease')
  })
  await setRules(owner, { rules: [ruleOf({ when: 'count.day >= 1', action: 'freeze' })] })
  const [stop] = await until('the key is stopped', async () => {
    const { stops } = await object.sentinel(1)
    return stops.length > 0 && stops
  })
  await until('more is refused', () => calls.filter(({ code }) => code === 'sentinel_frozen').length >= 20)
  await until(
    'every lease is over and reported',
    async () => {
      const numbers = await object.view(1, client.channelId)
      return numbers?.reserved === 0n
    },
    60_000,
  )
  going = false
  await load
  const late = calls.filter(({ began, code }) => code === 'ok' && began > stop!.at + BOUND_MS)
  expect(late, 'served after the bound').toEqual([])
  const numbers = await object.view(1, client.channelId)
  expect(numbers?.spent, 'charged is what the upstream served').toBe(BigInt(stack.upstream.calls('/leased')) * PRICE)
  const [shown] = await until('its owner sees it', async () => {
    const stops = await stopsOf(owner)
    return stops.length > 0 && stops
  })
  expect(shown).toMatchObject({ id: stop!.id, kind: 'frozen' })
  const released = await release(owner, stop!.id, { reason: 'a test', snoozeSeconds: 600 })
  expect([released.status, released.json]).toEqual([200, released.json])
  // A freeze has ended the session: another one is opened. A gateway that refused a flood may do so for a second more.
  const again = await open(owner, sessionKey, '/leased')
  await until('calls are served', async () => (await codeOf(await again.strict('/leased'))) === 'ok')
})
