/**
 * For mutation.vitest.ts: there every mutant is run against each property that reaches it, and the first few inputs tell.
 * Properties with a seed of their own keep their runs: they look for one certain history.
 */
import type { Parameters } from 'fast-check'
import { vi } from 'vitest'

const MOST = 50

vi.mock('fast-check', async (original) => {
  const real = await original<typeof import('fast-check')>()
  const few = (asked: Parameters<unknown> = {}): Parameters<unknown> =>
    asked.seed === undefined ? { ...asked, numRuns: Math.min(asked.numRuns ?? MOST, MOST) } : asked
  const assert = (property: never, asked?: Parameters<unknown>) => real.assert(property, few(asked) as never)
  return { ...real, assert, default: { ...real.default, assert } }
})
