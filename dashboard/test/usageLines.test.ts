import { describe, expect, it } from 'vitest'
import { linesOf, stepsOf, type Usage } from '../src/pages/usage/Usage.ts'

const usage = (over: Partial<Usage>): Usage => ({
  ...{ from: '2026-11-20T05:00:00.000Z', to: '2026-11-22T05:00:00.000Z', step: 'day', by: 'service' },
  ...{ total: { spent: '0', payments: 0 }, groups: [], points: [] },
  ...over,
})
const day = (date: string) => `2026-11-${date}T00:00:00.000Z`
const point = (date: string, group: string | null, spent: string) => ({ at: day(date), group, spent, payments: 1 })
const group = (name: string) => ({ group: name, label: `the ${name}`, spent: '1', payments: 1 })

describe('steps', () => {
  it('begin at the full day in UTC, and cover the whole time', () => {
    expect(stepsOf(usage({}))).toEqual([20, 21, 22].map((date) => Date.parse(day(String(date)))))
  })

  it('begin at the full hour', () => {
    const steps = stepsOf(usage({ step: 'hour', from: '2026-11-20T05:30:00.000Z', to: '2026-11-20T07:00:00.000Z' }))
    expect(steps.map((at) => new Date(at).getUTCHours())).toEqual([5, 6])
  })
})

describe('lines', () => {
  it('have a zero where nothing was charged', () => {
    const { lines } = linesOf(usage({ groups: [group('a')], points: [point('21', 'a', '7')] }))
    expect(lines).toEqual([{ group: 'a', label: 'the a', values: [0, 7, 0] }])
  })

  it('are one for the whole when nothing is told apart', () => {
    const { lines } = linesOf(usage({ by: 'total', points: [point('20', null, '3'), point('22', null, '4')] }))
    expect(lines).toEqual([{ group: null, label: null, values: [3, 0, 4] }])
  })

  it('put together what is beyond the first five', () => {
    const groups = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map(group)
    const points = [point('20', 'a', '1'), point('20', 'f', '2'), point('20', 'g', '3'), point('20', null, '4')]
    const { lines } = linesOf(usage({ groups, points }))
    expect(lines.map(({ group: name }) => name)).toEqual(['a', 'b', 'c', 'd', 'e', null])
    expect(lines.at(-1)?.values[0]).toBe(9)
  })

  it('leave out what is outside of the time', () => {
    const { lines } = linesOf(usage({ groups: [group('a')], points: [point('01', 'a', '7')] }))
    expect(lines[0]?.values).toEqual([0, 0, 0])
  })
})
