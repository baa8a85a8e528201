/** What is kept of a key against a list of all that ever happened to it, in any order that the object can see. */
import * as Rule from '@pbstream/core/Rule'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

const START = Date.UTC(2026, 10, 23, 23, 30)
const MINUTE = 60_000
const DAY = 1_440 * MINUTE
const PARTS = { minute: 1_000, hour: MINUTE, day: 30 * MINUTE } as const
const COUNTS = { minute: 60, hour: 60, day: 48 } as const

const name = fc.constantFrom('a', 'b', 'c', 'd', 'x'.repeat(66), `${'x'.repeat(66)}y`)
/** The clock stands still, goes on by little or much, or back by a little: another isolate's charge, reported late. */
const step = fc.constantFrom(0, 0, 1, 999, 1_000, 40_000, 61 * MINUTE, 25 * 60 * MINUTE, 31 * DAY, -1, -5_000, -35_000)
const actions = fc.array(
  fc.record({
    what: fc.constantFrom('ask', 'ask', 'ask', 'refused', 'settle', 'settle', 'fail', 'restart'),
    step,
    which: fc.nat(),
    amount: fc.oneof(fc.bigInt({ min: 0n, max: 3_000n }), fc.bigInt({ min: 0n, max: 10n ** 24n })),
    part: fc.constantFrom(0n, 1n, 2n, 3n),
    isFree: fc.boolean(),
    route: name,
    payee: name,
    place: name,
    country: name,
  }),
  { maxLength: 40 },
)

type Made = Rule.Ask & { counted: bigint; isCall: boolean }

/** All events whose part is the newest time's, or one of the `most` before it. */
function within<T extends { at: number }>(
  all: readonly T[],
  now: number,
  part: number,
  most: number,
  newest = now,
): T[] {
  const last = Math.max(Math.floor(now / part), Math.floor(newest / part))
  return all.filter(({ at }) => Math.floor(at / part) >= last - most)
}

/** A feature by its definition, over everything that was granted. */
function expected(calls: readonly Made[], failures: readonly { at: number }[], ask: Rule.Ask): Record<string, unknown> {
  const newest = Math.max(0, ...calls.map(({ at }) => at))
  const found: Record<string, unknown> = {}
  for (const span of ['minute', 'hour', 'day'] as const) {
    const inside = within(calls, ask.at, PARTS[span], COUNTS[span], newest)
    found[`count.${span}`] = BigInt(inside.filter(({ isCall }) => isCall).length + 1)
    const sum = inside.reduce((all, { counted }) => all + counted, ask.amount)
    found[`sum.${span}`] = sum > (1n << 63n) - 1n ? (1n << 63n) - 1n : sum
  }
  const lastFailure = Math.max(0, ...failures.map(({ at }) => at))
  found['failures.hour'] = BigInt(within(failures, ask.at, MINUTE, 60, lastFailure).length)
  for (const [feature, of] of [
    ['routes', 'route'],
    ['payees', 'payee'],
    ['places', 'place'],
    ['countries', 'country'],
  ] as const) {
    const cut = (each: Rule.Ask): string => each[of].slice(0, 66)
    const today = new Set(within(calls, ask.at, 60 * MINUTE, 24, newest).map(cut))
    found[`distinct.${feature}`] = BigInt(today.add(cut(ask)).size)
    const known = new Set(within(calls, ask.at, DAY, 30, newest).map(cut))
    found[`new.${of}`] = calls.length > 0 && !known.has(cut(ask))
  }
  found['key.calls'] = BigInt(calls.length)
  return found
}

/** Of the last 30 days, by days; a day that was over when a call came is forgotten for good. */
function highest(calls: readonly Made[], now: number): bigint {
  const newest = Math.max(0, ...calls.map(({ at }) => at))
  const first = Math.floor(now / DAY) - 30
  const forgotten = Math.floor(newest / DAY) - 30
  return calls.reduce((high, { at, amount }) => {
    const day = Math.floor(at / DAY)
    return day >= first && day >= forgotten && amount > high ? amount : high
  }, 0n)
}

type Run = { state: Rule.KeyState; calls: Made[]; failures: { at: number }[]; log: Rule.LogEntry[] }

/** Does what the object does; `look` sees each call before it is granted. */
function play(
  all: readonly (typeof actions extends fc.Arbitrary<infer T> ? T : never)[number][],
  look: (view: Rule.View, run: Run) => void,
): Run {
  const run: Run = { state: new Rule.KeyState(), calls: [], failures: [], log: [] }
  let at = START
  for (const { what, step: by, which, amount, part, isFree, ...origin } of all) {
    at += by
    const { state, calls, log } = run
    if (what === 'ask' || what === 'refused') {
      const ask = { at, amount, ...origin }
      look(state.ask(ask), run)
      const { route, payee, place, country } = origin
      log.push([what === 'ask' ? 'g' : 'a', at, String(amount), route, payee, place, country])
      if (what === 'ask') {
        state.granted(ask)
        calls.push({ ...ask, counted: amount, isCall: true })
      }
    }
    const open = calls.filter(({ counted, amount: held, isCall }) => isCall && counted === held)
    const made = open[which % Math.max(1, open.length)]
    if (what === 'settle' && made !== undefined) {
      made.counted = (made.amount * part) / 3n
      made.isCall = made.counted > 0n || isFree
      state.settled(made, made.counted, made.isCall)
      log.push(['s', made.at, String(made.amount), String(made.counted), made.isCall ? 1 : 0])
    }
    if (what === 'fail') {
      state.failed(at)
      run.failures.push({ at })
      log.push(['f', at])
    }
    if (what === 'restart') run.state = new Rule.KeyState(JSON.parse(JSON.stringify(state)))
  }
  return run
}

const names = ['count.minute', 'count.hour', 'count.day', 'sum.minute', 'sum.hour', 'sum.day', 'failures.hour']
  .concat(['distinct.routes', 'distinct.payees', 'distinct.places', 'distinct.countries'])
  .concat(['new.route', 'new.payee', 'new.place', 'new.country', 'key.calls'])

describe('what is kept of a key', () => {
  test('is what a list of all its calls says: late reports, a clock that stands still, voids and restarts', () => {
    fc.assert(
      fc.property(actions, (all) => {
        play(all, (view, { calls, failures }) => {
          expect(Rule.inputs(names, view)).toEqual(expected(calls, failures, view.ask))
          expect(view.high).toBe(highest(calls, view.ask.at))
        })
      }),
      { numRuns: 400 },
    )
  })

  test('comes back from any snapshot and the entries of its log since then, to the last digit', () => {
    fc.assert(
      fc.property(actions, fc.nat(), (all, cut) => {
        const { state, log } = play(all, () => {})
        const from = cut % (log.length + 1)
        const early = new Rule.KeyState()
        for (const entry of log.slice(0, from)) early.apply(entry)
        const late = new Rule.KeyState(JSON.parse(JSON.stringify(early)))
        for (const entry of log.slice(from)) late.apply(JSON.parse(JSON.stringify(entry)))
        expect(JSON.stringify(late)).toBe(JSON.stringify(state))
      }),
      { numRuns: 200 },
    )
  })

  test('a free answer stays a call, one that failed does not', () => {
    const usual = { at: START, amount: 10n, route: 'r', payee: 'p', place: 'x', country: 'CH' }
    const state = new Rule.KeyState()
    for (let i = 0; i < 3; i++) state.granted(usual)
    state.settled(usual, 0n)
    expect(Rule.inputs(['count.minute', 'sum.minute'], state.ask(usual))).toEqual({
      'count.minute': 3n,
      'sum.minute': 30n,
    })
    state.settled(usual, 0n, true)
    expect(Rule.inputs(['count.minute', 'sum.minute'], state.ask(usual))).toEqual({
      'count.minute': 3n,
      'sum.minute': 20n,
    })
    state.settled(usual, 4n)
    expect(Rule.inputs(['count.minute', 'sum.minute'], state.ask(usual))).toEqual({
      'count.minute': 3n,
      'sum.minute': 14n,
    })
  })
})
