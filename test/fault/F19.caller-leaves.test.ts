/** F19: a caller hangs up before the answer or in it; the gateway that served it is gone. I7: each hold ends, once. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
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
let directory: string
type Answering = Parameters<Handler>[1]

beforeAll(async () => {
  const rate = { v: 1, kind: 'metered', unit: 'byte', unitAmount: '1', per: '1', max: '1000' } as const
  const routes = [{ path: '/work' }, { path: '/stream', rate }, { path: '/patient' }]
  directory = await mkdtemp(join(tmpdir(), 'pbstream-leaves-'))
  world = await World.start({ directory, routes: [...routes, { path: '/strict', chargeOnAbandon: false }] })
  caller = await world.caller()
  await caller.calls(1)
})
afterAll(async () => {
  await world?.stop()
  await rm(directory, { recursive: true, force: true })
})

/** The answer of an upstream that has begun and does what the test says. */
function answering(path: string): Promise<Answering> {
  return new Promise((resolve) => world.stack.upstream.on(path, (_, response) => resolve(response)))
}

/** Sends the next paid request and hangs up when the upstream has it. */
async function leaves(path: string): Promise<Answering> {
  const upstream = answering(path)
  const call = new Cut(await caller.sign(path))
  const response = await upstream
  call.leave()
  return response
}

/** A paid stream so many bytes of which have come, and are marked on the disk of its session. */
async function underWay(bytes: number): Promise<{ response: Answering; reading: Reading }> {
  const upstream = answering('/stream')
  const answer = fetch(await caller.sign('/stream'))
  const response = await upstream
  response.write('x'.repeat(bytes))
  const reading = new Reading(await answer)
  await reading.upTo(bytes)
  await until('it is marked', async () => {
    const [session] = await world.rows<{ marked: string }>('STREAM_SESSION', 'SELECT marked FROM reservation')
    return session!.rows[0]?.marked === `${bytes}`
  })
  return { response, reading }
}

async function spent(): Promise<bigint> {
  const sessions = await world.rows<{ spent: string }>('STREAM_SESSION', 'SELECT spent FROM channel')
  return BigInt(sessions[0]!.rows[0]!.spent)
}

test('I7: a caller who leaves before the first byte is charged when the upstream answers, unless the route says not', async () => {
  let stopped = false
  const strict = await leaves('/strict')
  strict.on('close', () => (stopped = true))
  await until('the upstream is told', () => stopped)
  await drained(world)
  const patient = await leaves('/patient')
  patient.end('{}')
  await until('it is charged', async () => (await spent()) === 2_000n)
  await drained(world, { unknown: 1_000n })
  caller.acknowledged += 1_000n
})

test('I7: one who leaves in the middle pays for what it got, and the upstream is stopped', async () => {
  await caller.calls(1)
  const upstream = answering('/stream')
  const call = new Cut(await caller.sign('/stream'))
  const response = await upstream
  let stopped = false
  response.on('close', () => (stopped = true))
  response.write('x'.repeat(400))
  expect(await call.upTo(400)).toBe(200)
  call.leave()
  await until('the upstream is stopped', () => stopped)
  caller.acknowledged += 400n
  await drained(world)
})

test('I7: when nobody is left to report, the hold ends by the alarm of the session, at its last mark', async () => {
  await caller.calls(1)
  const { response, reading } = await underWay(300)
  await world.arm('gateway', 'report:overloaded', 1_000_000)
  response.end('x'.repeat(100))
  await reading.upTo()
  await until('the report is lost', async () => ((await world.struck('gateway'))['report:overloaded'] ?? 0) > 0)
  await world.arm('gateway', 'report:overloaded', 0)
  // A minute and a half goes by; no call comes, only the alarm.
  await world.clock('gateway', { skew: 91_000 })
  await world.abort('STREAM_SESSION')
  caller.acknowledged += 300n
  await drained(world)
  expect(reading.bytes).toBe(400)
})

test('I7: when the gateway is killed in the middle, and its work after the answer with it, the hold ends at its last mark', async () => {
  await caller.calls(1)
  const { reading } = await underWay(200)
  // Every Worker ends by SIGKILL; what the gateway would have reported, at once or after the answer, is never told.
  await world.stack.restart(async () => {
    expect(await reading.upTo()).toBe('broken')
  })
  expect(reading.bytes).toBe(200)
  // The clock was a minute and a half ahead when the hold was made.
  await world.clock('gateway', { skew: 182_000 })
  await caller.calls(1)
  // It begins anew by that clock, if its alarm came before.
  await world.abort('STREAM_SESSION')
  caller.acknowledged += 200n
  await drained(world)
})
