/** Mistakes in what Sentinel decides by: windows, breakers, rules and the sense for what is strange. */
import type { Bug } from './Bug.ts'
import { vitest } from './suites.ts'

const windows = vitest('core', 'test/window/Window.test.ts')
const breakers = vitest('core', 'test/breaker/Breaker.test.ts')
const rules = vitest('core', 'test/rule/Rules.test.ts')
const watch = vitest('core', 'test/anomaly/Watch.test.ts')
const detector = vitest('core', 'test/anomaly/Detector.test.ts')

const inWindows: readonly Bug[] = [
  {
    name: 'a window is a part too short',
    invariant: 'sentinel',
    file: 'core/src/window/Sums.ts',
    find: 'last - this.#parts - 1',
    replace: 'last - this.#parts',
    suite: windows,
    notices: /FAIL .*are those of brute force in whatever order events come/,
  },
  {
    name: 'what is late at the edge of a window is not counted',
    invariant: 'sentinel',
    file: 'core/src/window/Sums.ts',
    find: 'if (part >= this.#newest - this.#parts)',
    replace: 'if (part > this.#newest - this.#parts)',
    suite: windows,
    notices: /FAIL .*are those of brute force in whatever order events come/,
  },
  {
    name: 'who comes again late is seen last when he came late',
    invariant: 'sentinel',
    file: 'core/src/window/Distinct.ts',
    find: 'Math.max(part, this.#seen.get(name) ?? 0)',
    replace: 'part',
    suite: windows,
    notices: /FAIL .*distinct names > are those of brute force/,
  },
]

const inBreakers: readonly Bug[] = [
  {
    name: 'any answer counts as one of a probe',
    invariant: 'sentinel',
    file: 'core/src/breaker/State.ts',
    find: 'open === undefined || open.holds || !open.probing.some(([number]) => number === probe)',
    replace: 'open === undefined || open.holds',
    suite: breakers,
    notices: /FAIL .*(lapses, and its late answer means nothing|only live ones decide)/,
  },
  {
    name: 'a bad probe opens it for no longer',
    invariant: 'sentinel',
    file: 'core/src/breaker/State.ts',
    find: 'const openings = isCalm ? 1 : state.openings + 1',
    replace: 'const openings = 1',
    suite: breakers,
    notices: /FAIL .*a bad probe opens it for twice as long/,
  },
  {
    name: 'a trip while it is open makes it last',
    invariant: 'sentinel',
    file: 'core/src/breaker/State.ts',
    find: "open !== undefined && phase(state, now, options) === 'open'",
    replace: 'open?.holds === true',
    suite: breakers,
    notices: /FAIL .*another trip changes nothing/,
  },
  {
    name: 'what hovers below the line counts as calm',
    invariant: 'sentinel',
    file: 'core/src/breaker/Judge.ts',
    find: 'spent * 1000n <= budget * BigInt(goodUpTo)',
    replace: 'spent * 1000n < budget * BigInt(badFrom)',
    suite: breakers,
    notices: /FAIL .*does not open and close|FAIL .*spent of a budget of .*between/,
  },
]

const inRules: readonly Bug[] = [
  {
    name: 'a draft in shadow acts',
    invariant: 'sentinel',
    file: 'core/src/rule/Evaluate.ts',
    find: "rule.state === 'shadow' ? 'shadow' : ",
    replace: '',
    suite: rules,
    notices: /FAIL .*a rule in shadow or snoozed is recorded and not done/,
  },
  {
    name: 'a rule that fails closed lets through what it cannot judge',
    invariant: 'sentinel',
    file: 'core/src/rule/Evaluate.ts',
    find: "!result.ok && rule.fail === 'open'",
    replace: '!result.ok',
    suite: rules,
    notices: /FAIL .*a match for one that fails closed/,
  },
  {
    name: 'the last hard action is done instead of the hardest',
    invariant: 'sentinel',
    file: 'core/src/rule/Evaluate.ts',
    find: 'decided === undefined || actions.indexOf(rule.action) > actions.indexOf(decided.action)',
    replace: "decided === undefined || rule.action !== 'allow'",
    suite: rules,
    notices: /FAIL .*the hardest action is done/,
  },
  {
    name: 'entries of a list stay when they have expired',
    invariant: 'sentinel',
    file: 'core/src/rule/Lists.ts',
    find: 'now < this.#from || now >= this.#until',
    replace: 'this.#from === Infinity',
    suite: rules,
    notices: /FAIL .*entries count until they expire/,
  },
  {
    name: 'a void leaves its call in the count',
    invariant: 'sentinel',
    file: 'core/src/rule/KeyState.ts',
    find: 'charged === 0n ? -1 : 0',
    replace: '0',
    suite: vitest('core', 'test/rule/Features.test.ts'),
    notices: /FAIL .*counts and sums are those of brute force/,
  },
]

const inDetection: readonly Bug[] = [
  {
    name: 'who waits may jump',
    invariant: 'sentinel',
    file: 'core/src/anomaly/Ceiling.ts',
    find: 'GROWTH * Math.min(idle, HOUR)',
    replace: 'GROWTH * idle',
    suite: watch,
    notices: /FAIL .*who waits earns no growth/,
  },
  {
    name: 'what was there once is usual',
    invariant: 'sentinel',
    file: 'core/src/anomaly/Ceiling.ts',
    find: 'this.#greatest = isNew',
    replace: 'this.#greatest = value >= 0',
    suite: watch,
    notices: /FAIL .*an alarm of yesterday does not excuse the same today/,
  },
  {
    name: 'every origin is kept',
    invariant: 'sentinel',
    file: 'core/src/anomaly/Origin.ts',
    find: 'const KNOWN = 64',
    replace: 'const KNOWN = 10_000',
    suite: watch,
    notices: /FAIL .*the state does not grow/,
  },
  {
    name: 'a restored key has forgotten its hours',
    invariant: 'sentinel',
    file: 'core/src/anomaly/Watch.ts',
    find: 'new Rhythm(state?.rhythm)',
    replace: 'new Rhythm()',
    suite: watch,
    notices: /FAIL .*a restored watch goes on the same for a key that it knows/,
  },
  {
    name: 'every new shape is kept',
    invariant: 'sentinel',
    file: 'core/src/anomaly/Shape.ts',
    find: 'const LIBRARY = 32',
    replace: 'const LIBRARY = 3_200',
    suite: detector,
    notices: /FAIL .*the state does not grow with the stream/,
  },
  {
    name: 'new shapes are a surprise where they are common, too',
    invariant: 'sentinel',
    file: 'core/src/anomaly/Shape.ts',
    find: 'return surprise * Math.min(',
    replace: 'return Math.min(',
    suite: detector,
    notices: /FAIL .*chance alone/,
  },
]

export const sentinelBugs: readonly Bug[] = [...inWindows, ...inBreakers, ...inRules, ...inDetection]
