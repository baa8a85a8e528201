import * as Rate from '@pbstream/core/Rate'
import * as Usage from '@pbstream/core/Usage'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Metering, meter, SILENT_MS, STALLED_MS } from '../src/Meter.ts'
import { delta, done, encoder, stop, usageChunk, written } from './support/openai.ts'
import { START } from './support/world.ts'

/** 10 for a token out. */
const tokens = Rate.parse({
  v: 2,
  kind: 'card',
  components: [{ unit: 'output_token', price: { model: 'per_unit', amount: '10' } }],
  maximum: '1000000',
})
const perByte = Rate.parse({ v: 1, kind: 'metered', unit: 'byte', unitAmount: '10', per: '1', max: '100000' })
const perSecond = Rate.parse({ v: 1, kind: 'metered', unit: 'second', unitAmount: '100', per: '1', max: '100000' })

const prepared: Usage.Prepared = { rewritten: false, bounds: {}, stream: true, hides: true }
const chatReader = () =>
  Usage.reader(
    { kind: 'openai' },
    { contentType: 'text/event-stream', contentEncoding: null, header: () => null, prepared },
  ) as Usage.Reader

/** A stream that is metered; `room` is what its hold may grow by, and `asked` what it was to be. */
function metered(
  source: ReadableStream<Uint8Array>,
  more: Partial<Metering> & Pick<Metering, 'rule' | 'hold'>,
  room = 0n,
) {
  const clock = { now: START }
  const asked: bigint[] = []
  let left = room
  let { hold } = more
  const grow = async (to: bigint) => {
    asked.push(to)
    const step = to - hold < left ? to - hold : left
    left -= step
    return (hold += step)
  }
  const counts = { byte: Rate.counted(more.rule).has('byte'), second: Rate.counted(more.rule).has('second') }
  const now = () => clock.now
  const mark = async () => true
  const flow = meter(source, { terms: { at: START }, counts, now, mark, grow, ceiling: 1_000_000n, ...more })
  return { ...flow, clock, asked, held: () => hold }
}

const streamOf = (chunks: readonly Uint8Array[]) =>
  new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk)
      controller.close()
    },
  })

const text = async (readable: ReadableStream<Uint8Array>) => new Response(readable).text()

describe('a hold that grows', () => {
  it('doubles when half of it is used, before anything waits for it', async () => {
    const { readable, write, writer } = written()
    const { asked, ...flow } = metered(readable, { rule: tokens, hold: 100n, reader: chatReader() }, 10_000n)
    const reader = flow.readable.getReader()
    for (let i = 0; i < 5; i++) {
      write(delta('a'))
      await reader.read()
    }
    expect(asked).toEqual([])
    write(delta('a'))
    await reader.read()
    expect(asked).toEqual([15_626n])
    void writer.close()
    await reader.read()
    expect(await flow.used).toMatchObject({ amount: 60n, cause: 'end', source: 'counted' })
  })

  it('goes as far as there is room, and what it cannot pay for is not given away', async () => {
    const chunks = Array.from({ length: 50 }, () => encoder.encode(delta('a')))
    const flow = metered(streamOf(chunks), { rule: tokens, hold: 100n, reader: chatReader(), ceiling: 2_000n }, 70n)
    const passed = await text(flow.readable)
    expect(passed.split(delta('a')).length - 1).toBe(17)
    expect(passed.slice(17 * delta('a').length)).toMatch(/^data: \{"error":/)
    expect(await flow.used).toMatchObject({ amount: 170n, cause: 'cut', usage: { units: { output_token: 17n } } })
    expect(flow.held()).toBe(170n)
  })

  it('is asked for once more at the end, for what was reported and not foreseen', async () => {
    const answer = delta('a') + stop + usageChunk({ prompt_tokens: 0, completion_tokens: 90 }) + done
    const flow = metered(streamOf([encoder.encode(answer)]), { rule: tokens, hold: 100n, reader: chatReader() }, 5_000n)
    await text(flow.readable)
    expect(await flow.used).toMatchObject({ amount: 900n, source: 'reported' })
  })

  it('never grows above the ceiling, whatever is reported', async () => {
    const answer = delta('a').repeat(20) + stop + usageChunk({ prompt_tokens: 0, completion_tokens: 1e9 }) + done
    const more = { rule: tokens, hold: 300n, reader: chatReader(), ceiling: 400n }
    const flow = metered(streamOf([encoder.encode(answer)]), more, 5_000n)
    await text(flow.readable)
    expect(await flow.used).toMatchObject({ amount: 400n, usage: { units: { output_token: 40n } } })
    expect(flow.held()).toBe(400n)
  })

  it('pays for bytes to the last one', async () => {
    const flow = metered(streamOf([new Uint8Array(150)]), { rule: perByte, hold: 100n, ceiling: 5_000n }, 333n)
    const reader = flow.readable.getReader()
    expect((await reader.read()).value?.length).toBe(43)
    await expect(reader.read()).rejects.toThrow('used up')
    expect(await flow.used).toMatchObject({ amount: 430n, cause: 'cut' })
  })

  it('pays for time while nothing flows', async () => {
    const { readable, write, writer } = written()
    const flow = metered(readable, { rule: perSecond, hold: 1_000n, ceiling: 50_000n }, 50_000n)
    const reader = flow.readable.getReader()
    write('a')
    await reader.read()
    flow.clock.now += 6_000
    write('b')
    await reader.read()
    expect(flow.asked).toEqual([2_000n])
    flow.clock.now += 5_000
    void writer.close()
    await reader.read()
    expect(await flow.used).toMatchObject({ amount: 1_100n })
  })

  it('is never overdrawn, and charges no token that did not come, in any chunks and any room', async () => {
    const answer = Array.from({ length: 40 }, () => delta('ab')).join('') + stop + done
    const bytes = encoder.encode(answer)
    const cuts = fc.uniqueArray(fc.integer({ min: 1, max: bytes.length - 1 }), { maxLength: 60 })
    await fc.assert(
      fc.asyncProperty(
        cuts,
        fc.bigInt({ min: 1n, max: 300n }),
        fc.bigInt({ min: 0n, max: 600n }),
        async (at, hold, room) => {
          const places = [0, ...at.toSorted((a, b) => a - b), bytes.length]
          const chunks = places.slice(1).map((to, i) => bytes.slice(places[i], to))
          const flow = metered(streamOf(chunks), { rule: tokens, hold, reader: chatReader(), ceiling: 1_000n }, room)
          const passed = await text(flow.readable)
          const { amount, cause } = await flow.used
          const came = BigInt(passed.split('"content":"ab"').length - 1)
          expect(amount).toBeLessThanOrEqual(hold + room)
          expect(amount).toBeLessThanOrEqual(came * 10n)
          expect([passed === answer, passed.includes('"error"')]).toEqual([cause === 'end', cause === 'cut'])
        },
      ),
      { numRuns: 60 },
    )
  })
})

describe('a caller that takes nothing', () => {
  it('has left after two minutes: the upstream is let go', async () => {
    const { readable, write, writer } = written()
    const flow = metered(readable, { rule: tokens, hold: 1_000n, reader: chatReader() })
    write(delta('a'))
    write(delta('b'))
    const reader = flow.readable.getReader()
    await reader.read()
    // One turn of the event loop, so that the next piece waits for its reader.
    await new Promise((resolve) => setTimeout(resolve, 0))
    flow.clock.now += STALLED_MS
    // The clock is looked at once a second.
    expect(await flow.used).toMatchObject({ cause: 'left' })
    await expect(writer.closed).rejects.toBeUndefined()
  })

  it('that comes back in time has lost nothing', async () => {
    const { readable, write, writer } = written()
    const flow = metered(readable, { rule: tokens, hold: 1_000n, reader: chatReader() })
    write(delta('a'))
    write(delta('b'))
    const reader = flow.readable.getReader()
    await reader.read()
    await new Promise((resolve) => setTimeout(resolve, 0))
    flow.clock.now += STALLED_MS - 1
    await reader.read()
    void writer.close()
    expect((await reader.read()).done).toBe(true)
    expect(await flow.used).toMatchObject({ amount: 20n, cause: 'end' })
  })
})

describe('an upstream that sends nothing', () => {
  /** One that has sent three bytes. `looked`: once a second the clock is looked at, and the use marked now and then. */
  async function begun(more: Parameters<typeof metered>[1]) {
    const { readable, write, writer } = written()
    let marked = () => {}
    const mark = async () => (marked(), true)
    const flow = metered(readable, { ...more, mark })
    const looked = () => new Promise<void>((resolve) => (marked = resolve))
    const reader = flow.readable.getReader()
    const pass = async (part: string) => {
      write(part)
      await reader.read()
      // One turn of the event loop, so that the next piece is waited for.
      await new Promise((resolve) => setTimeout(resolve, 0))
    }
    await pass('abc')
    return { ...flow, writer, reader, pass, looked }
  }

  it('has broken off after five minutes: what came is charged, and nobody takes it for all', async () => {
    const flow = await begun({ rule: perByte, hold: 1_000n })
    flow.clock.now += SILENT_MS
    await expect(flow.reader.read()).rejects.toThrow()
    expect(await flow.used).toMatchObject({ amount: 30n, cause: 'broke' })
    await expect(flow.writer.closed).rejects.toBeUndefined()
  })

  it('that goes on in time has lost nothing', async () => {
    const flow = await begun({ rule: perByte, hold: 1_000n })
    for (let i = 0; i < 2; i++) {
      flow.clock.now += SILENT_MS - 1
      await flow.looked()
      await flow.pass('d')
    }
    void flow.writer.close()
    expect((await flow.reader.read()).done).toBe(true)
    expect(await flow.used).toMatchObject({ amount: 50n, cause: 'end' })
  })

  it('sold by the second is paid for, as long as its hold pays', async () => {
    const flow = await begun({ rule: perSecond, hold: 100_000n })
    flow.clock.now += SILENT_MS
    await flow.looked()
    void flow.writer.close()
    expect((await flow.reader.read()).done).toBe(true)
    expect(await flow.used).toMatchObject({ amount: 30_000n, cause: 'end' })
  })
})

describe('a caller that leaves before the end is said', () => {
  const started = async (more: Partial<Metering> = {}) => {
    const source = written()
    const flow = metered(source.readable, { rule: tokens, hold: 1_000n, reader: chatReader(), ...more })
    const reader = flow.readable.getReader()
    const pass = async (part: string) => {
      source.write(part)
      await reader.read()
    }
    return { ...source, flow, reader, pass }
  }

  it('pays what the answer used, when all of it was made', async () => {
    const { pass, reader, write, flow } = await started()
    await pass(delta('a') + stop)
    await reader.cancel()
    write(usageChunk({ prompt_tokens: 0, completion_tokens: 31 }))
    expect(await flow.used).toMatchObject({ amount: 310n, cause: 'left', source: 'reported' })
  })

  it('pays what came, when more was to be made: nobody reads on', async () => {
    const { pass, reader, writer, flow } = await started()
    await pass(delta('a'))
    await reader.cancel()
    await expect(writer.closed).rejects.toBeUndefined()
    expect(await flow.used).toMatchObject({ amount: 10n, cause: 'left', source: 'counted' })
  })

  it('is not waited for longer than the upstream lasts', async () => {
    const { pass, reader, writer, flow } = await started()
    await pass(delta('a') + stop)
    await reader.cancel()
    void writer.abort(new Error('broken'))
    expect(await flow.used).toMatchObject({ amount: 10n, cause: 'left' })
  })
})
