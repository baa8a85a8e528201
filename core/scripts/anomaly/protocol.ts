/**
 * Precision, recall and F1 of events, with the threshold chosen on one half of the streams and scored on the other.
 *
 * A window is found if any row in it reaches the threshold. Outside of windows, rows that reach it and are within 5 % of
 * the stream's rows from the first of them are one false alarm, so a detector that is always on pays for it. The first
 * 15 % of each stream count for nothing. Halves are drawn by category, 10 times from a fixed seed; figures are means.
 */
import { random } from '../../test/support/abuse/Random.ts'

export type Scored = {
  readonly category: string
  readonly scores: readonly number[]
  /** For each row the window that it is in, or −1. */
  readonly inWindow: readonly number[]
  readonly windows: number
}

export type Figures = { precision: number; recall: number; f1: number }
export type HeldOut = Figures & { f1Sd: number; threshold: number; splits: number }

type Counts = { found: number; falseAlarms: number; windows: number }
type Table = { category: string; at: Counts[] }

const PROBATION = 0.15
const GAP = 0.05
const SPLITS = 10

export function heldOut(streams: readonly Scored[], seed = 1): HeldOut {
  const thresholds = candidates(streams)
  const tables = streams.map((stream): Table => ({
    category: stream.category,
    at: thresholds.map((threshold) => count(stream, threshold)),
  }))
  const runs = Array.from({ length: SPLITS }, (_, split) => {
    const [tune, test] = halves(tables, seed, split)
    const chosen = best(tune, thresholds.length)
    return { ...figures(total(test, chosen)), threshold: thresholds[chosen] ?? 1 }
  })
  const mean = (of: (run: (typeof runs)[number]) => number): number =>
    runs.reduce((sum, run) => sum + of(run), 0) / SPLITS
  const f1 = mean((run) => run.f1)
  return {
    precision: mean((run) => run.precision),
    recall: mean((run) => run.recall),
    f1,
    f1Sd: Math.sqrt(mean((run) => (run.f1 - f1) ** 2)),
    threshold: mean((run) => run.threshold),
    splits: SPLITS,
  }
}

/** With one threshold for all. */
export function fixed(streams: readonly Scored[], threshold: number): Figures & { threshold: number } {
  return { threshold, ...figures(sum(streams.map((stream) => count(stream, threshold)))) }
}

export function count({ scores, inWindow, windows }: Scored, threshold: number): Counts {
  const gap = Math.max(1, Math.floor(scores.length * GAP))
  const found = new Set<number>()
  let falseAlarms = 0
  let since = -Infinity
  for (let i = Math.floor(scores.length * PROBATION); i < scores.length; i++) {
    if (scores[i]! < threshold) continue
    const window = inWindow[i]!
    if (window >= 0) found.add(window)
    else if (i - since > gap) {
      falseAlarms++
      since = i
    }
  }
  return { found: found.size, falseAlarms, windows }
}

/** Scores that occur, above 0: the highest of each stream, and then ever fewer; at most 200. */
function candidates(streams: readonly Scored[]): number[] {
  const high = streams.flatMap(({ scores }) => {
    const sorted = scores.filter((score) => score > 0).toSorted((a, b) => b - a)
    return [...sorted.slice(0, 60), ...sorted.filter((_, i) => i >= 60 && i % 50 === 0)]
  })
  const distinct = [...new Set(high)].toSorted((a, b) => a - b)
  const step = Math.max(1, distinct.length / 200)
  return Array.from({ length: Math.min(200, distinct.length) }, (_, i) => distinct[Math.floor(i * step)]!)
}

function halves(tables: readonly Table[], seed: number, split: number): [Table[], Table[]] {
  const r = random(seed, split)
  const [tune, test]: [Table[], Table[]] = [[], []]
  for (const category of new Set(tables.map((table) => table.category))) {
    const mixed = tables
      .filter((table) => table.category === category)
      .map((table) => ({ table, order: r.next() }))
      .toSorted((a, b) => a.order - b.order)
    // Of an odd number, the one in the middle goes to either half.
    const half = mixed.length % 2 === 1 && r.chance(0.5) ? Math.ceil(mixed.length / 2) : Math.floor(mixed.length / 2)
    for (const [i, { table }] of mixed.entries()) (i < half ? tune : test).push(table)
  }
  return [tune, test]
}

function best(tables: readonly Table[], thresholds: number): number {
  let chosen = 0
  let most = -1
  for (let i = 0; i < thresholds; i++) {
    const { f1 } = figures(total(tables, i))
    if (f1 > most) [chosen, most] = [i, f1]
  }
  return chosen
}

function total(tables: readonly Table[], threshold: number): Counts {
  return sum(tables.map(({ at }) => at[threshold]).filter((counts) => counts !== undefined))
}

function sum(all: readonly Counts[]): Counts {
  const add = (key: keyof Counts): number => all.reduce((so, counts) => so + counts[key], 0)
  return { found: add('found'), falseAlarms: add('falseAlarms'), windows: add('windows') }
}

export function figures({ found, falseAlarms, windows }: Counts): Figures {
  return {
    precision: found === 0 ? 0 : found / (found + falseAlarms),
    recall: found === 0 ? 0 : found / windows,
    f1: found === 0 ? 0 : (2 * found) / (found + falseAlarms + windows),
  }
}
