/** Every list that owners and providers can ask for, as the API asks, where it is worst: the biggest, in its middle. */
import { chainOf } from '../src/Audit.ts'
import { listAudit } from '../src/AuditList.ts'
import { type DecisionFilter, decisionsOf, oldDecisions, type Whose } from '../src/Decisions.ts'
import * as Exports from '../src/Exports.ts'
import * as Overview from '../src/Overview.ts'
import * as PayerChannels from '../src/PayerChannels.ts'
import { movesQuery } from '../src/PayerClaims.ts'
import * as PayerPayments from '../src/PayerPayments.ts'
import { providersOf } from '../src/Providers.ts'
import * as Lists from '../src/ProvidersLists.ts'
import { keysOf } from '../src/SessionKeys.ts'
import { stopsOf } from '../src/Stops.ts'
import * as Deliveries from '../src/WebhookDeliveries.ts'
import { firstIdOf } from '../src/Webhooks.ts'
import { OWNER, sessionOf, T0 } from './fill.ts'
import type { Query, Store } from './Store.ts'

const PAGE = 101
const FILE = 1_000

export function queries({ db }: Store, payments: number): [string, Query][] {
  const at = (n: number) => new Date(T0 + n * 1000)
  const middle = at(Math.floor(payments / 2))
  const period = { since: at(Math.floor(payments * 0.4)), until: at(Math.floor(payments * 0.6)) }
  const place = { at: middle, session: sessionOf(0), seq: 1 }
  const file: Exports.Place = { at: middle.getTime(), of: sessionOf(0), seq: 1 }
  const inChannel: Exports.Place = { at: at(500).getTime(), of: 'c0', seq: 1 }
  const owner = OWNER as `0x${string}`
  const scope = { owner, mode: 'test' } as const
  const whose = { ...scope, address: owner, chainIds: [84532] }
  const audit = chainOf(OWNER, 'test')
  const deliveries = (filter: Deliveries.DeliveryFilter) => Deliveries.listDeliveries(db, OWNER, 'test', filter, PAGE)
  const before = firstIdOf(at(500))
  const seller: Whose = { scope: 'provider:prov_0' }
  const whole: Whose = { payer: owner, chainIds: [84532] }
  const payer = { payer: owner, chainIds: [84532] }
  const paid = (filter: PayerPayments.PaymentFilter, after?: PayerPayments.PaymentPlace) =>
    PayerPayments.paymentsOf(db, payer, filter, after, PAGE)
  const decided = (of: Whose, filter: DecisionFilter) =>
    decisionsOf(db, of, filter, { at: at(1_100), session: sessionOf(0), number: 1 }, PAGE)
  const sold = (filter: Exports.Filter, after?: Exports.Place) =>
    Exports.payments(db, 'provider', 'prov_0', filter, after, FILE)
  return [
    ['payments of a provider', Lists.paymentsOf(db, 'prov_0', {}, undefined, PAGE)],
    ['payments of a provider, a later page', Lists.paymentsOf(db, 'prov_0', {}, place, PAGE)],
    ['payments of a provider in a time', Lists.paymentsOf(db, 'prov_0', period, undefined, PAGE)],
    ['payments of a route, a later page', Lists.paymentsOf(db, 'prov_0', { routeId: 'route_0' }, place, PAGE)],
    ['payments of a channel', Overview.latestPayments(db, { channelId: 'c0' as `0x${string}` }, PAGE)],
    ['channels of a provider', Lists.channelsOf(db, 'prov_0', {}, 'c5', PAGE)],
    ['payouts of a provider', Lists.settlementsOf(db, 'prov_0', {}, undefined, PAGE)],
    [
      'payouts of a provider, a later page',
      Lists.settlementsOf(db, 'prov_0', {}, { channelId: 'c5', at: middle, seq: 1 }, PAGE),
    ],
    ['incidents of a provider', Lists.incidentsOf(db, 'prov_0', { open: true }, undefined, PAGE)],
    ['charges of a payer', paid({})],
    ['charges of a payer, a later page', paid({}, place)],
    ['charges of a payer in a time', paid(period)],
    ['charges of a payer by a provider', paid({ provider: 'prov_7' }, place)],
    ['charges of a key', paid({ session: sessionOf(0) })],
    ['charges of a key in a time', paid({ ...period, session: sessionOf(0) })],
    ['channels of a payer', PayerChannels.channelsOf(db, payer, {}, 'c5' as `0x${string}`, 21)],
    ['channels of a key', PayerChannels.channelsOf(db, payer, { session: sessionOf(5) }, undefined, 21)],
    ['claims of a channel', movesQuery(db, 'c0' as `0x${string}`, at(1))],
    ['providers', providersOf(db, scope, 'prov_2', PAGE)],
    ['session keys', keysOf(db, scope, {}, `sk_${sessionOf(5)}`, PAGE)],
    ['session keys of a status', keysOf(db, scope, { status: 'frozen' }, undefined, PAGE)],
    ['deliveries, a later page', deliveries({ before })],
    ['deliveries of an endpoint', deliveries({ endpointId: 'we_1', before })],
    ['deliveries that failed', deliveries({ status: 'failed' })],
    ['deliveries of an endpoint that failed', deliveries({ endpointId: 'we_0', status: 'failed' })],
    ['deliveries of an event', deliveries({ event: 'settlement.failed' })],
    ['deliveries that are due', Deliveries.dueDeliveries(db, middle, 1_000)],
    ['deliveries that are old', Deliveries.oldDeliveries(db, before, 400)],
    ['audit, a later page', listAudit(db, audit, { before: 500 }, PAGE)],
    ['audit of an action', listAudit(db, audit, { action: 'provider.update' }, PAGE)],
    ['decisions of a payer, a later page', decided(whole, {})],
    ['decisions of a payer by a rule', decided(whole, { rule: 'seldom' })],
    ['decisions of a provider, a later page', decided(seller, {})],
    ['decisions of a provider by a rule', decided(seller, { rule: 'rare' })],
    ['decisions of a provider on a key', decided(seller, { session: sessionOf(0) })],
    ['all decisions, a later page', decided('all', {})],
    ['decisions that are old', oldDecisions(db, at(500), FILE)],
    ['stops of a payer, a later page', stopsOf(db, whole, {}, { at: at(500), id: 'st_500' }, PAGE)],
    ['stops of a payer that hold', stopsOf(db, whole, { open: true }, undefined, PAGE)],
    ['stops of a provider that hold', stopsOf(db, seller, { open: true }, undefined, PAGE)],
    ['file: payments of a provider', sold({})],
    ['file: payments of a provider, from the middle', sold({}, file)],
    ['file: payments of a provider in a time', sold(period)],
    ['file: payments of a route', sold({ route: 'route_0' }, file)],
    ['file: payments of a provider in a session', sold({ session: sessionOf(0) }, { ...file, seq: 10 })],
    [
      'file: payments of a payer’s session',
      Exports.payments(db, 'payer', sessionOf(0), {}, { ...file, seq: 10 }, FILE),
    ],
    ['file: movements of a provider', Exports.movements(db, 'provider', 'prov_0', {}, inChannel, FILE)],
    ['file: payouts of a provider', Exports.movements(db, 'provider', 'prov_0', { settled: true }, undefined, FILE)],
    ['file: movements of a session', Exports.movements(db, 'payer', sessionOf(0), {}, undefined, FILE)],
    ['file: audit', Exports.auditRows(db, audit, {}, 500, FILE)],
    ['file: sessions of a payer', Exports.partsOf(db, 'payer', whose, {}, sessionOf(5), 100)],
    ['file: providers of an owner', Exports.partsOf(db, 'provider', whose, {}, '', 100)],
  ]
}
