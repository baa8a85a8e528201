/** Weights from how the models did at earlier origins, and the mean that the outer quarters have no part in. */

/** A model's forecasts, one for each origin; the last origin is the end of the history. */
export type Forecasts = readonly (Float64Array | undefined)[]

/** How sharply the better models are preferred. Flat on purpose: see docs/forecast.md. */
export const POWER = 3
/** Part of the weight that is cut off at each end before the mean is taken. */
export const TRIM = 0.25

/** Errors below this part of the scale count as none. */
const EXACT = 1e-9

/**
 * A weight for each model: its mean error by that of the middle model of the same origin, to the power of −`POWER`.
 * `actuals` are the values after each origin but the last. Where no value is negative, half of the error is relative to
 * the values, so that quiet hours count as well.
 */
export function weigh(all: readonly Forecasts[], actuals: readonly Float64Array[], isNegative: boolean): number[] {
  const scores = all.map(() => ({ sum: 0, count: 0 }))
  for (const [origin, actual] of actuals.entries()) {
    for (const measure of isNegative ? [absolute] : [absolute, relative]) {
      const errors = all.map((forecasts) => {
        const forecast = forecasts[origin]
        return forecast === undefined ? undefined : measure(forecast, actual) + EXACT
      })
      const middle = median(errors.filter((error) => error !== undefined))
      for (const [i, error] of errors.entries()) {
        if (error === undefined) continue
        scores[i]!.sum += error / middle
        scores[i]!.count += 1
      }
    }
  }
  // A model that no origin could try knows too little; unless none could be tried.
  const isUntried = scores.every(({ count }) => count === 0)
  return scores.map(({ sum, count }, i) => {
    if (all[i]!.at(-1) === undefined) return 0
    return isUntried ? 1 : count === 0 ? 0 : (sum / count) ** -POWER
  })
}

function absolute(forecast: Float64Array, actual: Float64Array): number {
  let sum = 0
  for (let h = 0; h < actual.length; h++) sum += Math.abs(forecast[h]! - actual[h]!)
  return sum / actual.length
}

function relative(forecast: Float64Array, actual: Float64Array): number {
  let sum = 0
  for (let h = 0; h < actual.length; h++) {
    const size = Math.abs(forecast[h]!) + Math.abs(actual[h]!)
    if (size > 0) sum += Math.abs(forecast[h]! - actual[h]!) / size
  }
  return sum / actual.length
}

function median(numbers: number[]): number {
  numbers.sort((a, b) => a - b)
  const half = numbers.length >> 1
  return numbers.length % 2 === 1 ? numbers[half]! : (numbers[half - 1]! + numbers[half]!) / 2
}

/** The weighted mean of the models at one origin; undefined when none of them has a forecast there. */
export function combine(
  all: readonly Forecasts[],
  origin: number,
  weights: readonly number[],
): Float64Array | undefined {
  const forecasts: Float64Array[] = []
  const used: number[] = []
  let total = 0
  for (let i = 0; i < all.length; i++) {
    const forecast = all[i]![origin]
    if (forecast === undefined || weights[i] === 0) continue
    forecasts.push(forecast)
    used.push(weights[i]!)
    total += weights[i]!
  }
  if (forecasts.length === 0) return undefined
  const result = new Float64Array(forecasts[0]!.length)
  const column = { values: new Float64Array(used.length), weights: new Float64Array(used.length) }
  for (let h = 0; h < result.length; h++) {
    for (let i = 0; i < used.length; i++) insert(column, i, forecasts[i]![h]!, used[i]!)
    result[h] = inner(column, TRIM * total, (1 - TRIM) * total)
  }
  return result
}

type Column = { readonly values: Float64Array; readonly weights: Float64Array }

/** Puts a value with its weight among the first `count`, which are in order. */
function insert({ values, weights }: Column, count: number, value: number, weight: number): void {
  let place = count
  for (; place > 0 && values[place - 1]! > value; place--) {
    values[place] = values[place - 1]!
    weights[place] = weights[place - 1]!
  }
  values[place] = value
  weights[place] = weight
}

/** The mean of what lies between `from` and `to` when the weights are laid side by side. */
function inner({ values, weights }: Column, from: number, to: number): number {
  let [at, sum, total] = [0, 0, 0]
  for (let i = 0; i < values.length; i++) {
    const end = at + weights[i]!
    const part = Math.min(end, to) - Math.max(at, from)
    if (part > 0) {
      sum += part * values[i]!
      total += part
    }
    at = end
  }
  return sum / total
}
