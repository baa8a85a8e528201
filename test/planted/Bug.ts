import type { Suite } from './suites.ts'

/** A mistake that a careful person could make in the product. */
export type Bug = {
  name: string
  /** What it breaks: an invariant, or the promises of forecasts, of Sentinel and of the dashboard, which move no money. */
  invariant: `I${number}` | 'forecast' | 'sentinel' | 'dashboard'
  /** From the root; `find` occurs in it exactly once. */
  file: string
  find: string
  replace: string
  suite: Suite
  /** What the output of the failing suite has to say, so that it failed for this and for nothing else. */
  notices: RegExp
}
