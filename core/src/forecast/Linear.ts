/** Ridge regression of a series on its own past, from sums of products that serve many ends. */

/** What a regression looks back at, and from when on: the first row is the value at `first`. */
export type Rows = { readonly lags: readonly number[]; readonly first: number }

/** Coefficients of the lags: a value less `centre` is their sum over earlier values less `centre`. */
export type Fit = { readonly slope: Float64Array; readonly centre: number }

/**
 * A fit for each end (ascending, how many values are known), by the rows before it. `ridge` is a part of the mean
 * variance; with `isCentred` the mean of what is known is taken off, else nothing. Undefined where there are fewer than
 * `least` rows, or nothing varies.
 */
export function fits(
  values: Float64Array,
  ends: readonly number[],
  rows: Rows,
  { ridge, isCentred, least }: { ridge: number; isCentred: boolean; least: number },
): (Fit | undefined)[] {
  const isEnough = (end: number) => end - rows.first >= least
  const enough = ends.filter(isEnough)
  if (enough.length === 0) return ends.map(() => undefined)
  const products = crossProducts(values, enough, rows)
  const sums = prefixSums(values)
  const solved = enough.map((end, i) => {
    const centre = isCentred ? sums[end]! / end : 0
    return solve(centred(products[i]!, { sums, end, centre, rows }), rows.lags.length, ridge)
  })
  return ends.map((end) => {
    const slope = isEnough(end) ? solved[enough.indexOf(end)] : undefined
    return slope && { slope, centre: isCentred ? sums[end]! / end : 0 }
  })
}

/**
 * For each end, Σ of the products of every two columns over the rows before it, as a lower triangle; the last column is
 * the value itself, the others are its lags. Two columns whose lags are d apart multiply the same neighbours, only at
 * another place: so one running sum for each d is enough, read where the rows begin and end.
 */
function crossProducts(values: Float64Array, ends: readonly number[], { lags, first }: Rows): Float64Array[] {
  const columns = [...lags, 0]
  const size = columns.length
  const result = ends.map(() => new Float64Array(size * size))
  const running = new Float64Array(values.length + 1)
  const last = ends.at(-1)!
  for (const { distance, pairs } of byDistance(columns)) {
    running[distance] = 0
    let sum = 0
    for (let t = distance; t < last; t++) {
      sum += values[t]! * values[t - distance]!
      running[t + 1] = sum
    }
    for (const { place, lag } of pairs) {
      const before = running[first - lag]!
      for (let i = 0; i < ends.length; i++) result[i]![place] = running[ends[i]! - lag]! - before
    }
  }
  return result
}

/** Places in the triangle by how far their columns are apart, with the lag of the nearer one. */
function byDistance(columns: readonly number[]): { distance: number; pairs: { place: number; lag: number }[] }[] {
  const found = new Map<number, { place: number; lag: number }[]>()
  for (let j = 0; j < columns.length; j++) {
    for (let k = 0; k <= j; k++) {
      const distance = Math.abs(columns[j]! - columns[k]!)
      const pair = { place: j * columns.length + k, lag: Math.min(columns[j]!, columns[k]!) }
      const pairs = found.get(distance)
      if (pairs === undefined) found.set(distance, [pair])
      else pairs.push(pair)
    }
  }
  return Array.from(found, ([distance, pairs]) => ({ distance, pairs }))
}

/** sums[t]: the sum of the first t values. */
function prefixSums(values: Float64Array): Float64Array {
  const sums = new Float64Array(values.length + 1)
  for (let t = 0; t < values.length; t++) sums[t + 1] = sums[t]! + values[t]!
  return sums
}

/** Takes `centre` off every column, in place: Σ (a − c)(b − c) = Σab − c (Σa + Σb) + n c² */
function centred(
  products: Float64Array,
  { sums, end, centre, rows }: { sums: Float64Array; end: number; centre: number; rows: Rows },
): Float64Array {
  if (centre === 0) return products
  const size = rows.lags.length + 1
  const totals = new Float64Array(size)
  for (let j = 0; j < size; j++) {
    const lag = rows.lags[j] ?? 0
    totals[j] = sums[end - lag]! - sums[rows.first - lag]!
  }
  const constant = (end - rows.first) * centre * centre
  for (let j = 0; j < size; j++) {
    for (let k = 0; k <= j; k++) {
      products[j * size + k] = products[j * size + k]! - centre * (totals[j]! + totals[k]!) + constant
    }
  }
  return products
}

/** Coefficients of `size` lags; undefined when nothing varies. */
function solve(products: Float64Array, size: number, ridge: number): Float64Array | undefined {
  const all = size + 1
  let trace = 0
  for (let j = 0; j < size; j++) trace += products[j * all + j]!
  if (!(trace > 0)) return undefined
  const matrix = new Float64Array(size * size)
  const right = new Float64Array(size)
  for (let j = 0; j < size; j++) {
    for (let k = 0; k <= j; k++) matrix[j * size + k] = products[j * all + k]!
    matrix[j * size + j] = matrix[j * size + j]! + (ridge * trace) / size
    right[j] = products[size * all + j]!
  }
  return solveSymmetric(matrix, right, size)
}

/** Cholesky on the lower triangle, in place. A pivot that rounding made 0 or less gives up its coefficient. */
function solveSymmetric(matrix: Float64Array, right: Float64Array, size: number): Float64Array {
  for (let j = 0; j < size; j++) {
    for (let k = 0; k <= j; k++) {
      let sum = matrix[j * size + k]!
      for (let m = 0; m < k; m++) sum -= matrix[j * size + m]! * matrix[k * size + m]!
      if (k < j) matrix[j * size + k] = sum / matrix[k * size + k]!
      else matrix[j * size + j] = sum > 0 ? Math.sqrt(sum) : Infinity
    }
  }
  for (let j = 0; j < size; j++) {
    let sum = right[j]!
    for (let m = 0; m < j; m++) sum -= matrix[j * size + m]! * right[m]!
    right[j] = sum / matrix[j * size + j]!
  }
  for (let j = size - 1; j >= 0; j--) {
    let sum = right[j]!
    for (let m = j + 1; m < size; m++) sum -= matrix[m * size + j]! * right[m]!
    right[j] = sum / matrix[j * size + j]!
  }
  return right
}
