/**
 * F18: an upstream fails, never answers, falls silent, lies about its length or never ends, after it was paid for. I6 I7:
 * void, or post a part.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Handler } from '../support/Upstream.ts'
import { until } from '../support/until.ts'
import type { Caller } from './support/Caller.ts'
import { Cut } from './support/Cut.ts'
import { Reading } from './support/Reading.ts'
import { World } from './support/World.ts'
import { drained } from './support/drained.ts'

let world: World
let caller: Caller

beforeAll(async () => {
  const rate = { v: 1, kind: 'metered', unit: 'byte', unitAmount: '1', per: '1', max: '1000' } as const
  world = await World.start({ routes: [{ path: '/work' }, { path: '/flat' }, { path: '/bytes', rate }] })
  caller = await world.caller()
  await caller.calls(1)
})
afterAll(() => world?.stop())

const on = (path: string, handler: Handler) => world.stack.upstream.on(path, handler)

/** One paid answer whose handler is `handler`; it goes on until it is read or left. */
async function served(path: string, handler: Handler): Promise<Reading> {
  on(path, handler)
  // What was charged by use is not in the client's books: it learns of it once and pays then.
  for (let tries = 0; tries < 5; tries++) {
    const response = await caller.payer.fetch(`${world.stack.gateway}${path}`)
    caller.count(response)
    if (response.status === 200) return new Reading(response)
    await response.body?.cancel()
  }
  throw new Error('the call was not served')
}

test('I7: an upstream that fails before its headers costs nothing, however it fails', async () => {
  const failures: [Handler, number][] = [
    [(_, response) => void response.writeHead(500).end('no'), 500],
    [(_, response) => void response.writeHead(503, { 'retry-after': '5' }).end(), 503],
    [(_, response) => void response.destroy(), 502],
    [(_, response) => void response.socket?.end('HTTP/1.1 2OO nonsense\r\n\r\n'), 502],
  ]
  for (const [handler, status] of failures) {
    on('/flat', handler)
    expect(await caller.call('/flat')).toBe(status)
  }
  await drained(world)
  expect(caller.acknowledged).toBe(1_000n)
})

test('I6 I7: one that breaks off, says too much or hangs is paid for what it delivered', async () => {
  const part = (bytes: number, then: Parameters<Handler>[1] extends infer R ? (response: R) => void : never) =>
    ((_, response) => {
      response.writeHead(200, { 'content-length': '900' })
      response.write('x'.repeat(bytes), () => then(response))
    }) satisfies Handler
  const { promise: read, resolve: hasRead } = Promise.withResolvers<void>()
  const broken = await served(
    '/bytes',
    part(300, (response) => void read.then(() => response.destroy())),
  )
  expect(await broken.upTo(300)).toBe('more')
  hasRead()
  expect(await broken.upTo()).toBe('broken')
  caller.acknowledged += BigInt(broken.bytes)
  await caller.calls(1)
  on(
    '/bytes',
    part(200, () => {}),
  )
  const hanging = new Cut(await caller.sign('/bytes'))
  expect(await hanging.upTo(200)).toBe(200)
  hanging.leave()
  caller.acknowledged += BigInt(hanging.bytes)
  await drained(world)
  expect([broken.bytes, hanging.bytes]).toEqual([300, 200])
})

/** Time at the edge goes by so fast. Its sessions renew what they hold every 30 s, so 90 s must not be too short. */
const pace = 20

/** What happens while the minutes of the edge take seconds, and comes to rest before its clock is put right. */
async function hastened(work: () => Promise<void>): Promise<void> {
  await world.clock('gateway', { pace })
  const since = Date.now()
  await work()
  expect(Date.now() - since, 'as long as the gateway waits itself').toBeGreaterThan((300_000 / pace) * 0.9)
  await world.clock('gateway', { pace: 1 })
  await drained(world)
  await world.clock('gateway', { skew: 0 })
  await world.abort('STREAM_SESSION')
}

const letGo = () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { gone: promise, watch: (response: Parameters<Handler>[1]) => void response.on('close', () => resolve()) }
}

test('I7: one that never answers is given up after five minutes, let go, and costs nothing', async () => {
  const before = caller.acknowledged
  const { gone, watch } = letGo()
  on('/flat', (_, response) => watch(response))
  await caller.calls(1)
  const request = await caller.sign('/flat')
  await hastened(async () => {
    const answer = await fetch(request)
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([502, 'upstream_unreachable'])
    await gone
  })
  expect(caller.acknowledged).toBe(before + 1_000n)
  // The voucher that it came with has bought nothing: it is good for the next call.
  on('/flat', (_, response) => void response.end('ok'))
  expect(await caller.call('/flat')).toBe(200)
  await drained(world)
})

test('I6 I7: one that falls silent is waited for for five minutes, and paid for what it delivered', async () => {
  const { gone, watch } = letGo()
  await hastened(async () => {
    const silent = await served('/bytes', (_, response) => {
      watch(response)
      response.writeHead(200, { 'content-length': '900' })
      response.write('x'.repeat(250))
    })
    expect(await silent.upTo(250)).toBe('more')
    // Its caller stays.
    expect(await silent.upTo()).toBe('broken')
    expect(silent.bytes).toBe(250)
    caller.acknowledged += 250n
    await gone
  })
  await caller.calls(1)
  await drained(world)
})

test('I6: a body without an end is cut where the money ends, and the upstream is stopped', async () => {
  let stopped = false
  const endless = await served('/bytes', (_, response) => {
    const more = () => {
      while (!response.destroyed && response.write('x'.repeat(64)));
    }
    response.on('drain', more).on('close', () => (stopped = true))
    more()
  })
  expect(await endless.upTo()).toBe('broken')
  expect(endless.bytes).toBe(1000)
  caller.acknowledged += 1000n
  await until('the upstream is stopped', () => stopped)
  await drained(world)
})

test('a fixed price stands when the body breaks off: that is what it says', async () => {
  const before = caller.acknowledged
  const short = await served('/flat', (_, response) => {
    response.writeHead(200, { 'content-length': '100' })
    response.write('x'.repeat(40), () => response.destroy())
  })
  expect(await short.upTo()).toBe('broken')
  expect(caller.acknowledged).toBe(before + 1_000n)
  await drained(world)
})
