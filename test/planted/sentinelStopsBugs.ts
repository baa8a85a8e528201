/** Mistakes in who lets a stopped key go on, where alerts go, and what Sentinel's Worker hears. */
import type { Bug } from './Bug.ts'
import { vitest } from './suites.ts'

const folder = 'workers/control/src/sentinel'
const stops = (only: string) => vitest('workers/control', 'test/stops.test.ts', only)
const channels = (only: string) => vitest('workers/control', 'test/channels.test.ts', only)

export const sentinelStopsBugs: readonly Bug[] = [
  {
    name: 'a payer lets a frozen key go on without the wallet',
    invariant: 'sentinel',
    file: `${folder}/StopRoutes.ts`,
    find: "c.req.valid('json'), side === 'payer')",
    replace: "c.req.valid('json'), false)",
    suite: stops('and a wallet even for an API key'),
    notices: /FAIL .*needs a reason, and a wallet even for an API key of every right/,
  },
  {
    name: 'a payer ends what a provider has stopped',
    invariant: 'sentinel',
    file: `${folder}/StopRoutes.ts`,
    find: 'if (provider !== undefined) {',
    replace: 'if (provider !== undefined && row.payer !== callerOf(c).address) {',
    suite: stops('is nothing to the payer'),
    notices: /FAIL .*is nothing to the payer: neither seen in lists, nor read, nor ended/,
  },
  {
    name: 'unfreezing a key ends a provider’s stop too',
    invariant: 'sentinel',
    file: `${folder}/KeyStops.ts`,
    find: '.filter(({ scope }) => providerOf(scope) === undefined)',
    replace: '',
    suite: stops('a provider’s stays'),
    notices: /FAIL .*a provider’s stays/,
  },
  {
    name: 'a signature that let stops go can be used again',
    invariant: 'sentinel',
    file: `${folder}/StopRelease.ts`,
    find: 'consent?.(orm) ?? []',
    replace: '[]',
    suite: stops('and with one that was used'),
    notices: /FAIL .*stays without the signature, with another wallet’s, and with one that was used/,
  },
  {
    name: 'alerts are mailed to an address that nobody has confirmed',
    invariant: 'sentinel',
    file: `${folder}/Channels.ts`,
    find: "enabled: target.kind !== 'email'",
    replace: 'enabled: true',
    suite: channels('gets nothing but a code'),
    notices: /FAIL .*gets nothing but a code until whoever reads its mail has said it/,
  },
  {
    name: 'a webhook of alerts may go to addresses of the deployment’s own network',
    invariant: 'sentinel',
    file: `${folder}/Channels.ts`,
    find: 'if (!judged.ok) throw',
    replace: "if (!judged.ok && target.url === '') throw",
    suite: channels('a metadata service'),
    notices: /FAIL .*a metadata service/,
  },
  {
    name: 'an event that Sentinel’s queue did not take is acknowledged',
    invariant: 'sentinel',
    file: 'workers/control/src/Consumer.ts',
    find: 'if (told && (counted ||',
    replace: 'if ((counted ||',
    suite: vitest('workers/control', 'test/Consumer.test.ts', 'handing on'),
    notices: /FAIL .*no decision is lost to it/,
  },
  {
    name: 'a decision that is told twice counts twice',
    invariant: 'sentinel',
    file: 'durable-objects/metrics/src/Decisions.ts',
    find: 'if (next === undefined) continue\n    seen = next',
    replace: 'seen = next ?? seen',
    suite: vitest('durable-objects/metrics', 'test/Metrics.test.ts', 'a decision counts once'),
    notices: /FAIL .*a decision counts once/,
  },
]
