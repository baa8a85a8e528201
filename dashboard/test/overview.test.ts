import { expect, test } from 'vitest'
import { changeOf, periodOf } from '../src/pages/overview/Period.ts'
import { callOf, firstSteps } from '../src/pages/overview/Steps.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const now = Date.parse('2026-11-23T12:34:56Z')
const end = Date.parse('2026-11-23T13:00:00Z')

test('a length goes up to the end of this hour, by hours or by days', () => {
  expect(periodOf({ period: '24h' }, now)).toEqual({ from: end - DAY, to: end, step: 'hour' })
  expect(periodOf({}, now)).toEqual({ from: end - 7 * DAY, to: end, step: 'day' })
  expect(periodOf({ period: 'forever' }, now)).toEqual(periodOf({}, now))
})

test('two days that are given are whole days of UTC', () => {
  const period = periodOf({ from: '2026-11-01', to: '2026-11-02' }, now)
  expect([new Date(period.from).toISOString(), new Date(period.to).toISOString()]).toEqual([
    '2026-11-01T00:00:00.000Z',
    '2026-11-03T00:00:00.000Z',
  ])
})

test('days that make no period are as if they were not there, and no period is longer than the API sums', () => {
  expect(periodOf({ from: '2026-11-05', to: '2026-11-02' }, now)).toEqual(periodOf({}, now))
  const long = periodOf({ from: '2025-01-01', to: '2026-11-02' }, now)
  expect(long.to - long.from).toBe(92 * DAY)
})

test('changes are against what was before', () => {
  expect(changeOf(150n, 100n)).toBe(500)
  expect(changeOf(50n, 100n)).toBe(-500)
  expect(changeOf(50n, 0n)).toBeUndefined()
})

const url = { enabled: true, rateVersion: null, origin: { kind: 'url' } }

test('the next step is the first that is not done', () => {
  expect(firstSteps({ hosts: [], routes: [] })).toEqual({ done: [], next: 'host' })
  expect(firstSteps({ hosts: [{ verifiedAt: null }], routes: [] }).next).toBe('host')
  expect(firstSteps({ hosts: [{ verifiedAt: '2026' }], routes: [] }).next).toBe('route')
  expect(firstSteps({ hosts: [{ verifiedAt: '2026' }], routes: [url] }).next).toBe('rate')
  expect(firstSteps({ hosts: [], routes: [{ ...url, rateVersion: 1, origin: { kind: 'zone' } }] }).next).toBe('payment')
})

test('the example calls are safe to paste, whatever the path says', () => {
  const { ask, pay } = callOf('https://gateway.example/x', `/acme/'$(rm -rf ~)'/*`, ['POST'])
  expect(ask).toBe(`curl -i -X POST 'https://gateway.example/acme/'\\''$(rm -rf ~)'\\''/'`)
  expect(pay).toContain('npx pbstream curl -X POST ')
  expect(callOf('', '/acme', ['*']).ask).toBe(`curl -i 'https://<gateway>/acme'`)
})
