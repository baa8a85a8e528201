import * as Breaker from '@pbstream/core/Breaker'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

const options: Breaker.Options = { openMs: 1_000, maxOpenMs: 8_000, probes: 2, probeMs: 500, calmMs: 60_000 }
const { closed } = Breaker

/** Opened at 0. */
const open = Breaker.trip(closed, 0, { ...options, calmMs: 0 }, 'spent too much')

describe('a breaker', () => {
  test('lets everything through while it is closed', () => {
    expect(Breaker.phase(closed, 5, options)).toBe('closed')
    expect(Breaker.admit(closed, 5, options)).toEqual({ state: closed, isAllowed: true })
    expect(Breaker.opensUntil(closed, options)).toBe(0)
  })

  test('lets nothing through while it is open, and is half open when its time is over, with nobody having done anything', () => {
    expect(Breaker.phase(open, 999, options)).toBe('open')
    expect(Breaker.admit(open, 999, options)).toEqual({ state: open, isAllowed: false })
    expect(Breaker.phase(open, 1_000, options)).toBe('half-open')
    expect(Breaker.phase(open, -50, options), 'a clock that went back').toBe('open')
    expect(open.open?.cause).toBe('spent too much')
  })

  test('half open it gives out its probes and no more; good ones close it', () => {
    const first = Breaker.admit(open, 1_000, options)
    const second = Breaker.admit(first.state, 1_001, options)
    expect([first.probe, second.probe]).toEqual([1, 2])
    expect(Breaker.admit(second.state, 1_002, options)).toEqual({ state: second.state, isAllowed: false })
    const one = Breaker.answer(second.state, 1_100, options, 1, true)
    expect(Breaker.phase(one, 1_100, options)).toBe('half-open')
    expect(Breaker.admit(one, 1_100, options).isAllowed, 'one passed, one out: none left').toBe(false)
    expect(Breaker.answer(one, 1_200, options, 1, true), 'the same again').toBe(one)
    const both = Breaker.answer(one, 1_200, options, 2, true)
    expect(both).toEqual({ openings: 1, closedAt: 1_200, probes: 2 })
  })

  test('a bad probe opens it for twice as long, up to the most', () => {
    let state = open
    let now = 0
    const times: number[] = []
    for (let i = 0; i < 6; i++) {
      times.push(Breaker.opensUntil(state, options) - now)
      now = Breaker.opensUntil(state, options)
      const { state: probing, probe } = Breaker.admit(state, now, options)
      state = Breaker.answer(probing, now, options, probe!, false)
      expect(Breaker.phase(state, now, options)).toBe('open')
      expect(state.open?.cause).toBe('spent too much')
    }
    expect(times).toEqual([1_000, 2_000, 4_000, 8_000, 8_000, 8_000])
  })

  test('a probe that nobody answers lapses, and its late answer means nothing', () => {
    const { state: one } = Breaker.admit(open, 1_000, options)
    const { state: two } = Breaker.admit(one, 1_000, options)
    expect(Breaker.admit(two, 1_499, options).isAllowed).toBe(false)
    const third = Breaker.admit(two, 1_500, options)
    expect(third).toMatchObject({ isAllowed: true, probe: 3 })
    expect(Breaker.answer(third.state, 1_600, options, 1, false)).toBe(third.state)
    const reopened = Breaker.answer(third.state, 1_600, options, 3, false)
    const { state: later } = Breaker.admit(reopened, Breaker.opensUntil(reopened, options), options)
    expect(Breaker.answer(later, 9_000, options, 2, false), 'of the opening before').toBe(later)
  })

  test('an opening after calm is a first one, before calm it goes on where it was', () => {
    const before: Breaker.State = { openings: 3, closedAt: 10_000, probes: 0 }
    expect(Breaker.trip(before, 69_999, options, 'again').openings).toBe(4)
    expect(Breaker.trip(before, 70_000, options, 'again').openings).toBe(1)
  })

  test('while it is open another trip changes nothing, but may make it hold; half open it opens again', () => {
    expect(Breaker.trip(open, 500, options, 'more')).toBe(open)
    const held = Breaker.trip(open, 500, options, 'stolen key', true)
    expect(held.open).toMatchObject({ at: 0, cause: 'stolen key', holds: true })
    expect(Breaker.trip(held, 600, options, 'more', true)).toBe(held)
    expect(Breaker.trip(open, 1_000, options, 'more')).toMatchObject({
      openings: 2,
      open: { at: 1_000, cause: 'more' },
    })
  })

  test('what holds is left only by a person with a reason', () => {
    const held = Breaker.trip(closed, 0, options, 'stolen key', true)
    expect(Breaker.opensUntil(held, options)).toBe(Infinity)
    expect(Breaker.phase(held, 10 ** 15, options)).toBe('open')
    expect(Breaker.admit(held, 10 ** 15, options).isAllowed).toBe(false)
    expect(Breaker.answer(held, 10 ** 15, options, 1, true)).toBe(held)
    for (const reason of ['', '  ']) {
      expect(() => Breaker.release(held, 5, reason)).toThrow(new RangeError('breaker: closing it needs a reason'))
    }
    expect(Breaker.release(held, 5, 'it was me')).toEqual({ openings: 0, closedAt: 5, probes: 0 })
  })

  test('a probe that was out when it was made to hold does not close it', () => {
    const probing = Breaker.admit(open, 1_000, options)
    const reopened = Breaker.trip(probing.state, 1_001, options, 'frozen', true)
    expect(Breaker.answer(reopened, 1_002, options, probing.probe!, true)).toBe(reopened)
  })
})

type Act = { kind: 'admit' | 'trip' | 'hold' | 'release' | 'good' | 'bad'; wait: number; pick: number }

const acts = fc.array(
  fc.record({
    kind: fc.constantFrom<Act['kind']>('admit', 'admit', 'admit', 'trip', 'hold', 'release', 'good', 'good', 'bad'),
    wait: fc.constantFrom(0, 1, 499, 500, 1_000, 8_000, 60_000),
    pick: fc.nat(),
  }),
  { maxLength: 60 },
)

describe('against a model', () => {
  test('never more probes at a time than allowed, only live ones decide, and the state is plain JSON of bounded size', () => {
    fc.assert(
      fc.property(acts, (all) => {
        let state = closed
        let now = 1_000_000
        let held = false
        /** Probes of this opening that were given out and neither answered nor lapsed. */
        let live: { probe: number; at: number }[] = []
        let passed = 0
        const given: number[] = []
        for (const { kind, wait, pick } of all) {
          now += wait
          live = live.filter(({ at }) => now < at + options.probeMs)
          const before = Breaker.phase(state, now, options)
          if (held) expect(before).toBe('open')
          switch (kind) {
            case 'admit': {
              const admission = Breaker.admit(state, now, options)
              const expected = before === 'closed' || (before === 'half-open' && live.length + passed < options.probes)
              expect(admission.isAllowed).toBe(expected)
              expect(admission.probe !== undefined).toBe(expected && before === 'half-open')
              if (admission.probe !== undefined) {
                expect(given).not.toContain(admission.probe)
                given.push(admission.probe)
                live.push({ probe: admission.probe, at: now })
              }
              state = admission.state
              break
            }
            case 'trip':
            case 'hold':
              state = Breaker.trip(state, now, options, kind, kind === 'hold')
              expect(Breaker.phase(state, now, options)).toBe('open')
              held ||= kind === 'hold'
              if (before !== 'open') [live, passed] = [[], 0]
              break
            case 'release':
              state = Breaker.release(state, now, 'looked at it')
              expect(Breaker.phase(state, now, options)).toBe('closed')
              ;[held, live, passed] = [false, [], 0]
              break
            default: {
              const probe = given[pick % Math.max(1, given.length)] ?? 99
              const isLive = live.some((each) => each.probe === probe)
              // One that lapsed but whose place nobody took may still answer.
              if (!isLive && state.open?.probing.some(([number]) => number === probe) === true) break
              const next = Breaker.answer(state, now, options, probe, kind === 'good')
              if (!isLive) expect(next).toBe(state)
              else if (kind === 'bad') {
                expect(Breaker.phase(next, now, options)).toBe('open')
                ;[live, passed] = [[], 0]
              } else {
                passed++
                live = live.filter((each) => each.probe !== probe)
                expect(Breaker.phase(next, now, options)).toBe(passed === options.probes ? 'closed' : 'half-open')
                if (passed === options.probes) [live, passed] = [[], 0]
              }
              state = next
            }
          }
          state = JSON.parse(JSON.stringify(state)) as Breaker.State
          expect(JSON.stringify(state).length).toBeLessThan(300)
        }
      }),
      { numRuns: 500 },
    )
  })
})

describe('judgements', () => {
  const money: Breaker.MoneyOptions = { badFrom: 1_000, goodUpTo: 500 }
  test.each<[spent: bigint, budget: bigint, judgement: Breaker.Judgement]>([
    [0n, 100n, 'good'],
    [50n, 100n, 'good'],
    [51n, 100n, 'between'],
    [99n, 100n, 'between'],
    [100n, 100n, 'bad'],
    [10n ** 38n, 10n ** 38n - 1n, 'bad'],
    [0n, 0n, 'good'],
    [1n, 0n, 'bad'],
  ])('%d spent of a budget of %d: %s', (spent, budget, judgement) => {
    expect(Breaker.money(spent, budget, money)).toBe(judgement)
  })

  const health: Breaker.HealthOptions = { volume: 10, badFrom: 500, goodUpTo: 100 }
  test.each<[calls: number, failures: number, judgement: Breaker.Judgement]>([
    [0, 0, 'between'],
    [9, 9, 'between'],
    [10, 5, 'bad'],
    [10, 4, 'between'],
    [10, 2, 'between'],
    [10, 1, 'good'],
    [1_000, 100, 'good'],
    [1_000, 101, 'between'],
    [1_000, 499, 'between'],
  ])('%d calls, %d failed: %s', (calls, failures, judgement) => {
    expect(Breaker.health(calls, failures, health)).toBe(judgement)
  })

  test('no volume asked for: no calls still say nothing', () => {
    expect(Breaker.health(0, 0, { ...health, volume: 0 })).toBe('between')
  })

  test('a measure that hovers around the line that opens does not close it in turn', () => {
    fc.assert(
      fc.property(fc.array(fc.bigInt({ min: 90n, max: 110n }), { maxLength: 40 }), (measures) => {
        let state = closed
        let changes = 0
        for (const [i, spent] of measures.entries()) {
          const now = 1_000_000 + i * 10_000
          const judgement = Breaker.money(spent, 100n, money)
          const before = Breaker.phase(state, now, options)
          if (judgement === 'bad') state = Breaker.trip(state, now, options, 'money')
          const { probe, state: next } = Breaker.admit(state, now, options)
          state = probe === undefined ? next : Breaker.answer(next, now, options, probe, judgement === 'good')
          if ((before === 'closed') !== (Breaker.phase(state, now, options) === 'closed')) changes++
        }
        expect(changes).toBeLessThanOrEqual(1)
      }),
      { numRuns: 200 },
    )
  })
})
