/** Mistakes in what looks after the rest: chain watcher, comparison of database, sessions and chain, and the simulator. */
import type { Bug } from './Bug.ts'
import { vitest } from './suites.ts'

const watcher = (only: string) => vitest('durable-objects/chain-watcher', 'test/Watcher.test.ts', only)

const comparison = (only: string) => vitest('workers/control', 'test/reconcile.test.ts', only)
const rows = (only: string) => vitest('workers/control', 'test/ReconcileCharges.test.ts', only)
const charges = 'workers/control/src/ReconcileCharges.ts'

export const watchBugs: readonly Bug[] = [
  {
    name: 'a chain that was away for a moment is left alone for a minute',
    invariant: 'I8',
    file: 'durable-objects/chain-watcher/src/Watcher.ts',
    find: 'export const LONGEST_PAUSE = 15_000\n',
    replace: 'export const LONGEST_PAUSE = 60_000\n',
    suite: watcher('within 15 s, always'),
    notices: /FAIL .*is asked again within 15 s, always/,
  },
  {
    name: 'a node that hangs makes every look later by as much',
    invariant: 'I8',
    file: 'durable-objects/chain-watcher/src/Watcher.ts',
    find: 'return Math.max(soon, this.#began + pause)',
    replace: 'return Math.max(soon, this.#ports.now() + pause)',
    suite: watcher('part of the pause'),
    notices: /FAIL .*what a look takes is part of the pause/,
  },
  {
    name: 'one row of a full statement is not written',
    invariant: 'I13',
    file: 'db/src/ProjectionRows.ts',
    find: 'out.push(rows.slice(i, i + size))',
    replace: 'out.push(rows.slice(i, i + Math.max(1, size - 1)))',
    suite: comparison('that are all there are added up once'),
    notices: /FAIL .*that are all there are added up once/,
  },
  {
    name: 'a lost row that shows in no sum is passed over',
    invariant: 'I13',
    file: charges,
    find: '    if (missing.length + twice.length + broken.size > 0) {\n',
    replace: '    if (twice.length + broken.size > 0) {\n',
    suite: rows('was the first of its channel'),
    notices: /FAIL .*was the first of its channel is told of the next row/,
  },
  {
    name: 'the last charges of a session are not missed',
    invariant: 'I13',
    file: charges,
    find: 'if (!seen.whole || recorded === undefined || recorded === spent) return undefined',
    replace: 'if (!seen.whole || recorded === undefined || recorded <= spent) return undefined',
    suite: comparison('the last of which are lost'),
    notices: /FAIL .*the last of which are lost/,
  },
  {
    name: 'a charge counts with what its session says, whatever its amount is',
    invariant: 'I13',
    file: charges,
    find: 'if (after !== undefined && said !== after && !broken.has(channelId)) {',
    replace: 'if (after !== undefined && said !== undefined && said < after && !broken.has(channelId)) {',
    suite: comparison('one of which is lost'),
    notices: /FAIL .*one of which is lost/,
  },
  {
    name: 'a row that is there twice is counted with the first',
    invariant: 'I13',
    file: charges,
    find: 'twice.push(String(row.seq))',
    replace: 'at.tail = String(row.seq)',
    suite: rows('twice under one number'),
    notices: /FAIL .*twice under one number is neither/,
  },
  {
    name: 'what a refund has claimed and paid out is told as claimed only',
    invariant: 'I8',
    file: 'workers/settlement/src/Refund.ts',
    find: "    acks.push({ session, event: { kind: 'payout', channelId, total } })\n",
    replace: '',
    suite: vitest('test/sim', 'worlds.test.ts'),
    notices: /FAIL .*are the same with the real settlement and lane/,
  },
]
