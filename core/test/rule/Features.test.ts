import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as Rule from '@pbstream/core/Rule'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

const NOON = Date.UTC(2026, 10, 23, 12)

const usual: Rule.Ask = { at: NOON, amount: 1_000n, route: 'r', payee: 'p', place: 'home', country: 'CH' }
const view = (ask: Partial<Rule.Ask> = {}): Rule.View => new Rule.KeyState().ask({ ...usual, ...ask })

describe('features', () => {
  test('each is in the README, with its type and unit', () => {
    const readme = readFileSync(join(import.meta.dirname, '../../src/rule/README.md'), 'utf8')
    for (const [name, { type, unit, from, about }] of Object.entries(Rule.features)) {
      expect(readme).toContain(`| \`${name}\` | ${type} | ${unit} | ${from} | ${about} |`)
    }
  })

  test('each has a value of its type for any call, a first one too', () => {
    const all = Rule.inputs(Object.keys(Rule.features), view())
    for (const [name, { type }] of Object.entries(Rule.features)) {
      expect(typeof all[name], name).toBe({ int: 'bigint', bool: 'boolean', string: 'string' }[type])
    }
    expect(Object.keys(Rule.inputs(['amount', 'toString', 'list.x'], view()))).toEqual(['amount'])
  })

  test('numbers fit into a formula, whatever the amounts', () => {
    const most = (1n << 128n) - 1n
    const state = new Rule.KeyState()
    for (let i = 0; i < 5; i++) state.granted({ ...usual, amount: most })
    const ask = { ...usual, amount: most, balance: { left: most, of: 1n } }
    for (const value of Object.values(Rule.inputs(Object.keys(Rule.features), state.ask(ask)))) {
      if (typeof value === 'bigint') expect(value < 1n << 63n && value > -(1n << 63n)).toBe(true)
    }
  })

  test('what is divided by next to nothing is as large as can be', () => {
    const usualState = new Rule.KeyState()
    usualState.granted(usual)
    const tiny = new Rule.KeyState({ ...usualState.toJSON(), average: [5e-324, 0] })
    expect(Rule.inputs(['ratio.average'], tiny.ask(usual))).toEqual({ 'ratio.average': (1n << 63n) - 1n })
  })

  test.each<[at: string, hour: bigint, weekday: bigint]>([
    ['2026-11-23T00:00:00Z', 0n, 1n],
    ['2026-11-22T23:59:59Z', 23n, 7n],
    ['1970-01-01T12:00:00Z', 12n, 4n],
  ])('hour and day of the week of %s', (at, hour, weekday) => {
    expect(Rule.inputs(['at.hour', 'at.weekday'], view({ at: Date.parse(at) }))).toEqual({
      'at.hour': hour,
      'at.weekday': weekday,
    })
  })

  test('of the balance, and how fast it goes', () => {
    const names = ['balance.known', 'balance.left', 'balance.share', 'drain.hour']
    expect(Rule.inputs(names, view())).toEqual({
      'balance.known': false,
      'balance.left': 0n,
      'balance.share': 0n,
      'drain.hour': 0n,
    })
    const state = new Rule.KeyState()
    state.granted({ ...usual, at: NOON - 60_000, amount: 500n })
    // 2,000 an hour ago; 500 went, and 1,000 go now.
    const balance = { left: 1_500n, of: 10_000n }
    expect(Rule.inputs(names, state.ask({ ...usual, balance }))).toEqual({
      'balance.known': true,
      'balance.left': 1_500n,
      'balance.share': 150n,
      'drain.hour': 750n,
    })
  })

  test('of its own average', () => {
    const state = new Rule.KeyState()
    const names = ['key.calls', 'key.average', 'ratio.average', 'z.amount', 'key.hours']
    const ask = (amount: bigint): unknown => Rule.inputs(names, state.ask({ ...usual, at: NOON + 7_200_000, amount }))
    const found = (calls: bigint, average: bigint, ratio: bigint, z: bigint, hours: bigint): unknown => ({
      'key.calls': calls,
      'key.average': average,
      'ratio.average': ratio,
      'z.amount': z,
      'key.hours': hours,
    })
    expect(ask(100n)).toEqual(found(0n, 0n, 0n, 0n, 0n))
    state.granted({ ...usual, amount: 100n })
    expect(ask(1_000n)).toEqual(found(1n, 100n, 10_000n, 0n, 2n))
    state.granted({ ...usual, amount: 100n })
    expect(ask(101n), 'never strayed').toEqual(found(2n, 100n, 1_010n, 1_000_000n, 2n))
    expect(ask(100n)).toEqual(found(2n, 100n, 1_000n, 0n, 2n))
    state.granted({ ...usual, amount: 100n })
    state.granted({ ...usual, amount: 500n })
    expect(ask(200n + 2n * 173n)).toEqual(found(4n, 200n, 2_730n, 1_997n, 2n))
    expect(ask(0n)).toMatchObject({ 'z.amount': -1_154n })
  })

  test('of the highest amount in 30 days', () => {
    const state = new Rule.KeyState()
    const DAY = 86_400_000
    const ratio = (at: number): unknown =>
      Rule.inputs(['ratio.high'], state.ask({ ...usual, at, amount: 300n }))['ratio.high']
    expect(ratio(NOON)).toBe(0n)
    state.granted({ ...usual, amount: 200n })
    state.granted({ ...usual, amount: 100n })
    expect(ratio(NOON)).toBe(1_500n)
    state.granted({ ...usual, at: NOON + 20 * DAY, amount: 50n })
    expect(ratio(NOON + 30 * DAY)).toBe(1_500n)
    expect(ratio(NOON + 31 * DAY), 'the highest is too long ago').toBe(6_000n)
    state.granted({ ...usual, at: NOON + 31 * DAY, amount: 1n })
    expect(state.toJSON().highs.map(([, amount]) => amount)).toEqual(['50', '1'])
  })

  test('counts and sums are those of brute force: granted calls at their times, charges as they came to, and this call', () => {
    const event = fc.record({
      wait: fc.constantFrom(0, 500, 20_000, 1_500_000, 40_000_000),
      amount: fc.bigInt({ min: 1n, max: 10n ** 18n }),
      end: fc.constantFrom('all', 'half', 'void', 'open'),
    })
    const parts = { minute: [60_000, 60], hour: [3_600_000, 60], day: [86_400_000, 48] } as const
    fc.assert(
      fc.property(fc.array(event, { maxLength: 40 }), (events) => {
        const state = new Rule.KeyState()
        const counted: { at: number; amount: bigint }[] = []
        let at = NOON
        for (const { wait, amount, end } of events) {
          at += wait
          const ask = { ...usual, at, amount }
          const seen = Rule.inputs(
            ['minute', 'hour', 'day'].flatMap((span) => [`count.${span}`, `sum.${span}`]),
            state.ask(ask),
          )
          for (const [span, [length, cut]] of Object.entries(parts)) {
            const part = (time: number): number => Math.floor(time / (length / cut))
            const within = counted.filter((each) => part(each.at) >= part(at) - cut)
            expect(seen[`count.${span}`]).toBe(BigInt(within.length + 1))
            const sum = within.reduce((all, each) => all + each.amount, amount)
            expect(seen[`sum.${span}`]).toBe(sum)
          }
          state.granted(ask)
          if (end === 'half') state.settled(ask, amount / 2n + 1n)
          if (end === 'void') state.settled(ask, 0n)
          if (end !== 'void') counted.push({ at, amount: end === 'half' ? amount / 2n + 1n : amount })
        }
      }),
      { numRuns: 100 },
    )
  })

  test('what is new, how many there are, and failures', () => {
    const state = new Rule.KeyState()
    const names = [
      'new.country',
      'new.place',
      'new.payee',
      'new.route',
      'distinct.countries',
      'distinct.places',
      'failures.hour',
    ]
    const ask = (more: Partial<Rule.Ask>): unknown[] =>
      Object.values(Rule.inputs(names, state.ask({ ...usual, ...more })))
    expect(ask({}), 'of a first call nothing is new').toEqual([false, false, false, false, 1n, 1n, 0n])
    state.granted(usual)
    state.failed(NOON)
    expect(ask({})).toEqual([false, false, false, false, 1n, 1n, 1n])
    expect(ask({ country: 'US', place: 'far' })).toEqual([true, true, false, false, 2n, 2n, 1n])
    expect(ask({ country: 'US', place: 'far' }), 'asking is not being granted').toEqual([
      true,
      true,
      false,
      false,
      2n,
      2n,
      1n,
    ])
    expect(ask({ payee: 'q', route: 's' })).toEqual([false, false, true, true, 1n, 1n, 1n])
    const month = 31 * 86_400_000
    expect(ask({ at: NOON + month }), 'not seen for more than 30 days').toEqual([true, true, true, true, 1n, 1n, 0n])
  })
})

describe('the state of a key', () => {
  const asks = fc.array(
    fc.record({
      at: fc.integer({ min: 0, max: 3_000_000 }),
      amount: fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }),
      route: fc.string({ maxLength: 100 }),
      payee: fc.constantFrom('p', 'q'),
      place: fc.string({ maxLength: 100 }),
      country: fc.constantFrom('CH', 'US', ''),
    }),
    { maxLength: 60 },
  )

  test('goes on from its JSON as if nothing had been', () => {
    const names = Object.keys(Rule.features)
    fc.assert(
      fc.property(asks, fc.nat(60), (all, cut) => {
        let at = NOON
        const run = (state: Rule.KeyState, part: Rule.Ask[]): unknown[] =>
          part.map((each) => {
            const seen = Rule.inputs(names, state.ask(each))
            state.granted(each)
            return seen
          })
        const timed = all.map((each) => ({ ...each, at: (at += each.at) }))
        const state = new Rule.KeyState()
        run(state, timed.slice(0, cut))
        const restored = new Rule.KeyState(JSON.parse(JSON.stringify(state)) as Rule.KeyStateJson)
        expect(run(restored, timed.slice(cut))).toEqual(run(state, timed.slice(cut)))
      }),
      { numRuns: 60 },
    )
  })

  test('is of bounded size: 5,000 calls of all kinds of names and amounts', () => {
    const state = new Rule.KeyState()
    for (let i = 0; i < 5_000; i++) {
      const name = `${i}`.padEnd(500, 'x')
      const ask = { at: NOON + i * 17_000, amount: 1n << 120n, route: name, payee: name, place: name, country: name }
      state.ask(ask)
      state.granted(ask)
      state.failed(ask.at)
    }
    expect(JSON.stringify(state).length).toBeLessThan(80_000)
  })
})
