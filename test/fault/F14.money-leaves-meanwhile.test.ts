/** F14: a payer withdraws past us while something goes on that it pays for. I6 I8: it ends in time, and all of it is claimed. */
import { Chain } from '@pbstream/local/Chain'
import { StandaloneError } from '@pbstream/sdk/server/Standalone'
import type { ServerResponse } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openOn, signedRequest } from '../support/openOn.ts'
import { type Merchant, merchant } from '../support/standalone.ts'
import { until } from '../support/until.ts'
import type { Caller } from './support/Caller.ts'
import { Reading } from './support/Reading.ts'
import { drained } from './support/drained.ts'
import { withdraw, withdrawFrom } from './support/withdrawal.ts'
import { World } from './support/World.ts'

const SITE = 'https://shop.example'
/** 1,000 units a second. */
const CARD = {
  v: 2,
  kind: 'card',
  components: [{ unit: 'second', price: { model: 'per_unit', amount: '1000' } }],
  maximum: '100000',
}

type Payer = Awaited<ReturnType<typeof openOn>>

let world: World
let caller: Caller
let seller: Merchant
let route: string
let renter: Payer, customer: Payer

beforeAll(async () => {
  const rate = { v: 1, kind: 'metered', unit: 'byte', unitAmount: '1', per: '1', max: '1000' } as const
  // Nothing is claimed for its age here: what is unsettled stays so until something happens.
  const vars = { SETTLE_AGE_MS: '3600000' }
  world = await World.start({ vars, routes: [{ path: '/work' }, { path: '/stream', rate }] })
  const { stack } = world
  caller = await world.caller()
  await caller.calls(1)
  seller = await merchant(stack)
  const { host } = new URL(stack.upstream.url)
  const { json: named } = await seller.owner.call('POST', '/upstream-hosts', { body: { host } })
  stack.upstream.on('/.well-known/pbstream-verification', (_, response) => void response.end(named['token']))
  await seller.owner.call('POST', `/upstream-hosts/${host}/verify`, { body: {} })
  const origin = { kind: 'url', url: `${stack.upstream.url}/gpu` }
  const body = { providerId: seller.provider, path: '/gpu/*', origin, chainIds: [Chain.id], rate: CARD }
  const { status, json } = await seller.owner.call('POST', '/routes', { body })
  if (status !== 201) throw new Error(`no route: ${JSON.stringify(json)}`)
  route = json['id'] as string
  await until('the route is known', async () => (await fetch(`${stack.gateway}/gpu/a`)).status === 402)
  renter = await openOn(stack, { path: '/gpu/a' })
  customer = await openOn(stack, { path: '/gpu/a' })
})
afterAll(() => world?.stop())

const columns = ['withdraw_requested_at', 'returned', 'spent', 'claimed', 'settled', 'lost'] as const
type Numbers = Record<(typeof columns)[number], string>

async function numbers(payer: string): Promise<Numbers> {
  const sessions = await world.rows<Numbers>('STREAM_SESSION', `SELECT ${columns.join()} FROM channel`)
  return sessions.find(({ name }) => name.includes(payer))!.rows[0]!
}

const isSeen = (payer: string) =>
  until('the withdrawal is seen', async () => Number((await numbers(payer)).withdraw_requested_at) > 0)

/** What was earned is paid out before the money is gone, and nothing is held any more. */
async function paid(payer: string, earned: string, take: () => Promise<void>): Promise<void> {
  await until('what it owes is paid out', async () => (await numbers(payer)).settled === earned)
  await take()
  await until('the rest has gone back', async () => (await numbers(payer)).returned !== '0')
  expect(await numbers(payer)).toMatchObject({ spent: earned, claimed: earned, settled: earned, lost: '0' })
}

const headersOf = async ({ session }: Payer, path: string) =>
  Object.fromEntries((await signedRequest(SITE, session, path, { method: 'POST', maxPrice: 100_000n })).headers)

test('I6: a stream is cut, and all that it delivered is paid', async () => {
  const answering = new Promise<ServerResponse>((resolve) => {
    world.stack.upstream.on('/stream', (_, response) => resolve(response))
  })
  const answer = fetch(await caller.sign('/stream'))
  const upstream = await answering
  let stopped = false
  upstream.on('close', () => (stopped = true))
  upstream.write('x'.repeat(300))
  const reading = new Reading(await answer)
  await reading.upTo(300)
  const { address } = caller.payer
  const take = await withdraw(world, caller)
  await isSeen(address)
  upstream.write('x'.repeat(100))
  await reading.upTo(400)
  await until('the upstream is stopped', () => stopped)
  expect(await reading.upTo()).toBe('broken')
  caller.acknowledged += 400n
  await paid(address, '1400', take)
})

test('I6: a rental whose ceiling was set aside at its start ends at its next heartbeat, and its time is paid', async () => {
  const say = async (operation: string, body: object) => {
    const response = await fetch(`${world.stack.gateway}/.well-known/pbstream/rentals/${operation}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${seller.apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ v: 1, ...body }),
    })
    return (await response.json()) as Record<string, unknown>
  }
  const headers = await headersOf(renter, '/gpu')
  const start = { route, seconds: 30, method: 'POST', url: `${SITE}/gpu`, headers }
  const { id, ceiling, state } = await say('start', start)
  // Its hold never has to grow, so nothing but the heartbeat itself can notice.
  expect(state).toMatchObject({ kind: 'running', hold: ceiling })
  const take = await withdrawFrom(world, renter.caller)
  await isSeen(renter.caller.ref.payer)
  const end = await say('heartbeat', { id })
  expect(end).toMatchObject({ kind: 'ended', reason: 'withdrawal_pending' })
  expect(BigInt(end['amount'] as string)).toBeGreaterThan(0n)
  await paid(renter.caller.ref.payer, end['amount'] as string, take)
})

test('I6: a payment that was authorised is not kept open by marks, and its capture is paid', async () => {
  const { gate } = seller
  const headers = await headersOf(customer, '/goods')
  const verdict = await gate.authorize({ route: 'goods', method: 'POST', url: `${SITE}/goods`, price: 900n, headers })
  if (verdict.kind !== 'authorized') throw new Error(`refused: ${verdict.body}`)
  await gate.mark(verdict.id, 300n)
  const take = await withdrawFrom(world, customer.caller)
  await isSeen(customer.caller.ref.payer)
  const late = await gate.mark(verdict.id, 500n).catch((error: unknown) => error)
  expect((late as StandaloneError).code).toBe('payment_ended')
  expect(await gate.capture(verdict.id, 700n)).toMatchObject({ amount: 700n })
  await paid(customer.caller.ref.payer, '700', take)
  await drained(world)
})
