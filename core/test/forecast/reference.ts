/** The models of the forecast again, the long way: each sum written out, each forecast from nothing. */

/** Numbers that look random and are always the same (Park and Miller), in [0, 1). */
export function noise(seed: number): () => number {
  let state = (seed % 2147483646) + 1
  return () => {
    state = (state * 16807) % 2147483647
    return (state - 1) / 2147483646
  }
}

/** `count` values of a function of the step. */
export function steps<T>(count: number, value: (t: number) => T): T[] {
  return Array.from({ length: count }, (_, t) => value(t))
}

/** Ridge regression on own lags, by rows and Gauss's elimination. */
export function regressionByRows(
  values: readonly number[],
  plan: { lags: readonly number[]; difference: number; ridge: number; origin: number; horizon: number },
): number[] {
  const { lags, difference, ridge, origin } = plan
  const known = values.slice(0, origin)
  const base = known[0]!
  const series = known.map((value, t) =>
    difference === 0 ? value - base : t < difference ? 0 : value - known[t - difference]!,
  )
  const centre = difference === 0 ? series.reduce((sum, value) => sum + value, 0) / origin : 0
  const z = series.map((value) => value - centre)
  const rows = steps(origin, (t) => t).filter((t) => t >= Math.max(...lags) + difference)
  const products = lags.map((a) => lags.map((b) => rows.reduce((sum, t) => sum + z[t - a]! * z[t - b]!, 0)))
  const right = lags.map((a) => rows.reduce((sum, t) => sum + z[t - a]! * z[t]!, 0))
  const trace = products.reduce((sum, row, j) => sum + row[j]!, 0)
  const slope = eliminate(
    products.map((row, j) => row.map((value, k) => value + (j === k ? (ridge * trace) / lags.length : 0))),
    right,
  )
  const all = [...z]
  const result = [...known]
  for (let h = 0; h < plan.horizon; h++) {
    const t = origin + h
    all.push(lags.reduce((sum, lag, j) => sum + slope[j]! * all[t - lag]!, 0))
    result.push(all[t]! + (difference === 0 ? centre + base : result[t - difference]!))
  }
  return result.slice(origin)
}

function eliminate(matrix: number[][], right: number[]): number[] {
  const rows = matrix.map((row, j) => [...row, right[j]!])
  for (let j = 0; j < rows.length; j++) {
    const pivot = rows.slice(j).reduce((best, row) => (Math.abs(row[j]!) > Math.abs(best[j]!) ? row : best))
    rows.splice(rows.indexOf(pivot), 1)
    rows.splice(j, 0, pivot)
    for (const row of rows) {
      if (row === pivot) continue
      const times = row[j]! / pivot[j]!
      for (let k = j; k < row.length; k++) row[k] = row[k]! - times * pivot[k]!
    }
  }
  return rows.map((row, j) => row.at(-1)! / row[j]!)
}

type Pace = { level: number; season: number; cycle: number; memory: number }

/** Double seasonal smoothing with every state kept, from the first two cycles (or seasons, where there is no cycle). */
export function smoothingByHistory(
  values: readonly number[],
  {
    season,
    cycle,
    origin,
    horizon,
    pace,
  }: { season: number; cycle: number; origin: number; horizon: number; pace: Pace },
): number[] {
  const hasCycle = cycle > season
  const first = values.slice(0, 2 * cycle)
  const mean = first.reduce((sum, value) => sum + value, 0) / first.length
  const meanOf = (numbers: number[]) => numbers.reduce((sum, value) => sum + value, 0) / numbers.length
  const daily = steps(season, (s) => meanOf(first.filter((_, t) => t % season === s).map((value) => value - mean)))
  const weekly = steps(cycle, (c) =>
    hasCycle
      ? 0.7 * meanOf(first.filter((_, t) => t % cycle === c).map((value) => value - mean - daily[c % season]!))
      : 0,
  )
  // What is known of each step of season and cycle, newest last.
  const days = daily.map((value) => [value])
  const weeks = weekly.map((value) => [value])
  let level = mean
  let last = 0
  for (const [t, value] of values.slice(0, origin).entries()) {
    const day = days[t % season]!
    const week = weeks[t % cycle]!
    const miss = value - level - day.at(-1)! - week.at(-1)!
    const error = miss - pace.memory * last
    level += pace.level * error
    day.push(day.at(-1)! + pace.season * error)
    if (hasCycle) week.push(week.at(-1)! + pace.cycle * error)
    last = miss
  }
  return steps(horizon, (h) => {
    const t = origin + h
    return level + days[t % season]!.at(-1)! + weeks[t % cycle]!.at(-1)! + pace.memory ** (h + 1) * last
  })
}
