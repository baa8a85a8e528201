/** One call of a stand-alone server in time: marks, callers that leave, money that ends. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Grant } from '../../src/server/Deployment.ts'
import { Passage } from '../../src/server/Passage.ts'
import { parse, type Price } from '../../src/server/Price.ts'

type Done = ['capture' | 'mark', bigint] | ['void', boolean]
let done: Done[]
let alive: boolean
let failing: boolean
let lost: number

beforeEach(() => {
  vi.useFakeTimers()
  done = []
  alive = true
  failing = false
  lost = 0
})
afterEach(() => vi.useRealTimers())

function passage(price: Price): Passage {
  const terms = parse(price)
  const grant: Grant = {
    kind: 'granted',
    payer: '0xaa',
    session: 's',
    id: 'r',
    ceiling: terms.most,
    content: 'verified',
    headers: [['pbstream-room', 'x']],
    hold: {
      kind: 'captured',
      capture(amount) {
        done.push(['capture', amount])
        if (failing) return Promise.reject(new Error('away'))
        return Promise.resolve({ receipt: 'jws', headers: [['pbstream-receipt', 'jws']] })
      },
      void(isKnown) {
        done.push(['void', isKnown])
        return Promise.resolve()
      },
      mark(amount) {
        done.push(['mark', amount])
        return Promise.resolve(alive)
      },
    },
  }
  return new Passage(grant, terms, () => lost++)
}

const FLAT = '$0.002'
const METERED = { max: '$0.01' }

describe('an answer', () => {
  test('is charged once, whatever is said of it afterwards', async () => {
    const one = passage(FLAT)
    expect(await one.head(200)).toEqual({
      set: [
        ['pbstream-room', 'x'],
        ['pbstream-receipt', 'jws'],
      ],
      defaults: [['cache-control', 'private']],
    })
    expect(one.payment.receipt).toBe('jws')
    one.end()
    one.fail()
    one.leave()
    expect(await one.head(500)).toEqual({ set: [], defaults: [] })
    await vi.advanceTimersByTimeAsync(200_000)
    expect(done).toEqual([['capture', 2000n]])
  })

  test.each([199, 300, 304, 402, 404, 500])('of %s is not charged', async (status) => {
    const one = passage(FLAT)
    await one.head(status)
    one.end()
    expect(done).toEqual([['void', true]])
  })

  test('that is metered is charged at its end; an amount that is set, before its head', async () => {
    const one = passage(METERED)
    one.payment.meter(3)
    expect(one.head(200)).toEqual({ set: [['pbstream-room', 'x']], defaults: [['cache-control', 'private']] })
    one.payment.meter(4)
    expect(done).toEqual([])
    one.end()
    expect(() => one.payment.meter(1)).toThrow(/too late/)
    const two = passage(METERED)
    two.payment.charge('$0.005')
    await two.head(200)
    expect(done).toEqual([
      ['capture', 7n],
      ['capture', 5000n],
    ])
  })

  test('whose charge is lost after it left is said to be', async () => {
    failing = true
    const one = passage(METERED)
    one.payment.meter(3)
    void one.head(200)
    one.end()
    await one.done()
    expect(lost).toBe(1)
  })
})

describe('a caller that leaves before anything was answered', () => {
  test('pays for what is answered in the next 30 s', async () => {
    const one = passage(METERED)
    one.payment.meter(5)
    one.leave()
    await vi.advanceTimersByTimeAsync(29_000)
    one.payment.meter(6)
    void one.head(200)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(done.filter(([what]) => what !== 'mark')).toEqual([['capture', 11n]])
  })

  test('pays then for what was metered, if anything was', async () => {
    const one = passage(METERED)
    one.payment.meter(5)
    one.end()
    const two = passage(METERED)
    two.leave()
    const three = passage(FLAT)
    three.leave()
    await vi.advanceTimersByTimeAsync(30_000)
    expect(done.filter(([what]) => what !== 'mark')).toEqual([
      ['capture', 5n],
      ['void', false],
      ['void', false],
    ])
    void one.head(200)
    void three.head(200)
    await vi.advanceTimersByTimeAsync(200_000)
    expect(done.filter(([what]) => what !== 'mark')).toHaveLength(3)
  })
})

describe('a long answer', () => {
  test('is marked every 30 s, with what it has used since its head', async () => {
    const one = passage({ ...METERED, minimum: '2' })
    await vi.advanceTimersByTimeAsync(30_000)
    void one.head(200)
    one.payment.meter(70)
    await vi.advanceTimersByTimeAsync(60_000)
    one.end()
    await vi.advanceTimersByTimeAsync(200_000)
    expect(done).toEqual([
      ['mark', 0n],
      ['mark', 70n],
      ['mark', 70n],
      ['capture', 70n],
    ])
  })

  test('stops when its money has ended', async () => {
    const one = passage(METERED)
    const cut = vi.fn()
    one.onCut = cut
    void one.head(200)
    alive = false
    await vi.advanceTimersByTimeAsync(90_000)
    expect(cut).toHaveBeenCalledOnce()
    expect(done).toEqual([['mark', 0n]])
  })
})

test('a handler that throws is not charged', () => {
  const one = passage(FLAT)
  one.fail()
  void one.head(500)
  expect(done).toEqual([['void', true]])
})
