/** Mistakes in what Sentinel decides by: windows, breakers, rules and the sense for what is strange. */
import type { Bug } from './Bug.ts'
import { vitest } from './suites.ts'

const windows = vitest('core', 'test/window/Window.test.ts')
const breakers = vitest('core', 'test/breaker/Breaker.test.ts')
const rules = vitest('core', 'test/rule/Rules.test.ts')
const ranges = vitest('core', 'test/formula/Ranges.test.ts')
const leases = vitest('core', 'test/rule/Lease.test.ts')
const cross = vitest('core', 'test/rule/Cross.test.ts')
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
    find: 'isCall ? 0 : -1',
    replace: '0',
    suite: vitest('core', 'test/rule/Features.test.ts'),
    notices: /FAIL .*counts and sums are those of brute force/,
  },
]

const inLeases: readonly Bug[] = [
  {
    name: 'a lease does not know of the others that are out',
    invariant: 'sentinel',
    file: 'core/src/rule/Future.ts',
    find: 'out.reduce((sum, lease) => sum + lease.count, before)',
    replace: 'before',
    suite: leases,
    notices: /FAIL .*no more than what is left after the other leases/,
  },
  {
    name: 'for a lease, what is in flight stays as it is',
    invariant: 'sentinel',
    file: 'core/src/rule/Future.ts',
    find: 'until.count(span) - wish.inFlight.count',
    replace: 'until.count(span)',
    suite: leases,
    notices: /FAIL .*(of what may be taken back|is one that a rule would have stopped)/,
  },
  {
    name: 'for a lease, windows are those of its beginning',
    invariant: 'sentinel',
    file: 'core/src/rule/Future.ts',
    find: 'const low = until.sum(span)',
    replace: 'const low = now.sum(span)',
    suite: leases,
    notices: /FAIL .*(of what leaves the window meanwhile|is one that a rule would have stopped)/,
  },
  {
    name: 'for a lease, what may match ends its group as if it did',
    invariant: 'sentinel',
    file: 'core/src/rule/Lease.ts',
    find: 'isSure(range, fails, fail)) isSpared',
    replace: 'range?.true === true) isSpared',
    suite: leases,
    notices: /FAIL .*(as rules are asked|is one that a rule would have stopped)/,
  },
  {
    name: 'a rule that wakes up during a lease is left asleep',
    invariant: 'sentinel',
    file: 'core/src/rule/Lease.ts',
    find: "state !== 'enabled' || to < asleep",
    replace: "state !== 'enabled' || from < asleep",
    suite: leases,
    notices: /FAIL .*as rules are asked/,
  },
  {
    name: 'over a range that crosses 0 a quotient is that of its far end',
    invariant: 'sentinel',
    file: 'core/src/formula/IntRanges.ts',
    find: 'low: most(b.low, 1n), high',
    replace: 'low: b.high, high',
    suite: ranges,
    notices: /FAIL .*never comes to what is not in its range/,
  },
  {
    name: 'in a range, a side without a value is as if it were false',
    invariant: 'sentinel',
    file: 'core/src/formula/Ranges.ts',
    find: '(left.fails && (right.fails || can(b, !decisive))) ||',
    replace: '',
    suite: ranges,
    notices: /FAIL .*never comes to what is not in its range/,
  },
  {
    name: 'a list is looked through once, though it may change',
    invariant: 'sentinel',
    file: 'core/src/formula/Compile.ts',
    find: '!Object.isFrozen(list) || ',
    replace: '',
    suite: vitest('core', 'test/formula/Formula.test.ts'),
    notices: /FAIL .*lists that change are read anew/,
  },
  {
    name: 'rules over all keys are asked of one',
    invariant: 'sentinel',
    file: 'core/src/rule/Schema.ts',
    find: 'all.filter((each) => each.over === what)',
    replace: '[...all]',
    suite: cross,
    notices: /FAIL .*stand in one set with those over one key/,
  },
  {
    name: 'five minutes without revenue are left out',
    invariant: 'sentinel',
    file: 'core/src/rule/ScopeState.ts',
    find: 'Math.max(this.#bucket, bucket - MOST_BUCKETS)',
    replace: 'Math.max(this.#bucket, bucket - 1)',
    suite: cross,
    notices: /FAIL .*a silence (counts as nothing|of years is no more work)/,
  },
  {
    name: 'a call that was refused counts once its state is made anew',
    invariant: 'sentinel',
    file: 'core/src/rule/KeyState.ts',
    find: "if (what === 'g') this.granted(ask)",
    replace: 'this.granted(ask)',
    suite: vitest('core', 'test/rule/KeyWindows.test.ts'),
    notices: /FAIL .*comes back from any snapshot and the entries of its log/,
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

export const sentinelBugs: readonly Bug[] = [...inWindows, ...inBreakers, ...inRules, ...inLeases, ...inDetection]
