/** Oracles on both databases: each value is kept and numbered, and what is in force follows from them. */
import type { PbEvent } from '@pbstream/core/message/Event'
import type * as Rate from '@pbstream/core/Rate'
import { asc, eq } from 'drizzle-orm'
import { beforeEach, describe, expect, test } from 'vitest'
import { loadCatalog, loadSignals, loadVersions } from '../src/Catalog.ts'
import * as Terms from '../src/CustomerTerms.ts'
import * as Changes from '../src/OracleChanges.ts'
import * as Rows from '../src/OracleRows.ts'
import * as Values from '../src/OracleValues.ts'
import { priceHistory } from '../src/PriceHistory.ts'
import { project } from '../src/Projection.ts'
import { publishCard } from '../src/ProvidersCards.ts'
import * as Providers from '../src/Providers.ts'
import * as Routes from '../src/ProvidersRoutes.ts'
import { usageOf } from '../src/UsageTotals.ts'
import { db, emptyBeforeEach } from './database.ts'
import { hex, T0 } from './events.ts'

const OWNER = hex('a1', 20)
const at = (ms: number) => new Date(T0 + ms)
const who = (ms = 0) => ({ owner: OWNER, mode: 'test', actor: 'key_1', at: at(ms) }) as const
const stranger = { ...who(), owner: hex('b2', 20) }
const bounds = { min: '0', max: '100', staleSeconds: 60, smoothing: 0, fallback: '7' }
const terms = { withdrawDelay: null, settleAmount: null, settleAgeMs: null }

const make = (over: Partial<Changes.NewOracle> = {}) =>
  Changes.createOracle(db, who(), {
    ...{ id: 'orc_1', providerId: 'prov_1', name: 'load', kind: 'push', config: {}, secretSealed: 'sealed' },
    ...bounds,
    ...over,
  })
let messages = 0
const say = (value: bigint | undefined, ms: number, over: Partial<Values.Incoming> = {}) =>
  Values.record(db, 'orc_1', {
    ...{ raw: value === undefined ? 'x' : String(value), source: 'push', messageId: `m${++messages}` },
    ...{ sentAt: at(ms), at: at(ms), ...(value === undefined ? {} : { value }) },
    ...over,
  })
const rows = () => db.orm.select().from(db.tables.oracleValue).orderBy(asc(db.tables.oracleValue.seq))
const said = async () => (await rows()).map(({ seq, status, value }) => `${seq} ${status} ${value}`)
const signals = async () => (await loadSignals(db, 0)).values
const oracle = () => Rows.everOracleOf(db, who(), 'orc_1')

emptyBeforeEach()
beforeEach(() => Providers.createProvider(db, who(), { id: 'prov_1', name: 'A', payTo: hex('ac', 20), ...terms }))

describe('values', () => {
  test('are numbered and kept, and the newest is the signal; gateways hear of each by one number', async () => {
    await make()
    const first = (await loadVersions(db)).signals
    await say(40n, 1_000)
    await say(250n, 2_000)
    await say(-3n, 3_000)
    expect(await said()).toEqual(['1 fallback 7', '2 accepted 40', '3 clamped 100', '4 clamped 0'])
    expect((await rows()).map(({ raw }) => raw)).toEqual([null, '40', '250', '-3'])
    expect(await signals()).toEqual({ orc_1: { value: '0', at: T0 + 3_000, staleAt: T0 + 63_000, fallback: '7' } })
    expect((await loadVersions(db)).signals).toBe(first + 3)
    expect((await loadCatalog(db)).signals).toEqual({ version: first + 3, values: await signals() })
  })

  test('a message counts once, however often and whenever it comes', async () => {
    await make()
    await say(40n, 1_000, { messageId: 'once' })
    const { signals: version } = await loadVersions(db)
    const again = await say(90n, 500_000, { messageId: 'once' })
    expect([again?.kind, again?.row.value]).toEqual(['repeated', '40'])
    expect([await said(), (await loadVersions(db)).signals]).toEqual([['1 fallback 7', '2 accepted 40'], version])
  })

  test('that are older than the last one, or no number, are kept and change nothing', async () => {
    await make()
    await say(40n, 5_000)
    await say(90n, 6_000, { sentAt: at(4_999) })
    await say(undefined, 7_000, { error: 'no_number' })
    expect(await said()).toEqual(['1 fallback 7', '2 accepted 40', '3 refused null', '4 refused null'])
    expect((await rows()).map(({ error }) => error)).toEqual([null, null, 'older_than_the_last', 'no_number'])
    expect(await signals()).toMatchObject({ orc_1: { value: '40', at: T0 + 5_000 } })
    expect(await oracle()).toMatchObject({ failingSince: at(6_000), lastError: 'no_number' })
    await say(41n, 8_000)
    expect(await oracle()).toMatchObject({ failingSince: null, lastError: null })
  })

  test('of a clock that is ahead are as old as their arrival, and lock none out that follow', async () => {
    await make()
    await say(40n, 1_000, { sentAt: at(200_000) })
    expect(await signals()).toMatchObject({ orc_1: { at: T0 + 1_000, staleAt: T0 + 61_000 } })
    await say(50n, 2_000)
    expect(await signals()).toMatchObject({ orc_1: { value: '50' } })
  })

  test('of a message that was long on its way are as old as they are', async () => {
    await make()
    await say(40n, 50_000, { sentAt: at(10_000) })
    expect(await signals()).toMatchObject({ orc_1: { at: T0 + 10_000, staleAt: T0 + 70_000 } })
  })

  test('that come at once are one after the other, and none is lost', async () => {
    await make({ fallback: null })
    await Promise.all(Array.from({ length: 8 }, (_, i) => say(BigInt(i), 1_000)))
    const all = await rows()
    expect(all.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
    expect(all.map(({ value }) => Number(value)).toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
    expect(await oracle()).toMatchObject({ lastSeq: 8, value: all.at(-1)?.value })
  })

  test('go to the new one by steps when they are smoothed, and not from one of before a silence', async () => {
    await make({ smoothing: 500, fallback: null })
    await say(0n, 0)
    await say(80n, 1_000)
    await say(80n, 2_000)
    expect(await said()).toEqual(['1 accepted 0', '2 accepted 40', '3 accepted 60'])
    await Values.fallBack(db, 'orc_1', at(70_000))
    await say(80n, 80_000)
    expect(await signals()).toMatchObject({ orc_1: { value: '80' } })
  })

  test('are not taken by an oracle that is switched off, deleted or not there', async () => {
    await make()
    await Changes.editOracle(db, who(1), 'orc_1', 1, { enabled: false })
    expect(await say(1n, 2)).toBeUndefined()
    expect(await Values.record(db, 'orc_9', { ...(await nothing()) })).toBeUndefined()
    await Changes.deleteOracle(db, who(3), 'orc_1')
    expect(await say(1n, 4)).toBeUndefined()
  })

  const nothing = async (): Promise<Values.Incoming> => {
    return { raw: '1', value: 1n, source: 'push', messageId: null, sentAt: at(1), at: at(1) }
  }
})

describe('silence', () => {
  test('is noted once, with the time at which it began, and ended by a value', async () => {
    await make()
    await say(40n, 1_000)
    expect(await Rows.silentOracles(db, at(60_999), 10)).toEqual([])
    expect(await Values.fallBack(db, 'orc_1', at(60_999))).toBeUndefined()
    expect(await Rows.silentOracles(db, at(61_000), 10)).toEqual([{ id: 'orc_1' }])
    const noted = await Values.fallBack(db, 'orc_1', at(90_000))
    expect(noted?.row).toMatchObject({ seq: 3, status: 'fallback', value: '7', at: at(61_000), source: 'clock' })
    expect(await Values.fallBack(db, 'orc_1', at(90_000))).toBeUndefined()
    expect([await Rows.silentOracles(db, at(90_000), 10), (await oracle()).staleSince]).toEqual([[], at(61_000)])
    await say(50n, 100_000)
    expect(await oracle()).toMatchObject({ staleSince: null, staleAt: at(160_000), value: '50' })
  })

  test('of an oracle that never spoke is noted too', async () => {
    await make()
    expect(await Rows.silentOracles(db, at(60_000), 10)).toEqual([{ id: 'orc_1' }])
  })
})

test('a source that cannot be read has a row when that begins and when the reason changes, not each minute', async () => {
  await make({ kind: 'url', config: { everySeconds: 60 }, secretSealed: null, fallback: null })
  expect(await Rows.dueOracles(db, at(0), 10)).toEqual([{ id: 'orc_1' }])
  for (const ms of [1, 2, 3]) await Values.failed(db, 'orc_1', 'timeout', at(ms), at(ms + 60_000))
  await Values.failed(db, 'orc_1', 'status_500', at(4), at(60_004))
  expect((await rows()).map(({ status, error }) => `${status} ${error}`)).toEqual([
    'refused timeout',
    'refused status_500',
  ])
  expect(await oracle()).toMatchObject({ failingSince: at(1), lastError: 'status_500', nextAt: at(60_004) })
  expect(await Rows.dueOracles(db, at(60_003), 10)).toEqual([])
})

describe('edits', () => {
  test('of bounds hold for the value in force, and are a row like any other', async () => {
    await make()
    await say(80n, 1_000)
    await Changes.editOracle(db, who(2_000), 'orc_1', 1, { max: '50' })
    expect(await said()).toEqual(['1 fallback 7', '2 accepted 80', '3 clamped 50'])
    expect(await signals()).toMatchObject({ orc_1: { value: '50' } })
    await say(10n, 3_000)
    expect(await oracle()).toMatchObject({ lastSeq: 4, value: '10', revision: 2 })
  })

  test('that switch off leave it to the cards, and that switch on bring a fresh value back', async () => {
    await make()
    await say(80n, 1_000)
    await Changes.editOracle(db, who(2_000), 'orc_1', 1, { enabled: false })
    expect([await signals(), (await oracle()).staleAt]).toEqual([{}, null])
    await Changes.editOracle(db, who(3_000), 'orc_1', 2, { enabled: true })
    expect(await said()).toEqual(['1 fallback 7', '2 accepted 80', '3 fallback null', '4 accepted 80'])
    expect(await signals()).toMatchObject({ orc_1: { value: '80' } })
  })

  test('of the fallback count at once while it stands', async () => {
    await make()
    await say(80n, 1_000)
    await Values.fallBack(db, 'orc_1', at(61_000))
    await Changes.editOracle(db, who(70_000), 'orc_1', 1, { fallback: '9' })
    expect((await said()).slice(2)).toEqual(['3 fallback 7', '4 fallback 9'])
    expect(await signals()).toMatchObject({ orc_1: { fallback: '9' } })
    expect((await oracle()).staleSince).toEqual(at(61_000))
  })

  test('of another source have it read at once', async () => {
    await make({ kind: 'url', config: { everySeconds: 60 }, secretSealed: null })
    await Values.failed(db, 'orc_1', 'timeout', at(1), at(60_001))
    await Changes.editOracle(db, who(2), 'orc_1', 1, { config: { everySeconds: 90 } })
    expect(await Rows.dueOracles(db, at(2), 10)).toEqual([{ id: 'orc_1' }])
  })

  test.each([
    ['a minimum above the maximum', { min: '101' }],
    ['a fallback that is out of bounds', { fallback: '-1' }],
  ])('with %s are refused', async (_, patch) => {
    await make()
    await expect(Changes.editOracle(db, who(1), 'orc_1', 1, patch)).rejects.toMatchObject({ code: 'malformed_body' })
    await expect(make({ id: 'orc_2', ...patch })).rejects.toMatchObject({ code: 'malformed_body' })
  })

  test('are the owner’s, from the revision that was read, and leave no secret in the audit', async () => {
    await make()
    await expect(Changes.editOracle(db, stranger, 'orc_1', 1, {})).rejects.toMatchObject({ code: 'not_found' })
    await expect(Changes.rotateSecret(db, stranger, 'orc_1', 1, 's')).rejects.toMatchObject({ code: 'not_found' })
    await expect(Changes.deleteOracle(db, stranger, 'orc_1')).rejects.toMatchObject({ code: 'not_found' })
    await expect(Changes.editOracle(db, who(1), 'orc_1', 2, { min: '1' })).rejects.toMatchObject({
      code: 'precondition_failed',
    })
    await Changes.rotateSecret(db, who(1), 'orc_1', 1, 'sealed again')
    expect(await oracle()).toMatchObject({
      ...{ secretSealed: 'sealed again', previousSecretSealed: 'sealed', previousUntil: at(1 + Changes.OVERLAP_MS) },
    })
    expect(JSON.stringify(await db.orm.select().from(db.tables.audit))).not.toMatch(/"sealed|sealed again/)
  })

  test('change nothing when they say what is so, and there are fifty oracles at most', async () => {
    const row = await make()
    expect(await Changes.editOracle(db, who(9), 'orc_1', 1, { name: 'load' })).toEqual(await oracle())
    expect((await make()).createdAt).toEqual(row.createdAt)
    for (let n = 2; n <= Changes.ORACLES_MAX; n++) await make({ id: `orc_${n}` })
    await expect(make({ id: 'orc_x' })).rejects.toMatchObject({ code: 'limit_reached' })
  }, 60_000)
})

describe('cards that name an oracle', () => {
  const card = (oracleId: string): Rate.Card => ({
    v: 2,
    kind: 'card',
    components: [{ unit: 'request', price: { model: 'per_unit', amount: '10' } }],
    ...{ formula: 'base + signal.load', maximum: '1000' },
    signals: { load: { oracle: oracleId, min: '0', max: '90', fallback: '3' } },
  })
  const route = (rate: Routes.NewRoute['rate']) =>
    Routes.createRoute(db, who(), {
      ...{ id: 'route_1', providerId: 'prov_1', path: '/a/*', origin: { kind: 'url', url: 'https://a.example' } },
      ...{ chainIds: [84532], adapter: null, rate },
    })

  test('are refused when their provider has none such', async () => {
    await make()
    await Providers.createProvider(db, who(), { id: 'prov_2', name: 'B', payTo: hex('ac', 20), ...terms })
    await make({ id: 'orc_2', providerId: 'prov_2' })
    const detail = /signals\.load\.oracle/
    await expect(route(card('orc_2'))).rejects.toMatchObject({ code: 'malformed_body', detail })
    await route(card('orc_1'))
    await expect(publishCard(db, who(1), 'route_1', 1, card('orc_9'))).rejects.toMatchObject({ detail })
  })

  test('keep it from being deleted, those to come too, until none does', async () => {
    await make()
    await route(null)
    await publishCard(db, who(1), 'route_1', 1, card('orc_1'), at(3_600_000))
    await expect(Changes.deleteOracle(db, who(2), 'orc_1')).rejects.toMatchObject({ code: 'oracle_in_use' })
    await publishCard(db, who(3_600_001), 'route_1', 2, { v: 1, kind: 'flat', amount: '5' })
    await say(40n, 3_600_002)
    await Changes.deleteOracle(db, who(3_600_003), 'orc_1')
    await expect(Rows.oracleOf(db, who(), 'orc_1')).rejects.toMatchObject({ code: 'not_found' })
    expect([await signals(), (await oracle()).secretSealed]).toEqual([{}, null])
    expect((await said()).at(-1)).toBe('3 fallback null')
  })

  test('have what it said in their history, of their own provider’s oracles only', async () => {
    await make()
    await route(card('orc_1'))
    for (const [value, ms] of [
      [10n, 1_000],
      [20n, 2_000],
      [30n, 3_000],
    ] as const)
      await say(value, ms)
    const { spoken, cards } = await priceHistory(db, 'route_1', at(2_500), at(9_000))
    expect([cards.length, spoken.get('orc_1')?.map(({ value }) => value)]).toEqual([1, ['20', '30']])
    await db.orm.update(db.tables.rateCard).set({ rule: card('orc_7') })
    await make({ id: 'orc_7' })
    await db.orm.update(db.tables.oracle).set({ providerId: 'prov_1' }).where(eq(db.tables.oracle.id, 'orc_7'))
    expect([...(await priceHistory(db, 'route_1', at(2_500), at(9_000))).spoken.keys()]).toEqual(['orc_7'])
    await Providers.createProvider(db, who(), { id: 'prov_2', name: 'B', payTo: hex('ac', 20), ...terms })
    await db.orm.update(db.tables.oracle).set({ providerId: 'prov_2' }).where(eq(db.tables.oracle.id, 'orc_7'))
    expect([...(await priceHistory(db, 'route_1', at(2_500), at(9_000))).spoken.keys()]).toEqual([])
  })
})

describe('customers', () => {
  const payer = hex('c3', 20)
  const set = (revision: number | null, level: string | null, as = who()) =>
    Terms.setTerms(db, as, 'prov_1', payer, revision, { level, multiplier: '0.9' })

  test('have terms by provider and payer; each change starts from what was read', async () => {
    expect(await Terms.termsFor(db, 'prov_1', payer)).toBeUndefined()
    await set(null, 'vip1')
    expect(await Terms.termsFor(db, 'prov_1', payer)).toEqual({ level: 'vip1', multiplier: '0.9' })
    await set(1, null)
    expect(await Terms.termsFor(db, 'prov_1', payer)).toEqual({ multiplier: '0.9' })
    expect(await set(null, null)).toMatchObject({ revision: 2 })
    await expect(set(null, 'vip2')).rejects.toMatchObject({ code: 'precondition_required' })
    await expect(set(1, 'vip2')).rejects.toMatchObject({ code: 'precondition_failed' })
    expect([
      await Terms.removeTerms(db, who(), 'prov_1', payer),
      await Terms.removeTerms(db, who(), 'prov_1', payer),
    ]).toEqual([true, false])
    await expect(set(1, 'vip2')).rejects.toMatchObject({ code: 'precondition_failed' })
    const acts = await db.orm.select().from(db.tables.audit).orderBy(asc(db.tables.audit.seq))
    expect(acts.slice(1).map(({ action, detail }) => [action, detail])).toEqual([
      ['customer.terms', { payer, level: 'vip1', multiplier: '0.9', revision: 1 }],
      ['customer.terms', { payer, level: null, multiplier: '0.9', revision: 2 }],
      ['customer.remove', { payer, level: null, multiplier: '0.9' }],
    ])
  })

  test('are the owner’s to see and to change', async () => {
    await expect(set(null, 'vip1', { ...who(), owner: hex('b2', 20) } as never)).rejects.toMatchObject({
      code: 'not_found',
    })
    await expect(Terms.removeTerms(db, stranger, 'prov_1', payer)).rejects.toMatchObject({ code: 'not_found' })
  })

  test('have used what all their sessions say, but the one that knows better', async () => {
    const of = { payer, routeId: 'r', period: '2026-11' }
    expect(await usageOf(db, of)).toEqual({ units: {}, charged: '0' })
    const said_ = (key: string, units: Record<string, string>, charged: string, revision = 1): PbEvent => {
      const ref = { chainId: 1, contract: hex('c0', 20), payer, payerAuthorizer: hex(key, 20) }
      const usage = [{ routeId: 'r', period: '2026-11', units, charged, revision }]
      return { v: 1, kind: 'session', session: ref, channels: [], rows: [], usage }
    }
    const most = '340282366920938463463374607431768211455'
    await project(db, [said_('01', { input_token: '5' }, most, 2), said_('02', { image: '1', input_token: '7' }, '8')])
    await project(db, [said_('01', { input_token: '1' }, '1', 1)])
    expect(await usageOf(db, of)).toEqual({
      units: { input_token: '12', image: '1' },
      charged: String(2n ** 128n + 7n),
    })
    const [session] = await db.orm.select().from(db.tables.usageTotal).orderBy(asc(db.tables.usageTotal.session))
    expect(await usageOf(db, of, session?.session)).toEqual({ units: { input_token: '7', image: '1' }, charged: '8' })
    expect(await usageOf(db, { ...of, period: '2026-12' })).toEqual({ units: {}, charged: '0' })
  })
})
