import * as Anomaly from '@pbstream/core/Anomaly'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { random } from '../support/abuse/Random.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

const usual = { payee: 'seller', place: 'home', country: 'CH' }

function charge(at: number, amount: number, from: Partial<Anomaly.Charge> = {}): Anomaly.Charge {
  return { at, amount: BigInt(Math.round(amount)), ...usual, ...from }
}

/** So many days of calls that come by chance, ten an hour, of about 1,000 each. */
function days(count: number, seed = 1, from = 0): Anomaly.Charge[] {
  const r = random(seed)
  const charges: Anomaly.Charge[] = []
  for (let at = from; at < from + count * DAY; at += r.exponential(6 * MINUTE))
    charges.push(charge(Math.floor(at), 1_000 * r.lognormal(0.3)))
  return charges
}

function verdicts(charges: readonly Anomaly.Charge[], watch = new Anomaly.Watch()): Anomaly.Verdict[] {
  return charges.map((each) => watch.observe(each))
}

/** One that has seen eight usual days. */
function taught(seed = 1): Anomaly.Watch {
  const watch = new Anomaly.Watch()
  verdicts(days(8, seed), watch)
  return watch
}

const copy = (watch: Anomaly.Watch): Anomaly.Watch =>
  new Anomaly.Watch(JSON.parse(JSON.stringify(watch)) as Anomaly.WatchState)
const alarms = (all: readonly Anomaly.Verdict[]): number =>
  all.filter(({ score }) => score >= Anomaly.WATCH_ALARM).length

/** Any charges in order of time, or nearly: names that repeat and names that are long, amounts up to uint128. */
const wild: fc.Arbitrary<Anomaly.Charge[]> = fc
  .array(
    fc.record({
      at: fc.oneof(fc.integer({ min: 0, max: 10 * MINUTE }), fc.integer({ min: -MINUTE, max: 3 * DAY })),
      amount: fc.oneof(fc.bigInt({ min: 0n, max: 10_000n }), fc.bigInt({ min: 0n, max: (1n << 128n) - 1n })),
      payee: fc.oneof(fc.constantFrom('a', 'b', 'c'), fc.string({ maxLength: 300 })),
      place: fc.oneof(fc.constantFrom('a', 'b', 'c'), fc.string({ maxLength: 300 })),
      country: fc.constantFrom('CH', 'CN', 'US'),
    }),
    { minLength: 1, maxLength: 120 },
  )
  .map((steps) => {
    let at = 1_788_000_000_000
    return steps.map((step) => ({ ...step, at: (at += step.at) }))
  })

describe('whatever charges come', () => {
  test('scores are in [0, 1), signs are finite and not negative, a prefix has the same, a restored watch goes on the same', () => {
    fc.assert(
      fc.property(wild, fc.nat(120), (charges, cut) => {
        const all = verdicts(charges)
        for (const { score, signs } of all) {
          expect(score >= 0 && score < 1).toBe(true)
          expect(Object.values(signs).every((sign) => Number.isFinite(sign) && sign >= 0)).toBe(true)
        }
        const watch = new Anomaly.Watch()
        expect(verdicts(charges.slice(0, cut), watch)).toEqual(all.slice(0, cut))
        expect(verdicts(charges.slice(cut), copy(watch))).toEqual(all.slice(cut))
      }),
      { numRuns: 100 },
    )
  })

  test('a restored watch goes on the same for a key that it knows, sign by sign', () => {
    const watch = taught()
    const restored = copy(watch)
    const r = random(8)
    const more = Array.from({ length: 300 }, (_, i) => {
      const from = { payee: r.pick(['seller', 'x']), place: r.pick(['home', 'far']), country: r.pick(['CH', 'US']) }
      return charge(8 * DAY + i * r.whole(1, 5) * MINUTE, 1_000 * r.lognormal(1), from)
    }).toSorted((a, b) => a.at - b.at)
    expect(verdicts(more, restored)).toEqual(verdicts(more, watch))
    expect(restored.toJSON()).toEqual(watch.toJSON())
  })

  test('the state does not grow: ever new sellers, networks and countries with long names', () => {
    const watch = new Anomaly.Watch()
    for (let i = 0; i < 5_000; i++) {
      const name = `${i}`.padEnd(500, 'x')
      watch.observe(charge(i * MINUTE, i, { payee: name, place: name, country: name }))
    }
    expect(JSON.stringify(watch).length).toBeLessThan(24_000)
  })

  test('a new key is not judged: four days and twenty charges', () => {
    const attack = (at: number): Anomaly.Charge[] =>
      Array.from({ length: 500 }, (_, i) => charge(at + i * 100, 10 ** 9))
    expect(verdicts([...days(3.9), ...attack(3.9 * DAY)]).every(({ score }) => score === 0)).toBe(true)
    expect(
      verdicts(Array.from({ length: 19 }, (_, i) => charge(i * DAY, 10 ** i))).every(({ score }) => score === 0),
    ).toBe(true)
  })
})

describe('usual traffic', () => {
  test('a third week like the two before it is no alarm, for 20 keys', () => {
    const alarmed = Array.from({ length: 20 }, (_, seed) => alarms(verdicts(days(14, seed)))).filter(
      (count) => count > 0,
    )
    expect(alarmed).toEqual([])
  })

  test.each<[string, (watch: Anomaly.Watch) => Anomaly.Verdict[]]>([
    [
      'less of it',
      (watch) =>
        verdicts(
          days(1, 2, 8 * DAY).filter((_, i) => i % 5 === 0),
          watch,
        ),
    ],
    ['nothing for a week, then the same', (watch) => verdicts(days(2, 2, 15 * DAY), watch)],
    [
      'prices that fall to a tenth',
      (watch) =>
        verdicts(
          days(2, 2, 8 * DAY).map((each) => ({ ...each, amount: each.amount / 10n })),
          watch,
        ),
    ],
    [
      'prices a third higher',
      (watch) =>
        verdicts(
          days(2, 2, 8 * DAY).map((each) => ({ ...each, amount: (each.amount * 4n) / 3n })),
          watch,
        ),
    ],
    [
      'a move to another network and country',
      (watch) =>
        verdicts(
          days(2, 2, 8 * DAY).map((each) => ({ ...each, place: 'new', country: 'AT' })),
          watch,
        ),
    ],
    [
      'one more seller',
      (watch) =>
        verdicts(
          days(2, 2, 8 * DAY).map((each, i) => ({ ...each, payee: i % 3 === 0 ? 'other' : 'seller' })),
          watch,
        ),
    ],
    [
      'twice the traffic for an hour',
      (watch) =>
        verdicts(
          [...days(1 / 24, 2, 8 * DAY), ...days(1 / 24, 3, 8 * DAY)].toSorted((a, b) => a.at - b.at),
          watch,
        ),
    ],
  ])('%s is no alarm', (_, more) => {
    expect(alarms(more(taught()))).toBe(0)
  })
})

describe('abuse', () => {
  const from = 8 * DAY
  test.each<[string, Anomaly.Sign, Anomaly.Charge[]]>([
    ['a hundred calls in ten minutes', 'pace', Array.from({ length: 100 }, (_, i) => charge(from + i * 6_000, 1_000))],
    [
      'some calls at twenty times the price',
      'pace',
      Array.from({ length: 20 }, (_, i) => charge(from + i * 30_000, 20_000)),
    ],
    [
      'twice the price, at the usual pace',
      'price',
      days(1, 2, from).map((each) => ({ ...each, amount: each.amount * 2n })),
    ],
    [
      'a second hand in another country',
      'country',
      days(1, 2, from).map((each, i) => (i % 3 === 0 ? { ...each, country: 'US' } : each)),
    ],
    [
      'a second hand in another network',
      'place',
      days(1, 2, from).map((each, i) => (i % 3 === 0 ? { ...each, place: 'far' } : each)),
    ],
    [
      'the key in ten hands',
      'place',
      days(1, 2, from).map((each, i) => ({ ...each, place: i % 2 === 0 ? 'home' : `hand-${i % 10}` })),
    ],
  ])('%s: %s', (_, sign, charges) => {
    const all = verdicts(charges, taught())
    const alarm = all.find(({ score }) => score >= Anomaly.WATCH_ALARM)
    expect(alarm).toBeDefined()
    const greatest = Anomaly.signs.reduce((a, b) => (alarm!.signs[b] > alarm!.signs[a] ? b : a))
    expect(greatest).toBe(sign)
  })

  test('a little more while its owner sleeps adds up to an alarm', () => {
    const awake = (each: Anomaly.Charge): boolean => each.at % DAY > 8 * HOUR
    const watch = new Anomaly.Watch()
    expect(alarms(verdicts(days(10).filter(awake), watch))).toBe(0)
    const thief = days(2, 5, 10 * DAY).filter((each) => !awake(each))
    const all = verdicts(
      [...days(2, 2, 10 * DAY).filter(awake), ...thief].toSorted((a, b) => a.at - b.at),
      watch,
    )
    expect(all.find(({ score }) => score >= Anomaly.WATCH_ALARM)?.signs.rhythm).toBeGreaterThan(0.9)
  })

  test('a second hand on a timer is off the beat within a day or so', () => {
    const r = random(9)
    const timer = (from: number, to: number): Anomaly.Charge[] =>
      Array.from({ length: Math.floor((to - from) / (10 * MINUTE)) }, (_, i) =>
        charge(from + i * 10 * MINUTE + Math.floor(r.normal() * 2_000), 1_000),
      )
    const watch = new Anomaly.Watch()
    expect(alarms(verdicts(timer(0, 8 * DAY), watch))).toBe(0)
    const thief = timer(from, from + 1.5 * DAY).map((each) => ({
      ...each,
      at: each.at + Math.floor(r.between(100, 500)) * 1_000,
    }))
    const mixed = [...timer(from, from + 1.5 * DAY), ...thief.filter((_, i) => i % 4 === 0)].toSorted(
      (a, b) => a.at - b.at,
    )
    expect(verdicts(mixed, watch).find(({ score }) => score >= Anomaly.WATCH_ALARM)?.signs.beat).toBeGreaterThan(0.9)
  })
})

describe('who would teach it', () => {
  /** Every ten minutes as much as passes without an alarm, tried on copies: it knows the whole state. */
  function greedy(watch: Anomaly.Watch, from: number, to: number): number[] {
    const perDay: number[] = []
    for (let at = from; at < to; at += 20 * MINUTE) {
      const passes = (amount: number): boolean => copy(watch).observe(charge(at, amount)).score < Anomaly.WATCH_ALARM
      let [low, high] = [0, 1_000_000]
      while (high - low > 0.05 * high) {
        const middle = (low + high) / 2
        if (passes(middle)) low = middle
        else high = middle
      }
      const day = Math.floor((at - from) / DAY)
      perDay[day] = (perDay[day] ?? 0) + low
      watch.observe(charge(at, low))
    }
    return perDay
  }

  test('cannot spend more in a day than two and a half times the usual, by a quarter more each day that it takes', () => {
    const watch = taught()
    const usualDay = days(8).reduce((sum, { amount }) => sum + Number(amount), 0) / 8
    for (const [day, spent] of greedy(watch, 8 * DAY, 12 * DAY).entries()) {
      // The sum over a day fades, so what fits into a calendar day is up to e / (e − 1) times it, and its ceiling is of the best day.
      expect(spent / usualDay, `day ${day}`).toBeLessThan(1.9 * 2.5 * 1.25 ** (day + 1))
    }
  })

  test('who waits earns no growth: a jump after a month of silence does not make the next one usual', () => {
    const watch = taught()
    const jump = (at: number): number => watch.observe(charge(at, 100_000)).score
    expect(jump(38 * DAY)).toBeGreaterThan(Anomaly.WATCH_ALARM)
    expect(jump(40 * DAY)).toBeGreaterThan(Anomaly.WATCH_ALARM)
  })

  test('an alarm of yesterday does not excuse the same today', () => {
    const watch = taught()
    const drain = (from: number): Anomaly.Charge[] =>
      Array.from({ length: 200 }, (_, i) => charge(from + i * 1_000, 3_000))
    expect(alarms(verdicts(drain(8 * DAY), watch))).toBeGreaterThan(0)
    verdicts(days(1, 4, 8 * DAY + HOUR), watch)
    expect(alarms(verdicts(drain(9 * DAY + 2 * HOUR), watch))).toBeGreaterThan(0)
  })
})
