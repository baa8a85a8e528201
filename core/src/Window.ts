/** Sliding windows of bounded size over a key's events: sums, counts and distinct names. See `window/README.md`. */
export { Distinct, type DistinctOptions, type DistinctState } from './window/Distinct.ts'
export { Sums, type SumsState, type WindowOptions } from './window/Sums.ts'
