/** F26: SIGKILL of everything at once, under load; the system starts again from disk. I1 I2 I7 I8 I13. */
import { afterEach, expect, inject, test } from 'vitest'
import { Whole, expectAgreed, processes } from '../crash/support/Whole.ts'

let whole: Whole | undefined
afterEach(() => whole?.stop())

test('chain, upstream, Workers and callers die in the same instant: acknowledged = recorded = settled, none twice', async () => {
  const streams = { streams: 20, wallets: 2, channelsOfEach: 2, streamMs: 1_500, everyMs: 100 }
  whole = await Whole.start({ bundles: inject('bundles'), ...streams, blockTime: 1, patienceMs: 60_000 })
  await whole.underLoad('everything is killed')
  await whole.kill(...processes)
  for (const name of processes) await whole.start(name)
  await whole.underLoad('the end')
  const outcome = await whole.rest()
  expect(whole.kills).toEqual({ chain: 1, upstream: 1, system: 1, client: 1 })
  expect(outcome.acknowledged.length, 'streams that began after the kill').toBeGreaterThanOrEqual(18)
  expectAgreed(outcome)
  // Three starts of a whole system, each of which takes as long as the machine is busy.
}, 240_000)
