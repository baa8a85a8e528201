import type { Series } from './Series.ts'

/** One way to forecast. */
export type Model = {
  readonly name: string
  /**
   * A forecast of `horizon` steps from each origin (how many values are known there, ascending), in the scaled units of
   * the series; undefined where there is too little before the origin. One pass over the values serves all origins.
   */
  run(series: Series, origins: readonly number[], horizon: number): (Float64Array | undefined)[]
}
