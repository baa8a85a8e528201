/** F16: the gateway decides by a catalog that is out of date. I6: what is cached never authorises a call by itself. */
import { upsertProvider } from '@pbstream/db/Catalog'
import { addressOf } from '@pbstream/local/Keys'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { headerOf, paymentOf } from '../support/payment.ts'
import { until } from '../support/until.ts'
import { World } from './support/World.ts'
import { drained } from './support/drained.ts'

let world: World

beforeAll(async () => {
  world = await World.start({
    routes: [{ path: '/work' }, { path: '/other', rate: { v: 1, kind: 'flat', amount: '1' } }],
  })
})
afterAll(() => world?.stop())

const enable = (enabled: boolean) =>
  upsertProvider(
    world.stack.system.database,
    { id: 'demo', name: 'Demo provider', payTo: addressOf(world.stack.keys.provider), enabled },
    { actor: 'test', at: Date.now() },
  )

test('I6: on a stale catalog only those are served whom their session lets', async () => {
  const caller = await world.caller()
  await caller.calls(2)
  const request = await caller.sign()
  const cheap = paymentOf(await caller.sign('/other'))
  await world.arm('gateway', 'db:down', 1_000_000)
  const served = world.stack.upstream.calls('/work')
  const payment = paymentOf(request)
  const voucher = { ...payment.payload.voucher, signature: cheap.payload.voucher.signature }
  const refused = [
    new Request(request.url),
    caller.paid.at(-1)!.clone(),
    // A voucher for less, the quote of another route, and a signature of the same key for another amount.
    new Request(request.url, { headers: headerOf({ ...payment, payload: cheap.payload }) }),
    new Request(request.url, { headers: headerOf({ ...payment, extensions: cheap.extensions }) }),
    new Request(request.url, { headers: headerOf({ ...payment, payload: { ...payment.payload, voucher } }) }),
  ]
  for (const each of refused) expect((await fetch(each)).status).toBe(402)
  expect(world.stack.upstream.calls('/work')).toBe(served)
  const answer = await fetch(request)
  caller.count(answer)
  expect(answer.status).toBe(200)
  await world.arm('gateway', 'db:down', 0)
  await drained(world)
})

test('I6: a provider that is switched off is sold for no longer than a stale catalog may be used', async () => {
  const [caller] = world.callers
  const request = await caller!.sign()
  await world.arm('gateway', 'db:down', 1_000_000)
  await enable(false)
  // Nobody can know yet; a minute later it has to be asked.
  await world.clock('gateway', { skew: 61_000 })
  expect((await fetch(request.clone())).status).toBe(503)
  await world.arm('gateway', 'db:down', 0)
  expect((await fetch(request.clone())).status).toBe(404)
  // A clock that is put right again makes no old catalog young.
  await enable(true)
  await world.clock('gateway', { skew: 0 })
  await until('it is sold again', async () => (await caller!.call()) === 200, 10_000)
  await drained(world)
})
