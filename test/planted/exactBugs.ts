/** Mistakes with transfers that pay for one call each (durable-objects/exact-claim). */
import type { Bug } from './Bug.ts'
import { vitest } from './suites.ts'

const claim = 'durable-objects/exact-claim'
const suite = (only: string) => vitest(claim, 'test/ExactClaim.test.ts', only)

export const exactBugs: readonly Bug[] = [
  {
    name: 'a caller that was given up releases what its successor holds',
    invariant: 'I2',
    file: `${claim}/src/Claims.ts`,
    find: '  release(held: Held, freesId: boolean): void {\n    const row = this.#held(held)\n',
    replace: '  release(held: Held, freesId: boolean): void {\n    const row = this.#row(held.nonce)\n',
    suite: suite('a caller that is not heard of again'),
    notices: /FAIL .*a late release takes nothing away from its successor/,
  },
  {
    name: 'an id whose caller is not heard of again has its upstream called once more, though nobody has paid',
    invariant: 'I2',
    file: `${claim}/src/Claims.ts`,
    find: "if (first.state === 'serving' && first.held_until <= now) return { kind: 'duplicate' }\n",
    replace: "if (first.state === 'serving' && first.held_until <= now) return this.#retake(command, first, now)\n",
    suite: suite('stay taken when the first caller'),
    notices: /FAIL .*stay taken when the first caller was never heard of again/,
  },
  {
    name: 'an object that has let everything go believes that its alarm is still set, and keeps the next rows for good',
    invariant: 'I8',
    file: `${claim}/src/ExactClaim.ts`,
    find: '    this.#alarmAt = undefined\n    await this.ctx.storage.deleteAll()\n',
    replace: '    await this.ctx.storage.deleteAll()\n',
    suite: suite('comes for what is taken after'),
    notices: /FAIL .*comes for what is taken after the object has let everything go/,
  },
]
