/** One of everything that an owner can have, as rows, and a look at all of it. */
import * as Voucher from '@pbstream/core/Voucher'
import * as SessionKey from '@pbstream/core/SessionKey'
import type { Address, Hex } from '@pbstream/core/Hex'
import { sessionName } from '@pbstream/core/message/Session'
import type { RuleInput } from '@pbstream/core/Rule'
import type { Mode } from '@pbstream/db/Mode'
import { asc } from 'drizzle-orm'
import { printPaymentId } from '../src/reports/PaymentId.ts'
import { keyOf, LIVE_CHAIN, type Person, TEST_CHAIN } from './people.ts'
import { db, emptied, hex } from './support.ts'

/** The ids of what somebody has; `unknown` of nobody, each in the same form. */
export type Belongings = Record<
  | 'provider'
  | 'route'
  | 'oracle'
  | 'customer'
  | 'host'
  | 'sessionKey'
  | 'escrowKey'
  | 'draftKey'
  | 'endpoint'
  | 'delivery'
  | 'apiKey'
  | 'session'
  | 'decision'
  | 'keyDecision'
  | 'stop'
  | 'keyStop'
  | 'channel'
  | 'keyChannel'
  | 'payment'
  | 'sales',
  string
>

export const unknown: Belongings = {
  provider: `prov_${'0'.repeat(24)}`,
  route: `route_${'0'.repeat(24)}`,
  oracle: `orc_${'0'.repeat(24)}`,
  customer: hex('0c', 20),
  host: 'host-of-nobody.example',
  sessionKey: `sk_${'0'.repeat(24)}`,
  escrowKey: `sk_${'0'.repeat(24)}`,
  draftKey: `sk_${'0'.repeat(24)}`,
  endpoint: `we_${'0'.repeat(24)}`,
  delivery: `whd_${'0'.repeat(40)}`,
  apiKey: `key_${'0'.repeat(24)}`,
  session: `${LIVE_CHAIN}:${hex('c0', 20)}:${hex('00', 20)}:${hex('00', 20)}`,
  decision: `dec_${'0'.repeat(24)}`,
  keyDecision: `dec_${'1'.repeat(24)}`,
  stop: `st_${'0'.repeat(24)}`,
  keyStop: `st_${'1'.repeat(24)}`,
  channel: `alc_${'0'.repeat(24)}`,
  keyChannel: `alc_${'1'.repeat(24)}`,
  sales: hex('0e', 32),
  payment: printPaymentId({ session: `${LIVE_CHAIN}:${hex('c0', 20)}:${hex('00', 20)}:${hex('00', 20)}`, seq: 1 }),
}

let made = 0

export async function belongingsOf({ owner, wallet }: Person, mode: Mode): Promise<Belongings> {
  const n = String(++made).padStart(2, '0')
  const at = new Date()
  const times = { createdAt: at, updatedAt: at }
  const chainId = mode === 'live' ? LIVE_CHAIN : TEST_CHAIN
  const address = wallet.address.toLowerCase() as Address
  const channelId = `0x${n.padStart(64, '0')}` as Hex
  const mine: Belongings = {
    provider: `prov_mine${n}`,
    route: `route_mine${n}`,
    oracle: `orc_mine${n}`,
    customer: `0x${n.padStart(40, '0')}`,
    host: `host${n}.example`,
    sessionKey: `sk_mine${n}`,
    escrowKey: `sk_escrow${n}`,
    draftKey: `sk_draft${n}`,
    endpoint: `we_mine${n}`,
    delivery: `whd_${n.repeat(20)}`,
    apiKey: (await keyOf(owner, mode, ['audit:read'])).id,
    session: '',
    decision: `dec_mine${n}`,
    keyDecision: `dec_key${n}`,
    stop: `st_mine${n}`,
    keyStop: `st_key${n}`,
    channel: `alc_mine${n}`,
    keyChannel: `alc_key${n}`,
    payment: '',
    sales: channelId,
  }
  const key = (publicId: string, kind: 'canonical' | 'escrow', byte: string, status: 'active' | 'draft') => {
    const contract = kind === 'canonical' ? hex('c0', 20) : hex('e5', 20)
    const permission = {
      account: address,
      key: hex(byte, 20),
      token: hex('7c', 20),
      payees: [hex('ac', 20)],
      spendCap: 1_000_000n,
      periodAmount: 0n,
      periodDuration: 0,
      perPaymentMax: 0n,
      start: 1_700_000_000,
      expiry: 4_000_000_000,
      freezer: hex('00', 20),
      salt: hex('00', 32),
    }
    const ref = { chainId, contract, payer: address, payerAuthorizer: permission.key }
    const id = sessionName(ref)
    const registered: 'none' | 'registered' = status === 'draft' || kind === 'canonical' ? 'none' : 'registered'
    const keyId =
      kind === 'escrow' ? SessionKey.keyId(permission, Voucher.escrowDomainSeparator(chainId, contract)) : null
    return {
      ...{ id, session: id, chainId, contract, payer: address, key: permission.key, publicId, owner, mode, keyId },
      ...{ name: 'mine', permission: SessionKey.toJson(permission), routes: null, status, version: 1, ...times },
      ...{ madeBy: 'client' as const, registered },
    } as const
  }
  const keys = [
    key(mine.sessionKey, 'canonical', '51', 'active'),
    key(mine.escrowKey, 'escrow', '52', 'active'),
    key(mine.draftKey, 'escrow', '53', 'draft'),
  ]
  const session = (mine.session = keys[0]?.id ?? '')
  mine.payment = printPaymentId({ session, seq: 1 })
  const { tables: t } = db
  const rules = rulesOf(mine.provider, address, at)
  const decided = (id: string, number: number, scope: string) => ({
    ...{ session, number, id, chainId, payer: address, scope, at, lastAt: at },
    ...({ action: 'alert', effect: 'done', severity: 'low' } as const),
    ...{ rule: 'mine', version: 1, detail: { hits: [], granted: true } },
  })
  const stopped = (id: string, scope: string) => ({
    ...{ id, session, chainId, payer: address, key: hex('51', 20), scope, kind: 'frozen' as const, rule: 'mine' },
    ...{ version: 1, decisionId: mine.decision, at },
  })
  const channel = (id: string, scope: string) => ({
    ...{ id, scope, kind: 'webhook' as const, sealed: 'sealed', enabled: true, language: 'en' as const, ...times },
    settings: {
      name: 'mine',
      target: { kind: 'webhook' as const, url: `https://hooks${n}.example.com/` },
      wishes: {
        ...{ from: 'low' as const, groupMs: 0, limit: { messages: 1, perMs: 60_000 } },
        retry: { tries: 1, firstMs: 1_000, longestMs: 1_000 },
      },
    },
  })
  const chargedBy = { channelId, debit: 'payer', credit: 'receiver', amount: '10', at }
  await db.atomically((orm) => [
    orm
      .insert(t.provider)
      .values({ id: mine.provider, name: 'mine', payTo: address, enabled: true, ...times, owner, mode }),
    orm.insert(t.route).values({
      ...{ id: mine.route, providerId: mine.provider, methods: ['GET'], path: `/mine${n}/a`, chainIds: [chainId] },
      ...{ origin: { kind: 'url', url: `https://${mine.host}/` }, rateVersion: 1, bodyPriced: false, maxBodyBytes: 0 },
      ...{ chargeOnAbandon: false, enabled: true, audience: mine.route, ...times },
    }),
    orm.insert(t.rateCard).values({ routeId: mine.route, version: 1, rule: FLAT, createdAt: at }),
    orm.insert(t.oracle).values({
      ...{ id: mine.oracle, providerId: mine.provider, name: 'mine', kind: 'push', config: {}, min: '0', max: '9' },
      ...{ staleSeconds: 60, enabled: true, secretSealed: 'sealed', lastSeq: 1, value: '5', valueAt: at, ...times },
    }),
    orm
      .insert(t.oracleValue)
      .values({ oracleId: mine.oracle, seq: 1, raw: '5', value: '5', status: 'accepted', source: 'push', at }),
    orm.insert(t.customerTerms).values({
      providerId: mine.provider,
      payer: mine.customer as Address,
      level: 'vip1',
      multiplier: null,
      ...times,
    }),
    orm.insert(t.rateCard).values({
      ...{ routeId: mine.route, version: 2, rule: FLAT, createdAt: at },
      effectiveAt: new Date(at.getTime() + 86_400_000),
    }),
    orm.insert(t.pathRoot).values({ root: `mine${n}`, owner, mode, createdAt: at }),
    orm.insert(t.upstreamHost).values({ owner, mode, host: mine.host, token: 'token', createdAt: at, verifiedAt: at }),
    ...keys.map((row) => orm.insert(t.sessionKey).values(row)),
    orm.insert(t.webhookEndpoint).values({
      ...{ id: mine.endpoint, owner, mode, url: 'https://hooks.example.com/', events: ['*'], enabled: true, ...times },
      secretSealed: 'sealed',
    }),
    orm.insert(t.webhookDelivery).values({
      ...{ id: mine.delivery, endpointId: mine.endpoint, owner, mode, eventId: 'evt_1', event: 'provider.created' },
      ...{ payload: '{}', status: 'failed', attempts: 1, nextAt: at, ...times },
    }),
    orm.insert(t.channel).values({
      ...{ id: channelId, session, chainId, receiver: address, token: hex('7c', 20), provisional: '0', deposited: '9' },
      ...{ returned: '0', accepted: '0', spent: '10', claimed: '0', settled: '0', lost: '0', revision: 1 },
    }),
    orm.insert(t.providerChannel).values({ providerId: mine.provider, channelId }),
    orm
      .insert(t.microPayment)
      .values({ session, seq: 1, providerId: mine.provider, routeId: mine.route, ...chargedBy }),
    orm.insert(t.movement).values({ session, seq: 2, kind: 'settle', ...chargedBy }),
    orm.insert(t.drain).values({
      ...{
        id: `drain_mine${n}`,
        providerId: mine.provider,
        owner,
        mode,
        reason: 'payout',
        receiver: address,
        cursor: '',
      },
      ...{ roundAt: at, open: 0, closed: 1, requestedAt: at, finishedAt: at },
    }),
    orm.insert(t.ruleset).values(rules.set),
    orm.insert(t.rulesetHead).values(rules.head),
    orm.insert(t.ruleVersion).values(rules.version),
    orm.insert(t.sentinelDecision).values(decided(mine.decision, 1, `provider:${mine.provider}`)),
    orm.insert(t.sentinelDecision).values(decided(mine.keyDecision, 2, 'platform')),
    orm.insert(t.sentinelStop).values(stopped(mine.stop, `provider:${mine.provider}`)),
    orm.insert(t.sentinelStop).values(stopped(mine.keyStop, 'platform')),
    orm.insert(t.breaker).values({
      ...{ scope: `provider:${mine.provider}`, subject: `upstream:${mine.route}`, phase: 'open', cause: 'mine', at },
      ...{ state: { openings: 1, closedAt: 0, probes: 0 }, revision: 1, updatedAt: at },
    }),
    orm.insert(t.alertChannel).values(channel(mine.channel, `provider:${mine.provider}`)),
    orm.insert(t.alertChannel).values(channel(mine.keyChannel, `owner:${mode}:${owner}`)),
    orm.insert(t.sentinelEvent).values({ id: `inc${n}`, what: 'money_lost', detail: {}, at, subject: channelId }),
  ])
  return mine
}

/** A set of a provider with one rule and one list. */
function rulesOf(provider: string, author: string, at: Date) {
  const scope = `provider:${provider}`
  const rule: RuleInput = {
    ...({ id: 'mine', version: 1, name: 'Mine', when: 'amount > 5' } as const),
    ...({ severity: 'low', action: 'alert', fail: 'open' } as const),
  }
  return {
    set: { scope, revision: 1, rules: [rule], lists: [{ name: 'mine', entries: [] }], author, createdAt: at },
    head: { scope, revision: 1, pushedRevision: 1, updatedAt: at },
    version: { scope, ruleId: rule.id, version: 1, rule, revision: 1, author, createdAt: at },
  }
}

export const FLAT = { v: 1, kind: 'flat', amount: '1000' } as const

/** Tables that hold what owners have. */
const OWNED = [
  ...(['provider', 'route', 'rateCard', 'pathRoot', 'upstreamHost', 'sessionKey', 'webhookEndpoint'] as const),
  ...(['webhookDelivery', 'drain', 'apiKey', 'audit', 'relayUse', 'providerChannel'] as const),
  ...(['oracle', 'oracleValue', 'customerTerms'] as const),
  ...(['ruleset', 'rulesetHead', 'ruleVersion', 'sentinelDecision'] as const),
  ...(['sentinelStop', 'breaker', 'alertChannel'] as const),
]

/** Everything that anybody has, as text. */
export async function everything(but: readonly string[] = []): Promise<string> {
  const rows = await Promise.all(
    OWNED.filter((name) => !but.includes(name)).map(async (name) => {
      const table = db.tables[name]
      const first = Object.values(table)[0] as never
      return [name, await db.orm.select().from(table).orderBy(asc(first))] as const
    }),
  )
  return JSON.stringify(rows)
}

export function clear(): Promise<void> {
  const { tables: t } = db
  return emptied([
    ...[t.oracleValue, t.oracle, t.customerTerms, t.ruleset, t.rulesetHead, t.ruleVersion, t.sentinelDecision],
    ...[t.sentinelStop, t.breaker, t.alertChannel, t.rateCard, t.route, t.provider, t.pathRoot, t.upstreamHost],
    ...[t.drain, t.providerChannel, t.sessionKey, t.webhookDelivery, t.webhookEndpoint, t.microPayment, t.movement],
    t.relayUse,
  ])
}
