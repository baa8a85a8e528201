/** Mistakes of the session object in what it does for Sentinel: rules, stops, what is remembered, decisions. */
import type { Bug } from './Bug.ts'
import { vitest } from './suites.ts'

const folder = 'durable-objects/stream-session/src'
const sentinel = `${folder}/sentinel`
const calls = vitest('durable-objects/stream-session', 'test/Sentinel.test.ts')

export const sentinelObjectBugs: readonly Bug[] = [
  {
    name: 'a call that a rule refuses has its money held all the same',
    invariant: 'sentinel',
    file: `${folder}/Sessions.ts`,
    find: "  if ('kind' in admitted) return admitted\n  const begun = Admission.begin(state, command, held.channel, now, admitted.asked, row.epoch)",
    replace:
      "  const asked = 'kind' in admitted ? undefined : admitted.asked\n  const begun = Admission.begin(state, command, held.channel, now, asked, row.epoch)\n  if ('kind' in admitted) return admitted",
    suite: calls,
    notices: /FAIL .*in session mode, and nothing is held/,
  },
  {
    name: 'an older set takes the place of a newer one',
    invariant: 'sentinel',
    file: `${sentinel}/Sets.ts`,
    find: 'if (revision > revisionOf(state, scope)) {',
    replace: 'if (revision !== revisionOf(state, scope)) {',
    suite: calls,
    notices: /FAIL .*are whole: an older one/,
  },
  {
    name: "a provider's stop refuses calls to everybody",
    invariant: 'sentinel',
    file: `${sentinel}/Stops.ts`,
    find: 'return provider === undefined || provider === providerId',
    replace: 'return provider === undefined || provider !== providerId',
    suite: calls,
    notices: /FAIL .*of a provider sees and stops only the calls to it/,
  },
  {
    name: 'a freeze leaves its sessions open',
    invariant: 'sentinel',
    file: `${sentinel}/Stops.ts`,
    find: '    state.endSessions(id)\n',
    replace: '',
    suite: calls,
    notices: /FAIL .*that freezes ends sessions/,
  },
  {
    name: 'a released rule stops the same call again at once',
    invariant: 'sentinel',
    file: `${sentinel}/Stops.ts`,
    find: 'until: now + snoozeSeconds * 1_000',
    replace: 'until: now',
    suite: calls,
    notices: /FAIL .*holds over an eviction until it is released/,
  },
  {
    name: 'a group that is taken back leaves its calls in what is remembered',
    invariant: 'sentinel',
    file: `${sentinel}/Memory.ts`,
    find: '    this.#draft.note(() => this.#live.delete(name))\n    live.view',
    replace: '    live.view',
    suite: calls,
    notices: /FAIL .*goes with a transaction that fails/,
  },
  {
    name: 'a stop is decided, and its decision is not told',
    invariant: 'sentinel',
    file: `${sentinel}/SentinelStore.ts`,
    find: "...found('sentinel_decision').map",
    replace: "...found('sentinel_decision').slice(1).map",
    suite: vitest('durable-objects/stream-session', 'test/Sentinel.test.ts', 'is told once'),
    notices: /FAIL .*that alerts lets the call through, and is told once/,
  },
  {
    name: 'what the upstream did not serve counts as a call',
    invariant: 'sentinel',
    file: `${sentinel}/Ended.ts`,
    find: "how === 'posted' || charged > 0n",
    replace: 'true',
    suite: calls,
    notices: /FAIL .*takes back what the upstream did not serve/,
  },
  {
    name: 'a lease is as long as its isolate wishes, whatever the rules say',
    invariant: 'sentinel',
    file: `${sentinel}/Leased.ts`,
    find: '    if (!Rule.stops(set.set)) continue\n',
    replace: '    if (Rule.stops(set.set)) continue\n',
    suite: calls,
    notices: /FAIL .*as long as no rule that stops something could match/,
  },
  {
    name: 'the money breaker is asked when the budget is spent already',
    invariant: 'sentinel',
    file: `${sentinel}/Guard.ts`,
    find: '  if (!isRefused) refused = budget(state, verdicts, call)\n',
    replace: '',
    suite: calls,
    notices: /FAIL .*opens before the budget is passed/,
  },
  {
    name: 'a flood writes a decision for each of its calls',
    invariant: 'sentinel',
    file: `${sentinel}/Decisions.ts`,
    find: 'const ms = isRefused ? REFUSED_MS : GRANTED_MS',
    replace: 'const ms = isRefused ? 0 : GRANTED_MS',
    suite: calls,
    notices: /FAIL .*floods write next to nothing/,
  },
]
