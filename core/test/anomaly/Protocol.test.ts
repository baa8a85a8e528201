import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { readLabelled } from '../../scripts/anomaly/labelled.ts'
import { count, figures, fixed, heldOut, type Scored } from '../../scripts/anomaly/protocol.ts'

/** A hundred rows: 0 but at the rows that are named; one window from row 50 to 59. */
function stream(at: Record<number, number>, category = 'a'): Scored {
  return {
    category,
    scores: Array.from({ length: 100 }, (_, i) => at[i] ?? 0),
    inWindow: Array.from({ length: 100 }, (_, i) => (i >= 50 && i < 60 ? 0 : -1)),
    windows: 1,
  }
}

describe('counting events', () => {
  test('a window is found once, however many rows of it reach the threshold', () => {
    expect(count(stream({ 50: 1, 55: 1, 59: 1 }), 1)).toEqual({ found: 1, falseAlarms: 0, windows: 1 })
    expect(count(stream({ 50: 0.9 }), 1).found).toBe(0)
  })

  test('rows within 5 % of the first are one false alarm; a later one is another, though the row before it is near', () => {
    expect(count(stream({ 20: 1, 25: 1 }), 1).falseAlarms).toBe(1)
    expect(count(stream({ 20: 1, 25: 1, 26: 1 }), 1).falseAlarms).toBe(2)
  })

  test('the first 15 % count for nothing', () => {
    expect(count(stream({ 14: 1 }), 1).falseAlarms).toBe(0)
    expect(count(stream({ 15: 1 }), 1).falseAlarms).toBe(1)
  })

  test('who is always on pays for it', () => {
    expect(count(stream(Object.fromEntries(Array.from({ length: 100 }, (_, i) => [i, 1]))), 1)).toEqual({
      found: 1,
      falseAlarms: 13,
      windows: 1,
    })
  })

  test('figures', () => {
    const { precision, recall, f1 } = figures({ found: 3, falseAlarms: 1, windows: 6 })
    expect([precision, recall, f1]).toEqual([0.75, 0.5, 0.6])
    expect(figures({ found: 0, falseAlarms: 0, windows: 0 })).toEqual({ precision: 0, recall: 0, f1: 0 })
  })
})

describe('with the threshold from the other half', () => {
  test('a detector that always knows has F1 of 1; the threshold is one of its scores', () => {
    const streams = Array.from({ length: 8 }, (_, i) => stream({ 30: 0.4, 55: 0.8 }, i % 2 === 0 ? 'a' : 'b'))
    expect(heldOut(streams)).toMatchObject({ precision: 1, recall: 1, f1: 1, f1Sd: 0, splits: 10 })
    expect(heldOut(streams).threshold).toBeCloseTo(0.8)
    expect(fixed(streams, 0.4)).toMatchObject({ threshold: 0.4, precision: 0.5, recall: 1 })
  })

  test('scores that cannot be compared between streams cost: what tells in one is nothing in the other', () => {
    const streams = Array.from({ length: 8 }, (_, i) =>
      i % 2 === 0 ? stream({ 55: 0.2 }) : stream({ 20: 0.3, 40: 0.3, 80: 0.3, 55: 0.9 }),
    )
    expect(heldOut(streams).f1).toBeLessThan(0.9)
  })

  test('nothing to judge gives zeros, not an error', () => {
    expect(heldOut([])).toMatchObject({ precision: 0, recall: 0, f1: 0 })
  })
})

describe('reading streams', () => {
  const folder = (files: Record<string, string>): string => {
    const made = mkdtempSync(join(tmpdir(), 'pbstream-labelled-'))
    onTestFinished(() => rmSync(made, { recursive: true }))
    mkdirSync(join(made, 'real'))
    for (const [name, text] of Object.entries(files)) writeFileSync(join(made, name), text)
    return made
  }

  test('CSV files below category folders, with their windows, in UTC', () => {
    const made = folder({
      'real/b.csv': 'timestamp,value\r\n2014-04-10 07:15:00,1.5\r\n',
      'real/a.csv': 'timestamp,value\n2014-04-10T07:15:00Z,-2e3\n2014-04-10 07:20:00.5,0\n',
      'windows.json': JSON.stringify({
        'real/a.csv': [['2014-04-10 07:15:00.000000', '2014-04-10 07:16:00.000000']],
        'gone.csv': [],
      }),
    })
    const at = Date.UTC(2014, 3, 10, 7, 15)
    expect(readLabelled(made, join(made, 'windows.json'))).toEqual([
      {
        path: 'real/a.csv',
        rows: [
          { timestamp: '2014-04-10T07:15:00Z', value: '-2e3', at, number: -2_000 },
          { timestamp: '2014-04-10 07:20:00.5', value: '0', at: at + 300_500, number: 0 },
        ],
        windows: [[at, at + 60_000]],
      },
      { path: 'real/b.csv', rows: [{ timestamp: '2014-04-10 07:15:00', value: '1.5', at, number: 1.5 }], windows: [] },
    ])
  })

  test.each(['2014-04-10 07:15:00', '2014-04-10 07:15:00,', '2014-04-10 07:15:00,x', 'yesterday,1'])(
    'says where a row is wrong: %s',
    (line) => {
      const made = folder({ 'real/a.csv': `timestamp,value\n${line}\n` })
      expect(() => readLabelled(made, undefined)).toThrow(`a.csv:2: not timestamp,value: ${line}`)
    },
  )
})
