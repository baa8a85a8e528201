import { describe, expect, test } from 'vitest'
import { abuseFigures } from '../../scripts/anomaly/abuse.ts'
import { world } from '../support/abuse/Abuse.ts'
import { attackKinds } from '../support/abuse/Attacks.ts'
import { honestKinds } from '../support/abuse/Honest.ts'
import { END, START } from '../support/abuse/Payment.ts'
import { random } from '../support/abuse/Random.ts'

const small = { honest: 1, attacked: 1 }
/** Those with few payments. */
const light = ['traveller', 'phone'] as const

describe('seeded randomness', () => {
  test('the same seeds give the same numbers, others give others', () => {
    const draw = (...seed: number[]): number[] => Array.from({ length: 5 }, random(...seed).next)
    expect(draw(1, 2)).toEqual(draw(1, 2))
    expect(draw(1, 2)).not.toEqual(draw(2, 1))
    expect(draw(1)).not.toEqual(draw(1, 0))
  })

  test('distributions have the means that they say', () => {
    const r = random(5)
    const mean = (of: () => number): number =>
      Array.from({ length: 20_000 }, of).reduce((sum, each) => sum + each, 0) / 20_000
    expect(mean(() => r.normal())).toBeCloseTo(0, 1)
    expect(mean(() => r.poisson(3))).toBeCloseTo(3, 1)
    expect(mean(() => r.poisson(400)) / 400).toBeCloseTo(1, 2)
    expect(mean(() => r.exponential(2))).toBeCloseTo(2, 1)
    expect(mean(() => r.whole(1, 3))).toBeCloseTo(2, 1)
    expect(r.name(6)).toMatch(/^[0-9a-f]{6}$/)
  })
})

describe('the generated world', () => {
  test('is the same for the same seed and another for another', () => {
    const payments = (seed: number): unknown[] =>
      [...world(seed, small, light)].map(({ id, payments }) => [id, payments.length, payments[7]])
    expect(payments(1)).toEqual(payments(1))
    expect(payments(1)).not.toEqual(payments(2))
  })

  test('a key does not depend on how many others there are', () => {
    const find = (size: { honest: number; attacked: number }): unknown =>
      [...world(3, size, ['phone'])].find(({ id }) => id === 'drain-phone-0')?.payments
    expect(find({ honest: 0, attacked: 1 })).toEqual(find({ honest: 2, attacked: 2 }))
  })

  test('payments are in order of time and within it, of whole positive amounts; every kind pays', () => {
    const kinds = new Set<string>()
    for (const { kind, payments } of world(1, { honest: 1, attacked: 0 })) {
      if (payments.length > 20) kinds.add(kind)
      let last = START
      for (const { at, amount } of payments) {
        expect(at >= last && at < END && Number.isSafeInteger(amount) && amount > 0).toBe(true)
        last = at
      }
    }
    expect([...kinds]).toEqual([...honestKinds])
  })

  test('abuse is within the time that its label says, and there is some', () => {
    const kinds = new Set<string | undefined>()
    for (const { id, attack, payments, stolen } of world(2, small, light)) {
      kinds.add(attack?.kind)
      const abusive = payments.filter(stolen)
      if (attack === undefined) expect(abusive, id).toEqual([])
      else {
        expect(abusive.length, id).toBeGreaterThan(0)
        expect(
          abusive.every(({ at }) => at >= attack.from && at <= attack.to),
          id,
        ).toBe(true)
        expect(attack.from).toBeGreaterThan(START + 7 * 86_400_000)
      }
    }
    expect([...kinds]).toEqual([undefined, ...attackKinds])
  })
})

describe('what the watch finds in it', () => {
  test('fast abuse always and within minutes, and few honest keys', () => {
    const figures = abuseFigures(21, { honest: 4, attacked: 1 }, () => 0, ['traveller', 'phone', 'cron'])
    const { drain, burst, sharing } = figures.attacks
    expect([drain.recall, burst.recall]).toEqual([1, 1])
    expect(Math.max(drain.minutesMedian, burst.minutesMedian)).toBeLessThan(5)
    expect(sharing.recall).toBeGreaterThanOrEqual(0.9)
    expect(figures.falsePositives).toBeLessThanOrEqual(1)
    expect(figures.recall).toBeGreaterThan(0.7)
    expect([figures.keys, figures.honestKeys]).toEqual([27, 12])
  })
})
