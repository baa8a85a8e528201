/** Mistakes in what looks after the rest: the chain watcher, and the comparison of database, sessions and chain. */
import type { Bug } from './Bug.ts'
import { vitest } from './suites.ts'

const watcher = (only: string) => vitest('durable-objects/chain-watcher', 'test/Watcher.test.ts', only)

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
]
