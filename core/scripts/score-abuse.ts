/**
 * Scores the watch over keys on generated payment abuse beside honest traffic.
 *
 *   npm run score:abuse -- --seed N [--honest KEYS] [--attacked KEYS] [--json] [--report]
 *
 * `--honest`: keys of each kind of honest agent; `--attacked`: keys of each kind for each abuse. The same seed and sizes
 * give the same payments and figures on every machine, but for the time taken. `--report` also writes to docs/evidence.
 */
import { parseArgs } from 'node:util'
import { abuseFigures } from './anomaly/abuse.ts'
import { evidence } from './anomaly/evidence.ts'

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    honest: { type: 'string', default: '20' },
    attacked: { type: 'string', default: '4' },
    json: { type: 'boolean', default: false },
    report: { type: 'boolean', default: false },
  },
})
const [seed, honest, attacked] = [values.seed, values.honest, values.attacked].map(Number) as [number, number, number]
if (![seed, honest, attacked].every((each) => Number.isSafeInteger(each) && each >= 0)) {
  console.error('score:abuse: --seed, --honest and --attacked are whole numbers')
  process.exit(2)
}

const result = abuseFigures(seed, { honest, attacked }, () => performance.now())
if (values.report) evidence('abuse', result)
console.log(values.json ? JSON.stringify(result, undefined, 2) : text())

function text(): string {
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`
  const lines = Object.entries(result.attacks).map(
    ([kind, { attacks, found, minutesMedian, minutesP90, lost }]) =>
      `${kind.padEnd(8)} ${found}/${attacks} found, after ${minutesMedian.toFixed(1)} min (median), ${minutesP90.toFixed(1)} (p90); ${percent(lost)} of the money lost before`,
  )
  return [
    `seed ${seed}: ${result.keys} keys, ${result.payments} payments, ${result.microsecondsPerPayment.toFixed(1)} µs each`,
    `precision ${percent(result.precision)}, recall ${percent(result.recall)}, honest keys alarmed in two weeks ${result.falsePositives}/${result.honestKeys} (${percent(result.falsePositiveRate)})`,
    ...lines,
  ].join('\n')
}
