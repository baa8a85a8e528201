import type { Report } from '@pbstream/core/message/Session'
import * as Receipt from '@pbstream/core/Receipt'
import type { Card } from '@pbstream/core/Rate'
import { describe, expect, it } from 'vitest'
import { meter } from '../src/Meter.ts'
import { header, voucher } from './support/payer.ts'
import { quoted, route, START, type World, world } from './support/world.ts'

const PATH = '/v1/weather'
type Metered = Extract<Card, { kind: 'metered' }>
const perByte = { v: 1, kind: 'metered', unit: 'byte', unitAmount: '10', per: '1', max: '1000' } as const
const perSecond = { v: 1, kind: 'metered', unit: 'second', unitAmount: '100', per: '1', max: '100000' } as const
const reported = { v: 1, kind: 'metered', unit: 'reported', unitAmount: '3', per: '10', max: '1000' } as const

async function priced(rule: Metered, upstream: () => Response) {
  const at = await world([route({ rate: { version: 1, rule } })])
  at.state.upstream = upstream
  return at
}

async function pay(at: World, more: Record<string, string> = {}) {
  const required = await quoted(at, PATH)
  return at.send(PATH, {
    headers: { ...more, ...header(await voucher(required, BigInt(required.accepts[0]?.amount ?? 0))) },
  })
}

const posts = (at: World) =>
  at.session.reports.filter((report): report is Extract<Report, { kind: 'post' }> => report.kind === 'post')

/** A stream that is written by hand. */
function written() {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
  return { readable, writer: writable.getWriter() }
}

describe('a price by what the upstream reports', () => {
  it.each([
    ['100', 30n],
    ['101', 31n],
    ['0', 0n],
    ['999999999999', 1000n],
    [null, 0n],
    ['-5', 0n],
    ['1.5', 0n],
  ])(
    'charges for %s units %d, rounded up once, never above the hold, and never what was not reported',
    async (usage, charge) => {
      const at = await priced(
        reported,
        () => new Response('ok', { headers: usage === null ? {} : { 'pbstream-usage': usage } }),
      )
      const response = await pay(at)
      await at.rest()
      expect(posts(at)).toMatchObject([{ amount: charge }])
      expect(response.headers.get('pbstream-usage')).toBeNull()
      const receipt = await Receipt.verify(response.headers.get('pbstream-receipt') ?? '', at.gateway.keys.verifiers)
      expect(receipt).toMatchObject({ claims: { price: `${charge}`, cumulative: `${charge}` } })
    },
  )
})

describe('a price by the byte', () => {
  it('charges what was delivered, without PAYMENT-RESPONSE, and keeps the receipt for its id', async () => {
    const at = await priced(perByte, () => new Response('x'.repeat(37)))
    const response = await pay(at, { 'idempotency-key': 'id-1' })
    expect((await response.text()).length).toBe(37)
    await at.rest()
    expect(response.headers.get('payment-response')).toBeNull()
    expect(posts(at)).toMatchObject([{ amount: 370n }])
    expect(await Receipt.verify(posts(at)[0]?.receipt ?? '', at.gateway.keys.verifiers)).toMatchObject({
      ok: true,
      claims: { price: '370' },
    })
  })

  it('cuts the stream when the hold is used up: all that was paid arrives, and no more', async () => {
    const at = await priced(perByte, () => new Response('x'.repeat(150)))
    const reader = ((await pay(at)).body as ReadableStream<Uint8Array>).getReader()
    let size = 0
    const all = async () => {
      for (;;) {
        const { done, value } = await reader.read()
        if (done) return
        size += value.length
      }
    }
    await expect(all()).rejects.toThrow('used up')
    await at.rest()
    expect([size, posts(at)[0]?.amount]).toEqual([100, 1000n])
  })

  it('charges a caller that hangs up for what it got, and tells the upstream to stop', async () => {
    const { readable, writer } = written()
    const at = await priced(perByte, () => new Response(readable))
    const reader = ((await pay(at)).body as ReadableStream<Uint8Array>).getReader()
    void writer.write(new Uint8Array(20))
    expect((await reader.read()).value?.length).toBe(20)
    await reader.cancel()
    await expect(writer.closed).rejects.toBeUndefined()
    await at.rest()
    expect(posts(at)).toMatchObject([{ amount: 200n }])
  })

  it('charges what was delivered when the upstream breaks off', async () => {
    const { readable, writer } = written()
    const at = await priced(perByte, () => new Response(readable))
    const reader = ((await pay(at)).body as ReadableStream<Uint8Array>).getReader()
    void writer.write(new Uint8Array(20))
    await reader.read()
    void writer.abort(new Error('broken'))
    await expect(reader.read()).rejects.toThrow()
    await at.rest()
    expect(posts(at)).toMatchObject([{ amount: 200n }])
  })
})

describe('marks', () => {
  /** A metered stream on a clock that is moved by hand; `marks` are what the session was told. */
  function flow(card: Metered, alive = true) {
    const source = written()
    const marks: bigint[] = []
    const clock = { now: START }
    const { readable, used } = meter(source.readable, {
      rule: card,
      terms: { at: START },
      hold: BigInt(card.max),
      counts: { byte: card.unit === 'byte', second: card.unit === 'second' },
      now: () => clock.now,
      mark: async ({ amount }) => (marks.push(amount), alive),
    })
    const reader = readable.getReader()
    const pass = async (bytes: number, afterMs: number) => {
      clock.now += afterMs
      void source.writer.write(new Uint8Array(bytes)).catch(() => {})
      const read = await reader.read()
      // One turn of the event loop, so that what follows the delivery has happened before the clock moves on.
      await new Promise((done) => setTimeout(done, 0))
      return read
    }
    return { source, reader, marks, used, pass }
  }

  it('are sent when a twentieth of the hold is used, at most once a second', async () => {
    const { pass, marks, reader } = flow(perByte)
    await pass(4, 1000)
    await pass(1, 500)
    await pass(5, 400)
    await pass(1, 100)
    expect(marks).toEqual([50n])
    await pass(1, 600)
    expect(marks).toEqual([50n, 120n])
    await reader.cancel()
  })

  it('are sent every 30 s however little is used', async () => {
    const { pass, marks, reader } = flow(perByte)
    await pass(1, 29_000)
    expect(marks).toEqual([])
    await pass(1, 1_000)
    expect(marks).toEqual([20n])
    await reader.cancel()
  })

  it('that find the reservation ended cut the stream', async () => {
    const { pass, reader, source } = flow(perByte, false)
    await pass(50, 2000)
    void source.writer.write(new Uint8Array(1)).catch(() => {})
    await expect(reader.read()).rejects.toThrow('used up')
  })

  it('count seconds to the millisecond, rounded up once', async () => {
    const { pass, used, source, reader } = flow(perSecond)
    await pass(1, 1_234)
    void source.writer.close()
    expect((await reader.read()).done).toBe(true)
    expect(await used).toMatchObject({ amount: 124n, cause: 'end' })
  })
})
