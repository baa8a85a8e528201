/** The clock of a rental: what is proven, whatever it is told, in whatever order and however often. */
import { TIMES_MAX, type TimeOp } from '@pbstream/core/message/Session'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Clock, told } from '../src/Clock.ts'

/** What becomes of a clock that is told all of this; what it refuses changes nothing. */
function run(said: readonly (readonly [TimeOp, number])[]): Clock | undefined {
  return said.reduce<Clock | undefined>((clock, [op, now]) => told(clock, op, now) ?? clock, undefined)
}
const length = ({ times }: Pick<Clock, 'times'>): number => times.reduce((sum, [from, to]) => sum + to - from, 0)

describe('a clock', () => {
  test('proves what lies between a resume and the last report after it', () => {
    expect(run([['resume', 10]])).toEqual({ times: [[10, 10]], state: 'running' })
    expect(
      run([
        ['resume', 10],
        ['beat', 40],
        ['beat', 70],
      ]),
    ).toEqual({ times: [[10, 70]], state: 'running' })
    const paused = [
      ['resume', 10],
      ['beat', 40],
      ['pause', 50],
      ['beat', 80],
    ] as const
    expect(run(paused)).toEqual({ times: [[10, 50]], state: 'paused' })
    const again = [...paused, ['resume', 90], ['stop', 95]] as const
    expect(run(again)).toEqual({
      times: [
        [10, 50],
        [90, 95],
      ],
      state: 'stopped',
    })
  })

  test('that never ran is told nothing else, and one that was stopped nothing more', () => {
    for (const op of ['beat', 'pause', 'stop'] as const) expect(told(undefined, op, 5)).toBeUndefined()
    const stopped = run([
      ['resume', 1],
      ['stop', 4],
    ])
    for (const op of ['beat', 'pause', 'resume'] as const) expect(told(stopped, op, 9)).toBeUndefined()
    expect(told(stopped, 'stop', 9)).toEqual(stopped)
  })

  test('takes repeats for what they are', () => {
    const once = run([
      ['resume', 10],
      ['beat', 20],
    ])
    expect(
      run([
        ['resume', 10],
        ['resume', 10],
        ['beat', 20],
        ['beat', 20],
      ]),
    ).toEqual(once)
    expect(
      run([
        ['resume', 10],
        ['resume', 15],
      ]),
    ).toEqual({ times: [[10, 15]], state: 'running' })
    const paused = run([
      ['resume', 10],
      ['pause', 20],
    ])
    expect(told(paused, 'pause', 30)).toEqual(paused)
  })

  test('joins spans without a pause between them, and goes on with no more than there may be', () => {
    expect(
      run([
        ['resume', 10],
        ['pause', 20],
        ['resume', 20],
        ['beat', 25],
      ])?.times,
    ).toEqual([[10, 25]])
    const many: [TimeOp, number][] = []
    for (let i = 0; i < TIMES_MAX + 5; i++) many.push(['resume', 10 * i], ['pause', 10 * i + 5])
    const full = run(many)!
    expect([full.times.length, full.state]).toEqual([TIMES_MAX, 'paused'])
    expect(told(full, 'resume', 99_999)).toBeUndefined()
    expect(told(full, 'stop', 99_999)).toEqual({ ...full, state: 'stopped' })
  })

  test('that runs backwards proves nothing more and nothing less', () => {
    const before = run([
      ['resume', 100],
      ['beat', 200],
    ])!
    for (const op of ['beat', 'resume'] as const) expect(told(before, op, 50)).toEqual(before)
    expect(told(before, 'pause', 50)).toEqual({ ...before, state: 'paused' })
    expect(
      run([
        ['resume', 100],
        ['pause', 200],
        ['resume', 50],
        ['beat', 210],
      ])?.times,
    ).toEqual([[100, 210]])
  })

  test('proves the time in which it ran, to the millisecond, in spans that ascend and do not touch', () => {
    const op = fc.constantFrom<TimeOp>('resume', 'resume', 'beat', 'beat', 'pause', 'stop')
    const histories = fc.array(fc.tuple(op, fc.nat({ max: 90 })), { maxLength: 40 })
    const property = fc.property(histories, (said) => {
      let [now, ran] = [0, 0]
      let running: 'no' | 'yes' | 'over' = 'no'
      const told: [TimeOp, number][] = []
      for (const [what, wait] of said) {
        now += wait
        if (running === 'yes') ran += wait
        if (what === 'resume' && running === 'no') running = 'yes'
        if (what === 'pause' && running === 'yes') running = 'no'
        if (what === 'stop' && (running === 'yes' || told.some(([each]) => each === 'resume'))) running = 'over'
        told.push([what, now])
      }
      // What lies after the last report is not proven, and there is nothing after it.
      const clock = run(told) ?? { times: [] }
      expect(length(clock)).toBe(ran)
      const flat = clock.times.flat()
      expect(flat.every((at, i) => i === 0 || at >= flat[i - 1]!)).toBe(true)
      for (const [i, [from]] of clock.times.entries()) if (i > 0) expect(from > clock.times[i - 1]![1]).toBe(true)
    })
    fc.assert(property, { numRuns: 500 })
  })
})
