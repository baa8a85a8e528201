import { describe, expect, test } from 'vitest'
import { failuresOf, pruneFailures } from '../src/Failures.ts'
import { project } from '../src/Projection.ts'
import { db, emptyBeforeEach, projected } from './database.ts'
import { T0 } from './events.ts'
import { failures, HOUR, sessionOf, told } from './sentinelEvents.ts'

emptyBeforeEach()
const [a, b] = [sessionOf('a1'), sessionOf('b2')]
const hour = (n: number) => new Date(T0 + n * HOUR)

async function tell() {
  await project(db, [
    told(a, { failures: [failures(1, 4, 1, T0 + 5), { ...failures(1, 1, 0, T0), routeId: 'embed' }] }),
    told(a, { failures: [failures(3, 10, 1, T0 + HOUR), failures(9, 12, 3, T0 + 4 * HOUR)] }),
    told(b, { failures: [failures(1, 5, 5, T0 + HOUR + 1)] }),
    told(b, { failures: [{ ...failures(1, 7, 7, T0), providerId: 'zeta', routeId: 'mail' }] }),
  ])
}

describe('failures', () => {
  test('of an hour are those since the one before, of all sessions', async () => {
    await tell()
    expect(await failuresOf(db, { providerId: 'acme' }, hour(0), hour(9))).toEqual([
      { routeId: 'chat', hour: hour(0), calls: 4, failures: 1 },
      { routeId: 'embed', hour: hour(0), calls: 1, failures: 0 },
      { routeId: 'chat', hour: hour(1), calls: 11, failures: 5 },
      { routeId: 'chat', hour: hour(4), calls: 2, failures: 2 },
    ])
    expect(await failuresOf(db, { routeId: 'chat' }, hour(1), hour(4))).toEqual([
      { routeId: 'chat', hour: hour(1), calls: 11, failures: 5 },
    ])
  })

  test('a clock that was put back makes no hour less than nothing', async () => {
    await project(db, [told(a, { failures: [failures(1, 9, 2, T0 + HOUR)] })])
    await project(db, [told(a, { failures: [failures(2, 11, 2, T0)] })])
    expect(await failuresOf(db, { routeId: 'chat' }, hour(1), hour(2))).toMatchObject([{ calls: 0, failures: 0 }])
  })

  test('thrown away, what is left is as it was', async () => {
    await tell()
    const before = await failuresOf(db, { providerId: 'acme' }, hour(4), hour(9))
    expect(await pruneFailures(db, hour(4), 9)).toBe(1)
    expect(await pruneFailures(db, hour(4), 9)).toBe(0)
    expect(await failuresOf(db, { providerId: 'acme' }, hour(4), hour(9))).toEqual(before)
    // The last one before it stays for each.
    expect((await projected()).failures).toHaveLength(5)
  })
})
