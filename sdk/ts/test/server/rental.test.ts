import { describe, expect, test } from 'vitest'
import { rental, type RentalOptions } from '../../src/server/Rental.ts'

const apiKey = `pb_test_${'k'.repeat(49)}`
const gateway = 'https://gateway.example'
const ask = {
  route: 'gpu',
  method: 'POST',
  url: 'https://acme.example/gpu',
  headers: { cookie: 'c', 'payment-signature': 'p' },
}
const NOW = 1_800_000_000_000
const running = (over: object = {}) => ({
  ...{ kind: 'running', amount: '100', milliseconds: 10_000, hold: '1200', paidUntil: NOW + 120_000 },
  expiresAt: NOW + 90_000,
  ...over,
})
const ended = {
  ...{ kind: 'ended', reason: 'stopped', amount: '300', milliseconds: 30_000, times: [], receipt: 'r.r.r' },
  headers: { 'pbstream-receipt': 'r.r.r' },
}
const started = (state: object = running()) => ({
  kind: 'started',
  id: 'a.b.c',
  payer: '0xaa',
  session: 's',
  network: 'eip155:1',
  ceiling: '50000',
  headers: { 'pbstream-room': 'room="1"' },
  state,
})
const problem = (code: string, status: number, retryable: boolean) => Response.json({ code, retryable }, { status })

/** A gateway that gives these answers, one after the other, and timers that the test lets run out. */
function against(answers: (() => Response | Promise<Response>)[], over: Partial<RentalOptions> = {}) {
  const sent: { operation: string; body: Record<string, unknown> }[] = []
  const timers = new Map<number, { work: () => void; ms: number }>()
  let ids = 0
  const send: typeof fetch = async (input, init = {}) => {
    sent.push({ operation: String(input).replace(/^.*\//, ''), body: JSON.parse(String(init.body)) })
    const next = answers[Math.min(sent.length, answers.length) - 1]
    if (next === undefined) throw new Error('nothing was to be sent')
    return next()
  }
  const rentals = rental({
    ...{ gateway, apiKey, fetch: send, now: () => NOW },
    timers: {
      set: (work, ms) => (timers.set(++ids, { work, ms }), ids),
      clear: (timer) => void timers.delete(timer as number),
    },
    ...over,
  })
  const elapse = async () => {
    const [first] = timers
    if (first === undefined) throw new Error('no timer is set')
    const [id, { work }] = first
    timers.delete(id)
    work()
    // A heartbeat is an answer away.
    for (let i = 0; i < 20; i++) await Promise.resolve()
  }
  return { sent, rentals, timers, elapse, waits: () => [...timers.values()].map(({ ms }) => ms) }
}
const answers = (...bodies: object[]) => bodies.map((body) => () => Response.json(body))

async function begun(...bodies: object[]) {
  const at = against(answers(started(), ...bodies))
  const verdict = await at.rentals.start(ask)
  if (verdict.kind !== 'started') throw new Error('not started')
  return { ...at, verdict, rental: verdict.rental }
}

describe('a rental', () => {
  test('is started with what pays and nothing else of the caller', async () => {
    const { sent, verdict, rental: own } = await begun()
    expect(sent).toEqual([
      {
        operation: 'start',
        body: { v: 1, route: 'gpu', method: 'POST', url: ask.url, headers: { 'payment-signature': 'p' } },
      },
    ])
    expect(verdict).toMatchObject({
      payer: '0xaa',
      ceiling: 50_000n,
      network: 'eip155:1',
      headers: { 'pbstream-room': 'room="1"' },
    })
    expect(own.state).toEqual({
      ...{ kind: 'running', amount: 100n, milliseconds: 10_000, hold: 1_200n },
      paidUntil: NOW + 120_000,
    })
  })

  test('that is not paid for is answered by what the caller gets instead', async () => {
    const response = { kind: 'response', status: 402, headers: {}, body: '{}' }
    const { rentals, waits } = against(answers(response))
    expect(await rentals.start({ ...ask, seconds: 60 })).toEqual(response)
    expect(waits()).toEqual([])
  })

  test('beats every 30 seconds, and sooner where less money is set aside', async () => {
    const { sent, elapse, waits } = await begun(running({ paidUntil: NOW + 12_000 }), running({ paidUntil: NOW }))
    expect(waits()).toEqual([30_000])
    await elapse()
    expect(sent.at(-1)).toEqual({ operation: 'heartbeat', body: { v: 1, id: 'a.b.c' } })
    expect(waits()).toEqual([12_000])
    await elapse()
    expect(waits()).toEqual([500])
  })

  test('beats on while it is paused', async () => {
    const { paidUntil: _, ...rest } = running({ kind: 'paused' })
    const { sent, rental: own, waits } = await begun(rest, running())
    expect(await own.pause()).toMatchObject({ kind: 'paused', amount: 100n })
    expect(waits()).toEqual([30_000])
    expect(await own.resume()).toMatchObject({ kind: 'running' })
    expect(sent.map(({ operation }) => operation)).toEqual(['start', 'pause', 'resume'])
  })

  test('is stopped once: then nothing is sent any more', async () => {
    const { sent, rental: own, waits } = await begun(ended)
    const end = await own.stop()
    expect(end).toEqual({
      ...{ kind: 'ended', reason: 'stopped', amount: 300n, milliseconds: 30_000, receipt: 'r.r.r' },
      headers: { 'pbstream-receipt': 'r.r.r' },
    })
    expect([await own.stop(), await own.pause(), await own.resume(), await own.ended]).toEqual([end, end, end, end])
    expect([sent.length, waits()]).toEqual([2, []])
  })

  test('that cannot go on says so to whoever waits for its end', async () => {
    const { elapse, rental: own, waits } = await begun({ ...ended, reason: 'hold_used_up' })
    await elapse()
    expect(await own.ended).toMatchObject({ reason: 'hold_used_up', amount: 300n })
    expect(waits()).toEqual([])
  })

  test('whose heartbeat does not arrive tries again, until the gateway says that it is over', async () => {
    const at = against([
      () => Response.json(started()),
      () => problem('malformed_body', 400, false),
      () => problem('payment_ended', 409, false),
    ])
    const verdict = await at.rentals.start(ask)
    if (verdict.kind !== 'started') throw new Error('not started')
    await at.elapse()
    expect(at.waits()).toEqual([5_000])
    await at.elapse()
    expect(await verdict.rental.ended).toEqual({ kind: 'ended', reason: 'silence', headers: {} })
    expect(at.waits()).toEqual([])
  })

  test('is taken up by its id after a restart', async () => {
    const { sent, rentals, waits } = against(answers(running()))
    const own = await rentals.take('a.b.c')
    expect(sent).toEqual([{ operation: 'heartbeat', body: { v: 1, id: 'a.b.c' } }])
    expect([own.state.kind, waits()]).toEqual(['running', [30_000]])
  })
})

test('what is not what it should be is an error, and starts no timer', async () => {
  expect(() => rental({ gateway, apiKey: 'x' })).toThrow('apiKey is not an API key')
  for (const bad of [{ kind: 'other' }, started({ kind: 'running' }), started({ kind: 'x', amount: '1' })]) {
    const { rentals, waits } = against(answers(bad))
    await expect(rentals.start(ask)).rejects.toMatchObject({ code: 'gateway_unreadable' })
    expect(waits()).toEqual([])
  }
  const { rentals } = against([() => problem('scope_missing', 403, false)])
  await expect(rentals.take('a.b.c')).rejects.toMatchObject({ code: 'scope_missing', status: 403 })
})
