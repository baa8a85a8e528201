/** Mistakes in formulas, and in what a payer makes prices from: quotes, receipts, published cards. */
import type { Bug } from './Bug.ts'
import { vitest } from './suites.ts'

const formulas = (only: string) => vitest('core', 'test/formula/Formula.test.ts', only)
const quotes = (only: string) => vitest('workers/gateway', 'test/Quotes.test.ts', only)
const verified = (only: string) => vitest('sdk/ts', 'test/verify.test.ts', only)

export const quoteBugs: readonly Bug[] = [
  {
    name: 'a formula multiplies beyond 64 bits',
    invariant: 'I13',
    file: 'core/src/formula/Evaluate.ts',
    find: 'return int(a * b, position)',
    replace: 'return a * b',
    suite: formulas('fails as it runs'),
    notices: /FAIL .*1 \+ 9223372036854775807 \* 2 fails as it runs/,
  },
  {
    name: 'a formula reads what its inputs inherit',
    invariant: 'I12',
    file: 'core/src/formula/Evaluate.ts',
    find: 'const value = Object.hasOwn(inputs, name) ? inputs[name] : undefined',
    replace: 'const value = inputs[name]',
    suite: formulas('what an object inherits'),
    notices: /FAIL .*what an object inherits is no input/,
  },
  {
    name: 'a formula with a divisor of 0 is worth 0',
    invariant: 'I6',
    file: 'core/src/formula/Evaluate.ts',
    find: "return b === 0n ? new Failure('division by 0', position) : int(a / b, position)",
    replace: 'return b === 0n ? 0n : int(a / b, position)',
    suite: formulas('fails as it runs'),
    notices: /FAIL .*1 \/ 0 fails as it runs/,
  },
  {
    name: 'a quoted call is charged by the prices of when it is paid',
    invariant: 'I13',
    file: 'workers/gateway/src/Pinned.ts',
    find: '  if (tm !== undefined) return toTerms(tm)\n',
    replace: '  if (tm !== undefined) return { ...toTerms(tm), at: iat * 1_000 + 30 * 60_000 }\n',
    suite: quotes('holds the moment'),
    notices: /FAIL .*holds the moment/,
  },
  {
    name: 'a card is public before it is in force',
    invariant: 'I12',
    file: 'workers/gateway/src/PublishedCard.ts',
    find: ' || route.coming.some((card) => card.version === version)',
    replace: '',
    suite: quotes('before it is in force'),
    notices: /FAIL .*business before it is in force/,
  },
  {
    name: 'a payer believes any charge below the quote',
    invariant: 'I11',
    file: 'sdk/ts/src/verify/Charge.ts',
    find: 'if (BigInt(price) > made) return',
    replace: 'if (BigInt(price) > made + 1n) return',
    suite: verified('of any use'),
    notices: /FAIL .*of any use is what the card charges for it, and never above/,
  },
]
