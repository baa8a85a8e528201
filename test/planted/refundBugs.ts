/** Mistakes about refunds that wait: what is on its way back must not be spent meanwhile. */
import type { Bug } from './Bug.ts'
import { vitest } from './suites.ts'

const closing = (only: string) => vitest('durable-objects/stream-session', 'test/Closing.test.ts', only)
const unheard = (only: string) => vitest('workers/settlement', 'test/UnheardRefund.test.ts', only)
const refund = 'workers/settlement/src/Refund.ts'

export const refundBugs: readonly Bug[] = [
  {
    name: 'what a refund claims counts as claimed before depth k',
    invariant: 'I8',
    file: 'core/src/Ledger.ts',
    find: '    seenBlock: Math.max(channel.seenBlock, done.block ?? 0),\n  })\n}\n\n/** The refund failed',
    replace:
      '    seenBlock: Math.max(channel.seenBlock, done.block ?? 0),\n    claimed,\n  })\n}\n\n/** The refund failed',
    suite: vitest('core', 'test/Ledger.test.ts', 'reorganised away and the key has stopped'),
    notices: /FAIL .*what a refund claimed is lost with it/,
  },
  {
    name: 'a claim that a refund has mined is sent once more',
    invariant: 'I9',
    file: 'workers/settlement/src/Due.ts',
    find: '    else if (isDone(newest, row, i)) ack(work)\n',
    replace: '',
    suite: vitest('workers/settlement', 'test/Settlement.test.ts', 'not sent again while it is not final'),
    notices: /FAIL .*what it has claimed is not sent again/,
  },
  {
    name: 'a look ends a refund that nobody has reported for ten minutes',
    invariant: 'I6',
    file: 'durable-objects/stream-session/src/Chain.ts',
    find: '    const next = Ledger.reconcile(row.channel, event, pending(state, event))\n',
    replace:
      '    const open = row.channel.refund\n' +
      '    const lost = open !== undefined && now >= open.at + 600_000\n' +
      '    const known = lost ? Ledger.refundFailed(row.channel, open.refundId) : row.channel\n' +
      '    const next = Ledger.reconcile(known, event, pending(state, event))\n',
    suite: closing('under way for hours'),
    notices: /FAIL .*no look opens it again/,
  },
  {
    name: 'a refund that waits in its lane counts as one that never came there',
    invariant: 'I6',
    file: refund,
    find: "    return item === undefined || item.state === 'failed'\n",
    replace: "    return item?.state !== 'mined' && item?.state !== 'confirmed'\n",
    suite: unheard('waits for a block'),
    notices: /FAIL .*looks say nothing of it/,
  },
  {
    name: 'a lane that does not answer has no refund',
    invariant: 'I6',
    file: refund,
    find: "message: error instanceof Error ? error.message : 'unknown' })\n    return false\n",
    replace: "message: error instanceof Error ? error.message : 'unknown' })\n    return true\n",
    suite: unheard('does not answer'),
    notices: /FAIL .*looks go on and say nothing of it/,
  },
  {
    name: 'a refund that never came is given up, and may still come',
    invariant: 'I6',
    file: refund,
    find: '.giveUp(1, itemId({ refundId }))',
    replace: '.status(1, itemId({ refundId }))',
    suite: unheard('never came to the lane'),
    notices: /FAIL .*coming after all it is refused/,
  },
  {
    name: 'an order that is given up while the lane tests it is taken on',
    invariant: 'I9',
    file: 'durable-objects/nonce-lane/src/Runner.ts',
    find: '      if (this.#journal.givenUp.has(order.id)) return GIVEN_UP\n',
    replace: '',
    suite: vitest('durable-objects/nonce-lane', 'test/GivenUp.test.ts'),
    notices: /FAIL .*given up while it is tested/,
  },
]
