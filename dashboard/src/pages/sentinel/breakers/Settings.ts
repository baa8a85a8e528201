/** The budget of keys between the form and what is sent. Shares are per cent in the form and thousandths in the set. Pure. */
import type { MoneyBreaker } from '../Types.ts'

export const WINDOWS = [60_000, 3_600_000, 86_400_000] as const

/** To begin with: 10 USDC an hour, refused for a minute at first. */
export const DEFAULT: MoneyBreaker = {
  budget: '10000000',
  windowMs: 3_600_000,
  badFrom: 1_000,
  goodUpTo: 800,
  openMs: 60_000,
  maxOpenMs: 3_600_000,
  probes: 3,
  probeMs: 30_000,
  calmMs: 3_600_000,
}

export type Wrong = Partial<Record<keyof MoneyBreaker, true>>

/** Members that the service would not take. */
export function wrongOf(breaker: MoneyBreaker): Wrong {
  const { budget, badFrom, goodUpTo, openMs, maxOpenMs, probes, probeMs, calmMs } = breaker
  const wrong: [keyof MoneyBreaker, boolean][] = [
    ['budget', !/^[1-9][0-9]{0,38}$/.test(budget)],
    ['badFrom', !within(badFrom, 1, 100_000)],
    ['goodUpTo', !within(goodUpTo, 0, 100_000) || goodUpTo >= badFrom],
    ['openMs', !within(openMs, 1_000, 86_400_000)],
    ['maxOpenMs', !within(maxOpenMs, 1_000, 604_800_000) || maxOpenMs < openMs],
    ['probes', !within(probes, 1, 100)],
    ['probeMs', !within(probeMs, 1_000, 3_600_000)],
    ['calmMs', !within(calmMs, 0, 604_800_000)],
  ]
  return Object.fromEntries(wrong.filter(([, isWrong]) => isWrong).map(([name]) => [name, true]))
}

function within(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most
}
