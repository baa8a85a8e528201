/** Mistakes in the paywall of a provider's own server (sdk/ts/src/server). */
import type { Bug } from './Bug.ts'
import { vitest } from './suites.ts'

const server = 'sdk/ts/src/server'
const suite = (name: string, only?: string) => vitest('sdk/ts', `test/server/${name}.test.ts`, only)

export const serverBugs: readonly Bug[] = [
  {
    name: 'a server takes tokens for other servers',
    invariant: 'I6',
    file: `${server}/BehindGateway.ts`,
    find: '  if (!isOurs) return undefined\n',
    replace: '',
    suite: suite('tokens', 'a token is refused'),
    notices: /FAIL .*for another provider/,
  },
  {
    name: 'a server reads its path from a URL that the host header can bend',
    invariant: 'I6',
    file: `${server}/NodeHttp.ts`,
    find: "  if (typeof host !== 'string' || !HOST.test(host)) return ''\n",
    replace: '',
    suite: suite('bodies', 'would bend the URL'),
    notices: /FAIL .*would bend the URL/,
  },
  {
    name: 'a server looks at the method and path of a token and not at its digest',
    invariant: 'I6',
    file: `${server}/BehindGateway.ts`,
    find: "    if (isOf(content.digest)) return 'verified'\n",
    replace: "    return 'verified'\n",
    suite: suite('tokens', 'a token is refused'),
    notices: /FAIL .*for another body/,
  },
  {
    name: 'a server notes a used token by its time only, so that it pays again',
    invariant: 'I2',
    file: `${server}/Replays.ts`,
    find: '    if (this.#young.has(key) || this.#old.has(key)) return false\n',
    replace: '',
    suite: suite('tokens', 'the second time'),
    notices: /FAIL .*the second time/,
  },
  {
    name: 'a server goes on with keys that are older than an hour',
    invariant: 'I6',
    file: `${server}/KeySet.ts`,
    find: '    return this.#age() < STALE_MS ? this.#known?.keys : undefined\n',
    replace: '    return this.#known?.keys\n',
    suite: suite('tokens', 'without news'),
    notices: /FAIL .*without news/,
  },
  {
    name: 'a server charges an answer that is no 2xx',
    invariant: 'I7',
    file: `${server}/Passage.ts`,
    find: '    const isCharged = status >= 200 && status < 300\n',
    replace: '    const isCharged = status >= 200 && status < 500\n',
    suite: suite('passage', 'is not charged'),
    notices: /FAIL .*of 404 is not charged/,
  },
  {
    name: 'a server serves what it could not charge',
    invariant: 'I6',
    file: `${server}/Passage.ts`,
    find: "      return refuse('temporarily_unavailable', 'the charge could not be recorded')\n",
    replace: '      return known\n',
    suite: suite('alone', 'cannot be recorded'),
    notices: /FAIL .*cannot be recorded: nothing is served/,
  },
  {
    name: 'a server charges a caller that left for the whole ceiling',
    invariant: 'I7',
    file: `${server}/Payment.ts`,
    find: '    const charge = this.#set ?? Rate.charge(card, { units: { reported: this.#units } }, ANY_TIME)\n',
    replace:
      '    const charge = this.#closed === undefined ? Rate.charge(card, { units: { reported: this.#units } }, ANY_TIME) : this.ceiling\n',
    suite: suite('alone', 'a caller that leaves'),
    notices: /FAIL .*a caller that leaves pays for what was metered/,
  },
  {
    name: 'a server reads a price as a float',
    invariant: 'I5',
    file: `${server}/Price.ts`,
    find: "    if (text.startsWith('$')) return Amount.parseUnits(text, DECIMALS)\n",
    replace: "    if (text.startsWith('$')) return BigInt(Math.round(Number(text.slice(1)) * 10 ** DECIMALS))\n",
    suite: suite('settings', 'prices'),
    notices: /FAIL .*exactly/,
  },
  {
    name: 'a webhook is taken whenever it was signed',
    invariant: 'I2',
    file: 'sdk/ts/src/webhooks.ts',
    find: '  const now = Math.floor((options.now ?? Date.now)() / 1000)\n',
    replace: "  const now = Number(headers['webhook-timestamp'])\n",
    suite: suite('webhooks', 'five minutes later'),
    notices: /FAIL .*five minutes later/,
  },
]
