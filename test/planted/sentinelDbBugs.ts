/** Mistakes of the rows of Sentinel: what stands of two versions of them, who is shown them, who hears of a change. */
import type { Bug } from './Bug.ts'
import { vitest } from './suites.ts'

const d1 = (file: string, only: string) => vitest('db', `test/${file}.test.ts`, only, 'vitest.d1.config.ts')

export const sentinelDbBugs: readonly Bug[] = [
  {
    name: 'a payer is shown what providers decided about its keys',
    invariant: 'sentinel',
    file: 'db/src/Decisions.ts',
    find: "  const whole = ['platform', 'owner']\n",
    replace: "  const whole = ['platform', 'owner', 'provider:acme']\n",
    suite: d1('Decisions', 'of a payer'),
    notices: /FAIL .*of a payer are those about the whole of his keys/,
  },
  {
    name: 'a stop that was released holds again when an older event comes late',
    invariant: 'sentinel',
    file: 'db/src/ProjectionSentinel.ts',
    find: '${stop.releasedAt} is null and excluded.released_at is not null and excluded.session',
    replace: 'excluded.session',
    suite: d1('ProjectionSentinel', 'stays so|in any order'),
    notices: /FAIL .*a stop that is released stays so, and keeps who released it/,
  },
  {
    name: 'a session releases the stop of another by its id',
    invariant: 'sentinel',
    file: 'db/src/ProjectionSentinel.ts',
    find: ' and excluded.session = ${stop.session}',
    replace: '',
    suite: d1('ProjectionSentinel', 'another session'),
    notices: /FAIL .*another session does not release a stop by its id/,
  },
  {
    name: 'a decision loses its repeats to an older row of it',
    invariant: 'sentinel',
    file: 'db/src/ProjectionSentinel.ts',
    find: '        setWhere: sql`excluded.repeats > ${decision.repeats}`,\n',
    replace: '',
    suite: d1('ProjectionSentinel', 'in any order'),
    notices: /FAIL .*in any order, repeated and cut anyhow, ends in the same rows/,
  },
  {
    name: 'a breaker opens, and no gateway looks',
    invariant: 'sentinel',
    file: 'db/src/Breakers.ts',
    find: '    riseSentinel(db, orm),\n',
    replace: '',
    suite: d1('Breakers', 'gateways hear'),
    notices: /FAIL .*gateways hear of those that are not closed, as soon as one changes/,
  },
  {
    name: 'what failures are counted from is thrown away with the hours before',
    invariant: 'sentinel',
    file: 'db/src/Failures.ts',
    find: 'and(lt(f.hour, before), isFollowed)',
    replace: 'and(lt(f.hour, before), sql`(${isFollowed} or true)`)',
    suite: d1('Failures', 'thrown away'),
    notices: /FAIL .*thrown away, what is left is as it was/,
  },
]
