/**
 * Scores the anomaly detector on labelled streams.
 *
 *   npm run score:anomaly -- --dir FOLDER --windows FILE --scores OUTDIR --json [--report]
 *
 * FOLDER: CSV files `timestamp,value` below folders that are their categories. FILE: JSON, path → [[start, end], …].
 * OUTDIR gets the same paths with a column `anomaly_score` in [0, 1] added: each sees only the rows up to its own.
 * Prints precision, recall and F1 of events (see anomaly/protocol.ts); `--report` also writes them to docs/evidence.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import * as Anomaly from '../src/Anomaly.ts'
import { evidence } from './anomaly/evidence.ts'
import { readLabelled, type Labelled } from './anomaly/labelled.ts'
import { fixed, heldOut, type Scored } from './anomaly/protocol.ts'

const { values } = parseArgs({
  options: {
    dir: { type: 'string' },
    windows: { type: 'string' },
    scores: { type: 'string' },
    json: { type: 'boolean', default: false },
    report: { type: 'boolean', default: false },
  },
})
if (values.dir === undefined) {
  console.error('usage: npm run score:anomaly -- --dir FOLDER [--windows FILE] [--scores OUTDIR] [--json] [--report]')
  process.exit(2)
}

const streams = readLabelled(values.dir, values.windows)
const began = performance.now()
const scored = streams.map(({ rows }) => {
  const detector = new Anomaly.Detector()
  return rows.map(({ at, number }) => detector.observe(at, number))
})
const took = performance.now() - began
const points = scored.reduce((sum, scores) => sum + scores.length, 0)

if (values.scores !== undefined) for (const [i, stream] of streams.entries()) write(values.scores, stream, scored[i]!)

const judged = streams.map((stream, i): Scored => judge(stream, scored[i]!))
const { threshold, splits, ...figures } = heldOut(judged)
const result = {
  streams: streams.length,
  points,
  windows: judged.reduce((sum, { windows }) => sum + windows, 0),
  microsecondsPerPoint: (took * 1000) / Math.max(1, points),
  ...(values.windows === undefined
    ? {}
    : { heldOut: { ...figures, threshold, splits }, fixed: fixed(judged, Anomaly.ALARM), ...figures }),
}
if (values.report) evidence('anomaly', result)
console.log(values.json ? JSON.stringify(result, undefined, 2) : text())

function judge({ path, rows, windows }: Labelled, scores: readonly number[]): Scored {
  const inWindow = rows.map(({ at }) => windows.findIndex(([from, to]) => at >= from && at <= to))
  return { category: path.split('/')[0]!, scores, inWindow, windows: windows.length }
}

function write(folder: string, { path, rows }: Labelled, scores: readonly number[]): void {
  const lines = rows.map(({ timestamp, value }, i) => `${timestamp},${value},${scores[i]}`)
  const file = join(folder, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, `${['timestamp,value,anomaly_score', ...lines].join('\n')}\n`)
}

function text(): string {
  const lines = [`${result.streams} streams, ${points} points, ${result.microsecondsPerPoint.toFixed(1)} µs a point`]
  if (values.windows !== undefined) {
    const percent = (share: number): string => `${(100 * share).toFixed(1)} %`
    const { precision, recall, f1, f1Sd } = figures
    lines.push(
      `${result.windows} windows; threshold from the other half: precision ${percent(precision)}, recall ${percent(recall)}, F1 ${f1.toFixed(3)} ± ${f1Sd.toFixed(3)}`,
    )
  }
  return lines.join('\n')
}
