import type { CatalogRoute } from '@pbstream/db/CatalogRoute'
import * as Rate from '@pbstream/core/Rate'
import * as Receipt from '@pbstream/core/Receipt'
import type { Report } from '@pbstream/core/message/Session'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { completion, delta, done, encoder, events, stop, stream, usageChunk, written } from './support/openai.ts'
import { header, voucher } from './support/payer.ts'
import { openSession, problem, sessionWorld, signed } from './support/session.ts'
import { quoted, route, START, type World, world } from './support/world.ts'

const PATH = '/v1/weather'
/** 0.3 a token in, 1.5 a token out. */
export const tokens = Rate.parse({
  v: 2,
  kind: 'card',
  components: [
    { unit: 'input_token', price: { model: 'per_unit', amount: '3', per: '10' } },
    { unit: 'output_token', price: { model: 'per_unit', amount: '15', per: '10' } },
  ],
  maximum: '100000',
})
const sold = (more: Partial<CatalogRoute> = {}) =>
  route({ adapter: 'openai', bodyPriced: true, rate: { version: 4, rule: tokens }, ...more })

const chat = (more: Record<string, unknown> = {}) => JSON.stringify({ model: 'm', messages: [], ...more })
const posting = (body: string, headers: Record<string, string> = {}): RequestInit => ({
  method: 'POST',
  body,
  headers: { 'content-type': 'application/json', ...headers },
})

async function pay(at: World, body: string, headers: Record<string, string> = {}) {
  const required = await quoted(at, PATH, posting(body))
  const paid = await voucher(required, BigInt(required.accepts[0]?.amount ?? 0))
  return at.send(PATH, posting(body, { ...headers, ...header(paid) }))
}

const posts = (at: World) =>
  at.session.reports.filter((report): report is Extract<Report, { kind: 'post' }> => report.kind === 'post')
const grows = (at: World) =>
  at.session.reports.filter((report): report is Extract<Report, { kind: 'grow' }> => report.kind === 'grow')

async function claimsOf(at: World, jws: string | null | undefined) {
  const receipt = await Receipt.verify(jws ?? '', at.gateway.keys.verifiers)
  if (!receipt.ok) throw new Error(receipt.code)
  return receipt.claims
}

describe('an answer sold by tokens', () => {
  it('costs what it reports, and the receipt computes to it', async () => {
    const at = await world([sold()])
    at.state.upstream = () => completion({ prompt_tokens: 100, completion_tokens: 20, total_tokens: 120 })
    const response = await pay(at, chat({ max_tokens: 50 }), { 'idempotency-key': 'a' })
    expect(await response.json()).toMatchObject({ usage: { prompt_tokens: 100 } })
    await at.rest()
    const usage = { request: '1', input_token: '100', output_token: '20' }
    expect(posts(at)).toMatchObject([{ amount: 60n, usage }])
    const claims = await claimsOf(at, posts(at)[0]?.receipt)
    expect(claims).toMatchObject({ price: '60', rate: 4, use: usage, tm: { at: START } })
    const { use = {}, tm } = claims
    const units = Object.fromEntries(Object.entries(use).map(([unit, count]) => [unit, BigInt(count)]))
    expect(`${Rate.charge(tokens, { units }, { at: tm?.at ?? 0 })}`).toBe(claims.price)
  })

  it('is held by the bounds of its request', async () => {
    const at = await world([sold()])
    at.state.upstream = () => completion({ prompt_tokens: 1, completion_tokens: 1 })
    const body = chat({ max_tokens: 50 })
    await (await pay(at, body)).text()
    const hold = at.session.reserves[0]?.hold ?? 0n
    // No token is shorter than a byte; templates add some.
    expect(hold).toBeGreaterThanOrEqual(75n + (BigInt(body.length) * 3n) / 10n)
    expect(hold).toBeLessThanOrEqual(75n + ((BigInt(body.length) + 2048n) * 3n) / 10n)
  })

  it('is held at the maximum where the request has no bounds', async () => {
    const at = await world([sold()])
    await (await pay(at, chat())).text()
    expect(at.session.reserves).toMatchObject([{ hold: 100_000n }])
  })

  it('is kept for who asks again, with the receipt that came after it', async () => {
    const at = await world([sold()])
    at.state.upstream = () => completion({ prompt_tokens: 10, completion_tokens: 2 })
    const text = await (await pay(at, chat(), { 'idempotency-key': 'a' })).text()
    await at.rest()
    const kept = at.session.reports.find((report) => report.kind === 'answer')
    if (kept?.kind !== 'answer') throw new Error('nothing was kept')
    expect(new TextDecoder().decode(kept.answer.body)).toBe(text)
    const [, receipt] = kept.answer.headers.find(([name]) => name === 'pbstream-receipt') ?? []
    expect(await claimsOf(at, receipt)).toMatchObject({ price: '6' })
  })

  it('that reports nothing costs what is certain: nothing', async () => {
    const at = await world([sold()])
    at.state.upstream = () => Response.json({ hello: 'you' })
    await (await pay(at, chat())).text()
    await at.rest()
    expect(posts(at)).toMatchObject([{ amount: 0n }])
  })

  it('that is no 2xx costs nothing, whatever it reports', async () => {
    const at = await world([sold()])
    at.state.upstream = () => Response.json({ usage: { prompt_tokens: 9, completion_tokens: 9 } }, { status: 429 })
    expect((await pay(at, chat())).status).toBe(429)
    await at.rest()
    expect(at.session.reports).toMatchObject([{ kind: 'void', freesId: true }])
  })
})

describe('a stream sold by tokens', () => {
  it('is ordered with usage, which the caller does not get when it did not ask for it', async () => {
    const at = await world([sold()])
    const bodies: unknown[] = []
    at.state.upstream = async (request) => {
      bodies.push(await request.json())
      return events(stream(3, { prompt_tokens: 100, completion_tokens: 7 }))
    }
    const response = await pay(at, chat({ stream: true, max_tokens: 50 }), {
      'content-digest': await digestOf(chat({ stream: true, max_tokens: 50 })),
    })
    expect(await response.text()).toBe(stream(3, undefined))
    await at.rest()
    expect(bodies).toMatchObject([{ stream: true, stream_options: { include_usage: true }, max_tokens: 50 }])
    // It was that of the caller's bytes.
    expect(at.seen[0]?.headers.get('content-digest')).toBeNull()
    expect(at.seen[0]?.headers.get('accept-encoding')).toBe('identity')
    expect(posts(at)).toMatchObject([{ amount: 41n, usage: { input_token: '100', output_token: '7' } }])
  })

  it('passes to the byte when the caller asked for usage itself', async () => {
    const at = await world([sold()])
    const text = stream(3, { prompt_tokens: 100, completion_tokens: 7 })
    at.state.upstream = () => events(text)
    const body = chat({ stream: true, stream_options: { include_usage: true } })
    expect(await (await pay(at, body)).text()).toBe(text)
    await at.rest()
    expect(posts(at)).toMatchObject([{ amount: 41n }])
  })

  it('leaves at once: each event is there before the next one is made', async () => {
    const { readable, write, writer } = written()
    const at = await world([sold()])
    at.state.upstream = () => events(readable)
    const body = chat({ stream: true, stream_options: { include_usage: true } })
    const reader = ((await pay(at, body)).body as ReadableStream<Uint8Array>).getReader()
    for (const piece of [delta('one'), delta('two'), delta('three'), delta('half').slice(0, 30)]) {
      write(piece)
      expect(new TextDecoder().decode((await reader.read()).value)).toBe(piece)
    }
    await reader.cancel()
    await expect(writer.closed).rejects.toBeUndefined()
    await at.rest()
  })

  it('holds nothing back but an unfinished event that may be the usage nobody asked for', async () => {
    const { readable, write, writer } = written()
    const at = await world([sold()])
    at.state.upstream = () => events(readable)
    const reader = ((await pay(at, chat({ stream: true }))).body as ReadableStream<Uint8Array>).getReader()
    const [begin, end] = [delta('two').slice(0, 30), delta('two').slice(30)]
    write(delta('one') + begin)
    expect(new TextDecoder().decode((await reader.read()).value)).toBe(delta('one'))
    write(end)
    let whole = ''
    while (whole.length < delta('two').length) whole += new TextDecoder().decode((await reader.read()).value)
    expect(whole).toBe(delta('two'))
    await reader.cancel()
    await expect(writer.closed).rejects.toBeUndefined()
    await at.rest()
  })

  it('costs the same, and gives the same bytes, however it comes in pieces', async () => {
    const usage = { prompt_tokens: 100, completion_tokens: 7 }
    const bytes = encoder.encode(stream(4, usage))
    const cut = fc.uniqueArray(fc.integer({ min: 1, max: bytes.length - 1 }), { maxLength: 12 })
    await fc.assert(
      fc.asyncProperty(cut, async (cuts) => {
        const at = await world([sold()])
        at.state.upstream = () => events(inPieces(bytes, cuts))
        const response = await pay(at, chat({ stream: true }))
        expect(await response.text()).toBe(stream(4, undefined))
        await at.rest()
        expect(posts(at)).toMatchObject([{ amount: 41n }])
      }),
      { numRuns: 25 },
    )
  })

  it('that the caller leaves costs what had come, and its upstream is let go', async () => {
    const { readable, write, writer } = written()
    const at = await world([sold()])
    at.state.upstream = () => events(readable)
    const reader = ((await pay(at, chat({ stream: true }))).body as ReadableStream<Uint8Array>).getReader()
    for (let i = 0; i < 4; i++) {
      write(delta('word'))
      await reader.read()
    }
    await reader.cancel()
    await expect(writer.closed).rejects.toBeUndefined()
    await at.rest()
    expect(posts(at)).toMatchObject([{ amount: 6n, usage: { output_token: '4' } }])
  })

  it('that breaks off costs what had come, and is no end for the caller', async () => {
    const { readable, write, writer } = written()
    const at = await world([sold()])
    at.state.upstream = () => events(readable)
    const reader = ((await pay(at, chat({ stream: true }))).body as ReadableStream<Uint8Array>).getReader()
    for (let i = 0; i < 2; i++) {
      write(delta('word'))
      await reader.read()
    }
    void writer.abort(new Error('broken'))
    await expect(reader.read()).rejects.toThrow()
    await at.rest()
    expect(posts(at)).toMatchObject([{ amount: 3n }])
  })

  it('that ends without usage costs what had come', async () => {
    const at = await world([sold()])
    at.state.upstream = () => events(stream(6, undefined))
    expect(await (await pay(at, chat({ stream: true }))).text()).toBe(stream(6, undefined))
    await at.rest()
    expect(posts(at)).toMatchObject([{ amount: 9n }])
  })

  it('that makes more than its request allows is cut at the hold, with an error that its protocol knows', async () => {
    const at = await world([sold()])
    at.state.upstream = () => events(stream(5000, { prompt_tokens: 1, completion_tokens: 5000 }))
    const body = chat({ stream: true, max_tokens: 4 })
    const response = await pay(at, body)
    const text = await response.text()
    await at.rest()
    const deltas = text.split(delta('x')).length - 1
    const amount = posts(at)[0]?.amount ?? 0n
    // What came is charged, no more.
    expect(amount).toBe((BigInt(deltas) * 15n + 9n) / 10n)
    expect(amount).toBeLessThanOrEqual(at.session.reserves[0]?.hold ?? 0n)
    expect(text.replaceAll(delta('x'), '')).toMatch(/^data: \{"error":.*\}\n\n(?:data: \[DONE\]\n\n)?$/)
  })

  it('says at its end what it cost, when asked to', async () => {
    const at = await world([sold()])
    at.state.upstream = () => events(stream(3, { prompt_tokens: 100, completion_tokens: 7 }))
    const text = await (await pay(at, chat({ stream: true }), { 'pbstream-receipt-event': 'true' })).text()
    const [, receipt] = /event: pbstream-receipt\ndata: (\S+)\n\n$/.exec(text) ?? []
    expect(await claimsOf(at, receipt)).toMatchObject({ price: '41', use: { output_token: '7' } })
    await at.rest()
  })
})

describe('in session mode', () => {
  const open = async (max = 100_000n, more: Partial<CatalogRoute> = {}) => {
    const at = await sessionWorld([sold(more)])
    const session = await openSession(at, { max })
    const send = async (body: string, ask: Parameters<typeof signed>[2] = {}) =>
      at.handle(
        await signed(session, PATH, { method: 'POST', body, headers: { 'content-type': 'application/json' }, ...ask }),
      )
    return { at, send }
  }

  it('a stream holds its first step, and grows as it flows', async () => {
    const { at, send } = await open()
    const { readable, write, writer } = written()
    at.state.upstream = () => events(readable)
    const response = await send(chat({ stream: true, max_tokens: 64_000 }))
    const hold = at.session.pays[0]?.hold ?? 0n
    // 1,024 tokens out, and what the body is at most.
    expect(hold).toBeGreaterThanOrEqual(1536n)
    expect(hold).toBeLessThan(2500n)
    const reader = (response.body as ReadableStream<Uint8Array>).getReader()
    const pass = async (count: number) => {
      for (let i = 0; i < count; i++) {
        write(delta('x'))
        await reader.read()
      }
    }
    await pass(400)
    expect(grows(at)).toEqual([])
    await pass(1600)
    expect(grows(at)).toMatchObject([{ reservationId: 'p1', to: hold * 2n }])
    write(usageChunk({ prompt_tokens: 10, completion_tokens: 2000 }) + done)
    void writer.close()
    while (!(await reader.read()).done);
    await at.rest()
    expect(posts(at)).toMatchObject([{ amount: 3003n }])
  })

  it('an answer that comes at once is held whole: there is no time to ask for more', async () => {
    const { at, send } = await open()
    at.state.upstream = () => completion({ prompt_tokens: 1, completion_tokens: 1 })
    await (await send(chat({ max_tokens: 64_000 }))).text()
    expect(at.session.pays[0]?.hold).toBeGreaterThanOrEqual(96_000n)
    await at.rest()
  })

  it('a stream that cannot grow is cut before it gives away what nobody holds money for', async () => {
    const { at, send } = await open(2_600n)
    at.state.upstream = () => events(stream(5000, { prompt_tokens: 1, completion_tokens: 5000 }))
    const text = await (await send(chat({ stream: true, max_tokens: 64_000 }))).text()
    await at.rest()
    expect(grows(at).length).toBeGreaterThan(1)
    const deltas = text.split(delta('x')).length - 1
    expect(text).toMatch(/data: \{"error":/)
    const amount = posts(at)[0]?.amount ?? 0n
    expect(amount).toBe((BigInt(deltas) * 15n + 9n) / 10n)
    expect(amount).toBeLessThanOrEqual(2_600n)
    // But for what the request may have been, which nobody has reported.
    expect(amount).toBeGreaterThan(1_800n)
  })

  it('what is reported at the end and was not foreseen is charged if the session has it', async () => {
    const { at, send } = await open()
    at.state.upstream = () =>
      events(delta('x') + stop + usageChunk({ prompt_tokens: 0, completion_tokens: 10_000 }) + done)
    await (await send(chat({ stream: true, max_tokens: 64_000 }))).text()
    await at.rest()
    expect(posts(at)).toMatchObject([{ amount: 15_000n }])
  })

  it('no hold grows above what the caller signed for', async () => {
    const { at, send } = await open()
    const refused = await send(chat({ stream: true, max_tokens: 64_000 }), { maxPrice: 1000n })
    expect(await problem(refused)).toEqual([402, 'price_above_maximum'])
    expect(at.seen).toEqual([])
  })
})

/** The same bytes, cut at these places. */
function inPieces(bytes: Uint8Array, cuts: readonly number[]): ReadableStream<Uint8Array> {
  const places = [0, ...cuts.toSorted((a, b) => a - b), bytes.length]
  let next = 0
  return new ReadableStream({
    pull(controller) {
      const [from, to] = [places[next], places[++next]]
      if (to === undefined) return controller.close()
      controller.enqueue(bytes.slice(from, to))
    },
  })
}

async function digestOf(text: string): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', encoder.encode(text)))
  return `sha-256=:${btoa(String.fromCharCode(...digest))}:`
}
