import * as Receipt from '@pbstream/core/Receipt'
import * as Room from '@pbstream/core/session/Room'
import * as OpenSession from '@pbstream/core/session/OpenSession'
import * as Bodies from '@pbstream/core/session/Bodies'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { decodeJwt } from '../support/decodeJwt.ts'
import { type Caller, openOn, signedRequest } from '../support/openOn.ts'
import { ed25519Key, type Session } from '../support/SessionCaller.ts'
import { type Stack, startStack } from '../support/Stack.ts'
import { statuses } from '../support/signedRequest.ts'
import { until } from '../support/until.ts'

let stack: Stack

beforeAll(async () => {
  stack = await startStack({
    routes: [
      { path: '/answer' },
      { path: '/events' },
      { path: '/bytes', rate: { v: 1, kind: 'metered', unit: 'byte', unitAmount: '1', per: '1', max: '1000' } },
    ],
  })
  stack.upstream.on('/events', (_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).end('data: one\n\n')
  })
  stack.upstream.on('/bytes', (_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).end('data: one\n\n')
  })
})
afterAll(() => stack.stop())

const send = async (session: Session, path: string, ask: Parameters<typeof signedRequest>[3] = {}) =>
  fetch(await signedRequest(stack.gateway, session, path, ask))

async function spentOf({ name, channelId }: Caller): Promise<bigint> {
  const object = await stack.system.session(name)
  const numbers = await until('nothing is set aside', async () => {
    const view = await object.view(1, channelId)
    return view?.reserved === 0n && view
  })
  return numbers.spent
}

test('Ed25519: deposit and session in one request, a call, a raise, its receipt, and the rest back at the close', async () => {
  const key = await ed25519Key()
  const { caller, session } = await openOn(stack, { path: '/answer', deposit: 5_000_000n, max: 1_000n }, key)
  const first = await send(session, '/answer', { id: 'first' })
  expect([first.status, await first.json()]).toEqual([200, { ok: true }])
  const short = await send(session, '/answer')
  const room = Room.parseRoom(short.headers.get('pbstream-room'))
  expect([short.status, room]).toMatchObject([402, { room: 0n, charged: 1_000n, needed: 1_000n, funds: 5_000_000n }])
  const raised = await send(session, '/answer', { voucher: await caller.raise(3_000n), id: 'second' })
  expect(raised.status).toBe(200)
  const body = JSON.stringify(Bodies.raiseJson({ voucher: await caller.voucher(4_000n) }))
  const posted = await send(session, `${OpenSession.PATH}/voucher`, { method: 'POST', body, maxPrice: 0n })
  expect(await posted.json()).toMatchObject({ channel: { accepted: '4000', charged: '2000' }, room: '2000' })
  const kept = await until('the receipt is kept', async () => {
    const response = await send(session, `${OpenSession.PATH}/receipts/second`, { maxPrice: 0n })
    return response.status === 200 && ((await response.json()) as { receipt: string })
  })
  expect(kept.receipt).toBe(raised.headers.get('pbstream-receipt'))
  const published = (await (await fetch(`${stack.gateway}/.well-known/jwks.json`)).json()) as { keys: JsonWebKey[] }
  const verifier = await crypto.subtle.importKey('jwk', published.keys[0]!, { name: 'Ed25519' }, false, ['verify'])
  const receipt = await Receipt.verify(
    kept.receipt,
    () => (bytes, signature) =>
      crypto.subtle.verify({ name: 'Ed25519' }, verifier, new Uint8Array(signature), new Uint8Array(bytes)),
  )
  expect(receipt).toMatchObject({
    ok: true,
    claims: { scheme: 'session', request: 'second', price: '1000', cumulative: '2000', channel: caller.channelId },
  })
  expect(await spentOf(caller)).toBe(2_000n)
  const refund = { config: caller.config, voucher: await caller.voucher(2_000n) }
  const closing = JSON.stringify(Bodies.closeJson({ refund }))
  const closed = await send(session, `${OpenSession.PATH}/close`, { method: 'POST', body: closing, maxPrice: 0n })
  expect([closed.status, await closed.json()]).toMatchObject([
    200,
    { epoch: session.answer.epoch + 1, refund: { amount: '4998000' } },
  ])
  expect(await stack.usdc(caller.config.payer)).toBe(1_000_000_000n - 2_000n)
})

test('HMAC: 100 parallel calls on one channel are 100 × 200, and the total is exact', async () => {
  const { caller, session } = await openOn(stack, { path: '/answer', deposit: 1_000_000n, max: 100_000n })
  const responses = await Promise.all(Array.from({ length: 100 }, () => send(session, '/answer')))
  expect(statuses(responses)).toEqual({ 200: 100 })
  const receipts = responses.map((response) => decodeJwt(response.headers.get('pbstream-receipt') ?? ''))
  const totals = receipts.map(({ cumulative }) => Number(cumulative)).sort((a, b) => a - b)
  expect(new Set(receipts.map(({ request }) => request)).size).toBe(100)
  expect(await spentOf(caller)).toBe(100_000n)
  expect(totals.at(-1)).toBeLessThanOrEqual(100_000)
  const more = await send(session, '/answer')
  expect([more.status, Room.parseRoom(more.headers.get('pbstream-room'))?.room]).toEqual([402, 0n])
})

test('the same id is served once and charged once: its answer again, or the receipt', async () => {
  const { caller, session } = await openOn(stack, { path: '/answer' })
  const before = stack.upstream.calls('/answer')
  const first = await send(session, '/answer', { id: 'order-1' })
  expect(first.status).toBe(200)
  const again = await until('the answer is kept', async () => {
    const response = await send(session, '/answer', { id: 'order-1' })
    return response.status === 200 && response
  })
  expect([again.headers.get('idempotent-replayed'), await again.json()]).toEqual(['true', { ok: true }])
  const other = await send(session, '/answer?other=1', { id: 'order-1' })
  expect([other.status, ((await other.json()) as { code: string }).code]).toEqual([422, 'request_id_mismatch'])
  expect(stack.upstream.calls('/answer')).toBe(before + 1)
  expect(await spentOf(caller)).toBe(1_000n)
})

test.each([
  ['/events', '1000'],
  ['/bytes', '11'],
])('a stream of %s ends with its receipt when that is asked for', async (path, price) => {
  const { caller, session } = await openOn(stack, { path })
  const request = await signedRequest(stack.gateway, session, path)
  request.headers.set('pbstream-receipt-event', 'true')
  const text = await (await fetch(request)).text()
  const jws = /^data: one\n\nevent: pbstream-receipt\ndata: (\S+)\n\n$/.exec(text)?.[1] ?? ''
  expect(decodeJwt(jws)).toMatchObject({ scheme: 'session', price, channel: caller.channelId })
  expect(await spentOf(caller)).toBe(BigInt(price))
})
