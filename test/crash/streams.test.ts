/** kill -9 of every process of a system in turn, while paid streams go through it. I1 I2 I7 I8 I13, from disk. */
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { root } from '@pbstream/local/Bundle'
import { afterEach, inject, test } from 'vitest'
import { Whole, expectAgreed } from './support/Whole.ts'
import { circumstances } from './support/circumstances.ts'

/** Streams at the same time; 2,000 in a long run. */
const streams = Number(process.env['CRASH_STREAMS'] ?? 200)
/** For so long each process is killed in turn again and again; each of them once when it is 0. */
const minutes = Number(process.env['CRASH_MINUTES'] ?? 0)
const reported = join(root, '.wrangler', minutes > 0 ? 'crash-minutes.json' : 'crash-streams.json')
const report = process.env['CRASH_REPORT'] ?? reported
const patienceMs = 60_000 + streams * 200
const isLarge = streams > 200
/** Streams are so long that a busy machine, too, can start all of them while the first still goes. */
const everyMs = Math.max(200, streams)
const streamMs = Math.max(15_000, streams * 80)
const [wallets, channelsOfEach] = isLarge ? [8, 10] : [4, 5]
/** A chain with much in it takes longer to be saved: its last blocks have to be younger than that. */
const blockTime = isLarge ? 2 : 1

let whole: Whole | undefined
afterEach(() => whole?.stop())

test(
  `SIGKILL of each process under ${streams} paid streams: acknowledged = recorded = settled, none twice`,
  async () => {
    const run = circumstances('npx vitest run --root test crash/streams', ['CRASH_STREAMS', 'CRASH_MINUTES'])
    const size = { streams, wallets, channelsOfEach, streamMs, everyMs, blockTime, patienceMs }
    whole = await Whole.start({ bundles: inject('bundles'), ...size })
    const end = Date.now() + minutes * 60_000
    do {
      for (const name of ['system', 'upstream', 'chain', 'client'] as const) {
        await whole.underLoad(`${name} is killed`)
        await whole.kill(name)
        await whole.start(name)
      }
    } while (Date.now() < end)
    await whole.underLoad('the end')
    const outcome = await whole.rest()
    const { acknowledged, recorded } = outcome
    const summary = {
      what: `kill -9 of each process under ${streams} paid streams${minutes > 0 ? `, for ${minutes} min` : ''}`,
      ...run,
      streams: { asked: streams, mostAtOnce: whole.mostAtOnce, channels: wallets * channelsOfEach },
      kills: whole.kills,
      calls: outcome.calls,
      chargesAcknowledged: acknowledged.length,
      chargesRecorded: recorded.length,
      recordedTwice: recorded.length - new Set(recorded).size,
      unitsAcknowledged: `${outcome.unitsAcknowledged}`,
      unitsSettled: `${outcome.unitsSettled}`,
      unitsPaidOnChain: `${outcome.unitsPaidOnChain}`,
      callsHeldForTheDead: outcome.held.length,
      seconds: Math.round((Date.now() - Date.parse(run.startedAt)) / 1000),
    }
    console.log(JSON.stringify(summary, null, 2))
    await mkdir(dirname(report), { recursive: true })
    await writeFile(report, `${JSON.stringify(summary, null, 2)}\n`)
    expectAgreed(outcome)
  },
  10 * patienceMs + minutes * 60_000,
)
