/** Prices over time as a chart draws them. A price holds until the next one: there are two points at each change. */

type Point = { at: string; charge: string }

/** `x` in Unix milliseconds, values in atomic units: charges that are drawn are small enough for a number. */
export function pricePoints(points: readonly Point[], label: string) {
  const x: number[] = []
  const values: number[] = []
  for (const [index, { at, charge }] of points.entries()) {
    const time = Date.parse(at)
    const before = points[index - 1]
    if (before !== undefined && before.charge !== charge && time > Date.parse(before.at) + 1) {
      x.push(time - 1)
      values.push(Number(before.charge))
    }
    x.push(time)
    values.push(Number(charge))
  }
  return { x, series: [{ label, values }] }
}
