import { rulesetSnapshot } from '@pbstream/core/message/Sentinel'
import { type RuleInput, seeds } from '@pbstream/core/Rule'
import { describe, expect, test } from 'vitest'
import { loadCatalog, loadSentinel, loadVersions } from '../src/Catalog.ts'
import { changeRuleset } from '../src/RulesetChanges.ts'
import {
  headOf,
  lastVersions,
  ownerSnapshot,
  pushedStatements,
  pushing,
  revisionRow,
  revisionsOf,
  snapshotsOf,
  versionsOf,
} from '../src/Rulesets.ts'
import { db, emptyBeforeEach } from './database.ts'
import { T0 } from './events.ts'

emptyBeforeEach()
const OWNER = 'owner:live:0xa1'
const ACME = 'provider:acme'

const rule = (id: string, version = 1): RuleInput => ({
  ...{ id, version, name: id, when: `count.minute > ${version}`, severity: 'low', action: 'alert', fail: 'open' },
})
const breaker = {
  ...{ budget: '1000', windowMs: 60_000 as const, badFrom: 1_000, goodUpTo: 500 },
  ...{ openMs: 1_000, maxOpenMs: 1_000, probes: 1, probeMs: 1_000, calmMs: 0 },
}

/** Puts rules in force, as the API does. */
async function put(scope: string, rules: RuleInput[], at = T0, start?: number) {
  const by = { chain: `of/${scope}`, actor: 'somebody', at: new Date(at) }
  return changeRuleset(db, by, scope, async (before) => ({
    ...{ rules, lists: [{ name: 'bad', entries: [{ value: 'x', until: 9 }] }] },
    ...{ breaker: rules.length > 1 ? breaker : null, revision: start ?? before?.revision ?? 0 },
  }))
}

describe('the set in force', () => {
  test('is none at first; of the platform it is the seeds', async () => {
    expect(await headOf(db, 'platform')).toBeUndefined()
    expect(await snapshotsOf(db, ['platform', ACME])).toEqual([
      { scope: 'platform', revision: 1, rules: seeds, lists: [] },
    ])
    expect(await ownerSnapshot(db, OWNER)).toBeUndefined()
    expect(rulesetSnapshot.safeParse((await snapshotsOf(db, ['platform']))[0]).success).toBe(true)
  })

  test('is the newest of its scope, whole, in the form that objects take', async () => {
    await put(ACME, [rule('one')])
    await put(ACME, [rule('one', 2), rule('two')], T0 + 1)
    await put('platform', [rule('three')], T0, 1)
    const lists = [{ name: 'bad', entries: [{ value: 'x', until: 9 }] }]
    const found = await snapshotsOf(db, [ACME, 'provider:other', 'platform'])
    expect(found.sort((a, b) => (a.scope < b.scope ? -1 : 1))).toEqual([
      { scope: 'platform', revision: 2, rules: [rule('three')], lists },
      { scope: ACME, revision: 2, rules: [rule('one', 2), rule('two')], lists, breaker },
    ])
    for (const each of found) expect(rulesetSnapshot.safeParse(each).error).toBeUndefined()
  })

  test('of an owner goes to his keys as `owner`, and to no gateway', async () => {
    await put(OWNER, [rule('one')])
    expect(await ownerSnapshot(db, OWNER)).toMatchObject({ scope: 'owner', revision: 1, rules: [rule('one')] })
    expect(await snapshotsOf(db, [OWNER, 'owner'])).toEqual([])
    expect(await loadSentinel(db, 0)).toMatchObject({ platform: 1, providers: {} })
  })
})

describe('what was', () => {
  test('is listed from the newest on, below a revision, and each set can be read', async () => {
    for (const n of [1, 2, 3]) await put(ACME, [rule('one', n)], T0 + n)
    await put('provider:acme2', [rule('other')])
    const revisions = async (before?: number, limit = 9) =>
      (await revisionsOf(db, ACME, before, limit)).map(({ revision }) => revision)
    expect([await revisions(), await revisions(3), await revisions(undefined, 1)]).toEqual([[3, 2, 1], [2, 1], [3]])
    expect(await revisionRow(db, ACME, 2)).toMatchObject({ rules: [rule('one', 2)], createdAt: new Date(T0 + 2) })
    expect(await revisionRow(db, ACME, 4)).toBeUndefined()
  })

  test('every text of a rule is kept, and its last version is known though it is gone', async () => {
    for (const n of [1, 2, 3]) await put(ACME, [rule('one', n), rule('two')], T0 + n)
    await put(ACME, [], T0 + 4)
    await put('platform', [rule('one', 9)])
    const versions = async (before?: number) =>
      (await versionsOf(db, ACME, 'one', before, 9)).map(({ version, revision }) => [version, revision])
    expect([await versions(), await versions(3)]).toEqual([
      [
        [3, 3],
        [2, 2],
        [1, 1],
      ],
      [
        [2, 2],
        [1, 1],
      ],
    ])
    const ids = [...Array.from({ length: 100 }, (_, i) => `r${i}`), 'one', 'two']
    expect(await lastVersions(db, ACME, ids)).toEqual(
      new Map([
        ['one', 3],
        ['two', 1],
      ]),
    )
  })
})

describe('the way of an owner’s set to his keys', () => {
  test('is open until it was pushed to the last of them, and begins again with the next set', async () => {
    await put(OWNER, [rule('one')])
    await put(ACME, [rule('one')])
    const open = async () =>
      (await pushing(db, 9)).map(({ scope, revision, pushedAfter }) => [scope, revision, pushedAfter])
    expect(await open()).toEqual([[OWNER, 1, '']])
    await db.atomically((orm) => pushedStatements(db, orm, OWNER, 1, 'sk_5'))
    expect(await open()).toEqual([[OWNER, 1, 'sk_5']])
    await db.atomically((orm) => pushedStatements(db, orm, OWNER, 1, undefined))
    expect(await open()).toEqual([])
    await put(OWNER, [rule('one', 2)], T0 + 1)
    expect(await open()).toEqual([[OWNER, 2, '']])
    // The end of the push before comes late.
    await db.atomically((orm) => pushedStatements(db, orm, OWNER, 1, undefined))
    expect(await open()).toEqual([[OWNER, 2, '']])
    expect(await headOf(db, OWNER)).toMatchObject({ revision: 2, pushedRevision: 1 })
  })
})

describe('gateways', () => {
  test('hear of the revisions of the platform and of providers, and of nothing else', async () => {
    const before = await loadVersions(db)
    await put(ACME, [rule('one')])
    await put(ACME, [rule('two')], T0 + 1)
    await put('provider:zeta', [rule('one')])
    await put('platform', [rule('one')], T0, 1)
    const { sentinel: version, ...rest } = await loadVersions(db)
    expect([version, rest]).toEqual([4, { version: before.version, signals: before.signals }])
    await put(OWNER, [rule('one')])
    expect((await loadVersions(db)).sentinel).toBe(4)
    expect((await loadCatalog(db)).sentinel).toEqual({
      ...{ version: 4, platform: 2, providers: { acme: 2, zeta: 1 }, breakers: [] },
    })
  })
})
