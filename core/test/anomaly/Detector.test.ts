import * as Anomaly from '@pbstream/core/Anomaly'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { random } from '../support/abuse/Random.ts'

const FIVE_MINUTES = 300_000
const DAY = 288

type Point = [at: number, value: number]

function scores(points: readonly Point[], detector = new Anomaly.Detector()): number[] {
  return points.map(([at, value]) => detector.observe(at, value))
}

/** A stream of so many points, five minutes apart. */
function stream(length: number, value: (i: number) => number): Point[] {
  return Array.from({ length }, (_, i): Point => [i * FIVE_MINUTES, value(i)])
}

function noise(seed: number): () => number {
  const r = random(seed)
  return () => r.normal()
}

/** Any finite numbers, a tenth of them extreme, repeated so that a run is long enough for every part of the detector. */
const wild: fc.Arbitrary<Point[]> = fc
  .array(
    fc.tuple(
      fc.integer({ min: -(2 ** 45), max: 2 ** 45 }),
      fc.oneof(
        { weight: 8, arbitrary: fc.double({ min: -1e6, max: 1e6, noNaN: true }) },
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.constantFrom(Number.MAX_VALUE, -Number.MAX_VALUE, Number.MIN_VALUE, 0, -0, 1e100),
      ),
    ),
    { minLength: 1, maxLength: 60 },
  )
  .map((points) => Array.from({ length: 600 }, (_, i) => points[(i * i) % points.length]!))

describe('whatever finite numbers come', () => {
  test('scores are in [0, 1], the same each time, and a prefix has the same scores', () => {
    fc.assert(
      fc.property(wild, fc.nat(599), (points, cut) => {
        const all = scores(points)
        expect(all.every((score) => score >= 0 && score <= 1)).toBe(true)
        expect(scores(points.slice(0, cut))).toEqual(all.slice(0, cut))
      }),
      { numRuns: 25 },
    )
  })

  test('a detector restored from its JSON goes on as if nothing had been, and its state is below 20 KB', () => {
    fc.assert(
      fc.property(wild, fc.nat(599), (points, cut) => {
        const before = new Anomaly.Detector()
        scores(points.slice(0, cut), before)
        const json = JSON.stringify(before)
        expect(json.length).toBeLessThan(20_000)
        const restored = new Anomaly.Detector(JSON.parse(json) as Anomaly.DetectorState)
        expect(scores(points.slice(cut), restored)).toEqual(scores(points.slice(cut), before))
      }),
      { numRuns: 25 },
    )
  })

  test('the state does not grow with the stream', () => {
    const detector = new Anomaly.Detector()
    const r = random(1)
    const sizes: number[] = []
    // Ever new shapes, so that libraries are full.
    for (let i = 0; i < 20_000; i++) {
      detector.observe(i * FIVE_MINUTES, r.normal() * 2 ** r.whole(-20, 20))
      if (i % 5_000 === 4_999) sizes.push(JSON.stringify(detector).length)
    }
    expect(Math.max(...sizes)).toBeLessThan(20_000)
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThan(1_000)
  })

  test.each([NaN, Infinity, -Infinity])('%d is not a value, nor a time', (number) => {
    const error = new RangeError('anomaly: a point is a finite time and value')
    expect(() => new Anomaly.Detector().observe(0, number)).toThrow(error)
    expect(() => new Anomaly.Detector().observe(number, 0)).toThrow(error)
  })
})

/** The highest score from one point up to another. */
function highest(all: readonly number[], from: number, to: number): number {
  return Math.max(...all.slice(from, to))
}

describe('what is strange', () => {
  test('nothing among the first 300 points, and nothing ever of a stream that never moves', () => {
    const all = scores(stream(2_000, (i) => (i === 250 ? 1_000 : 5)))
    expect(highest(all, 0, 300)).toBe(0)
    expect(highest(scores(stream(2_000, () => 5)), 0, 2_000)).toBe(0)
  })

  test.each<[string, (i: number) => number]>([
    ['a jump to another level', (i) => (i < 3_000 ? 0 : 12)],
    ['a fall to another level', (i) => (i < 3_000 ? 0 : -12)],
    ['a burst of some points', (i) => (i >= 3_000 && i < 3_010 ? 25 : 0)],
    ['noise that grows fivefold', (i) => (i < 3_000 ? 0 : (i % 2) * 24 - 12)],
  ])('%s', (_, change) => {
    const next = noise(3)
    const all = scores(stream(3_200, (i) => next() + change(i)))
    expect(highest(all, 300, 3_000), 'before').toBeLessThan(Anomaly.ALARM)
    expect(highest(all, 3_000, 3_060)).toBeGreaterThan(Anomaly.ALARM)
  })

  test('chance alone: in 3,000 points of noise there is one alarm for every six streams at most', () => {
    const alarmed = Array.from({ length: 30 }, (_, seed) => {
      const next = noise(100 + seed)
      return highest(scores(stream(3_000, next)), 0, 3_000) >= Anomaly.ALARM
    }).filter(Boolean)
    expect(alarmed.length).toBeLessThanOrEqual(5)
  })

  test('the day and the night of every day are usual; a day without its night is not', () => {
    const next = noise(4)
    const daily = (i: number): number => 50 * Math.sin((2 * Math.PI * i) / DAY)
    const all = scores(stream(14 * DAY, (i) => (i < 12 * DAY ? daily(i) : 50) + next()))
    expect(highest(all, 3 * DAY, 12 * DAY)).toBeLessThan(Anomaly.ALARM)
    expect(highest(all, 12 * DAY, 13 * DAY)).toBeGreaterThan(Anomaly.ALARM)
  })

  test('the scale of a stream hardly matters', () => {
    const points = (factor: number): Point[] => {
      const next = noise(5)
      return stream(2_000, (i) => factor * (next() + (i > 1_500 ? 15 : 0)))
    }
    const [one, thousand] = [scores(points(1)), scores(points(1_024))]
    for (const [i, score] of one.entries()) expect(Math.abs(score - thousand[i]!)).toBeLessThan(0.01)
  })
})

describe('who would teach it', () => {
  test('a climb of half a percent a point is noticed before it has come to three times the level', () => {
    const next = noise(6)
    const all = scores(stream(2_000, (i) => (100 + 3 * next()) * (i < 1_000 ? 1 : 1.005 ** (i - 1_000))))
    const noticed = all.findIndex((score, i) => i >= 1_000 && score >= Anomaly.ALARM)
    expect(highest(all, 0, 1_000)).toBeLessThan(Anomaly.ALARM)
    expect(noticed).toBeGreaterThan(0)
    expect(1.005 ** (noticed - 1_000)).toBeLessThan(3)
  })

  test('an outburst does not excuse a lasting change a day later', () => {
    const next = noise(7)
    const value = (i: number): number => next() + (i >= 1_000 && i < 1_005 ? 60 : 0) + (i >= 1_000 + DAY ? 20 : 0)
    const all = scores(stream(2_000, value))
    expect(highest(all, 1_000, 1_010), 'the outburst').toBeGreaterThan(Anomaly.ALARM)
    expect(highest(all, 950 + DAY, 1_000 + DAY), 'between').toBeLessThan(Anomaly.ALARM)
    expect(highest(all, 1_000 + DAY, 1_060 + DAY), 'the change').toBeGreaterThan(Anomaly.ALARM)
  })
})
