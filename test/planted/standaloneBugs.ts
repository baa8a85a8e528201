/** Mistakes in what the gateway does for providers' own servers (workers/gateway/src/standalone). */
import type { Bug } from './Bug.ts'
import { vitest } from './suites.ts'

const standalone = 'workers/gateway/src/standalone'
const suite = (file: string, only: string) => vitest('workers/gateway', `test/${file}.test.ts`, only)

export const standaloneBugs: readonly Bug[] = [
  {
    name: 'an authorised payment is captured by whoever has its id, of whichever owner',
    invariant: 'I4',
    file: `${standalone}/Finish.ts`,
    find: ' || claims.own !== owner || claims.mod !== mode',
    replace: '',
    suite: suite('paymentsRefused', 'of another owner'),
    notices: /FAIL .*is answered by capture like what never was/,
  },
  {
    name: 'a quote for one price of a server pays for another one',
    invariant: 'I6',
    file: `${standalone}/Authorize.ts`,
    find: '    inputs: { only: `${asked.price} ${digest}` },\n',
    replace: '    inputs: { only: digest },\n',
    suite: suite('payments', 'pays for no other'),
    notices: /FAIL .*pays for no other price/,
  },
  {
    name: 'a receipt is given for a charge that the session did not take',
    invariant: 'I11',
    file: `${standalone}/Finish.ts`,
    find: '  if (posted.done) return json(ask, captured(payment, amount, receipt))\n',
    replace: '  if (posted !== null) return json(ask, captured(payment, amount, receipt))\n',
    suite: suite('paymentsRefused', 'captures one amount only'),
    notices: /FAIL .*captures one amount only/,
  },
  {
    name: 'an answer waits on a report that travels with another call, and takes it for done',
    invariant: 'I11',
    file: 'workers/gateway/src/Reporter.ts',
    find: '  return gather(name, open, what, patienceMs, true)\n',
    replace: '  return gather(name, open, what, patienceMs, false).then((reply) => reply ?? { done: true })\n',
    suite: suite('paymentsBeside', 'is not said to be'),
    notices: /FAIL .*a capture after the end is not said to be one/,
  },
]
