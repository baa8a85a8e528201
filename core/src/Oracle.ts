/** Signals from outside that prices depend on: what is taken of a value, and what a card sees of it. */
export { pick, parsePath, type Path } from './oracle/JsonPath.ts'
export { MAX_DECIMALS, readNumber, readWord } from './oracle/Number.ts'
export { read, type Signal, type Wanted, wantedBy } from './oracle/Signal.ts'
export { INT64_MAX, INT64_MIN, isInteger, type Rules, take, type Taken } from './oracle/Value.ts'
