/** Mistakes of the gateway in metering: what is held, when it grows, what is passed on and what is charged for it. */
import type { Bug } from './Bug.ts'
import { vitest } from './suites.ts'

const gateway = 'workers/gateway'
const suite = (file: string, only: string) => vitest(gateway, `test/${file}.test.ts`, only)

export const meteringBugs: readonly Bug[] = [
  {
    name: 'what the hold does not pay for is passed on',
    invariant: 'I6',
    file: `${gateway}/src/Meter.ts`,
    find: '      if (!(await this.#hold.growNow()) || this.#cause !== undefined) break\n',
    replace: '      if (!(await this.#hold.growNow())) return length\n',
    suite: suite('Growth', 'as far as there is room'),
    notices: /FAIL .*goes as far as there is room/,
  },
  {
    name: 'a token that was held back by the cut is charged',
    invariant: 'I13',
    file: `${gateway}/src/Meter.ts`,
    find: "    if (before !== undefined) this.#finished = { usage: { units: before, source: 'counted' }, rest: [] }\n",
    replace: '',
    suite: suite('Growth', 'charges no token that did not come'),
    notices: /FAIL .*charges no token that did not come/,
  },
  {
    name: 'a hold grows above what the request may cost',
    invariant: 'I1',
    file: `${gateway}/src/Hold.ts`,
    find: '    const wanted = to < this.ceiling ? to : this.ceiling\n',
    replace: '    const wanted = to\n',
    suite: suite('Growth', 'above the ceiling'),
    notices: /FAIL .*never grows above the ceiling/,
  },
  {
    name: 'who leaves before the usage is said does not pay for it',
    invariant: 'I7',
    file: `${gateway}/src/Meter.ts`,
    find: '    if (this.#reader?.awaitsUsage === true) this.#last = setTimeout(release, READ_ON_MS)\n    else release()\n',
    replace: '    release()\n',
    suite: suite('Growth', 'when all of it was made'),
    notices: /FAIL .*pays what the answer used, when all of it was made/,
  },
  {
    name: 'a caller that takes nothing keeps its upstream for ever',
    invariant: 'I7',
    file: `${gateway}/src/Meter.ts`,
    find: '    this.#writingSince = this.#metering.now()\n',
    replace: '',
    suite: suite('Growth', 'has left after two minutes'),
    notices: /FAIL .*has left after two minutes/,
  },
  {
    name: 'the receipt names all that was used, and the hold was paid for less',
    invariant: 'I11',
    file: `${gateway}/src/Bill.ts`,
    find: '      return { amount: Rate.charge(rule, paid, terms), usage: paid }\n',
    replace: '      return { amount: Rate.charge(rule, paid, terms), usage }\n',
    suite: suite('Bill', 'leaves out'),
    notices: /FAIL .*leaves out what the hold does not pay for/,
  },
  {
    name: 'the maximum of a card is given away: a stream above it is never cut',
    invariant: 'I6',
    file: `${gateway}/src/Gauge.ts`,
    find: '    if (charge !== this.#amount) return charge < this.#amount\n',
    replace: '    if (charge >= 0n) return charge <= this.#amount\n',
    suite: suite('Bill', 'above the maximum'),
    notices: /FAIL .*does not give away what is above the maximum/,
  },
  {
    name: 'a customer is placed by what this key used alone',
    invariant: 'I13',
    file: `${gateway}/src/Pricing.ts`,
    find: 'position: together(counted, others) ?? counted',
    replace: 'position: counted',
    suite: suite('Customers', 'where it stands'),
    notices: /FAIL .*is charged where it stands/,
  },
  {
    name: 'the upstream gets the digest of a body that it does not get',
    invariant: 'I2',
    file: `${gateway}/src/Upstream.ts`,
    find: "    if (body.kind === 'whole' && body.isRewritten === true) headers.delete('content-digest')\n",
    replace: '',
    suite: suite('Tokens', 'ordered with usage'),
    notices: /FAIL .*is ordered with usage/,
  },
  {
    name: 'a session holds the whole of what a stream may cost',
    invariant: 'I1',
    file: `${gateway}/src/Pricing.ts`,
    find: '  if (!canGrow) return ceiling\n',
    replace: '  if (canGrow || !canGrow) return ceiling\n',
    suite: suite('Tokens', 'holds its first step'),
    notices: /FAIL .*holds its first step/,
  },
]
