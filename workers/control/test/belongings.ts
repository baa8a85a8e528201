/** One of everything that an owner can have, as rows, and a look at all of it. */
import * as Voucher from '@pbstream/core/Voucher'
import * as SessionKey from '@pbstream/core/SessionKey'
import type { Address, Hex } from '@pbstream/core/Hex'
import { sessionName } from '@pbstream/core/message/Session'
import type { Mode } from '@pbstream/db/Mode'
import { asc } from 'drizzle-orm'
import { keyOf, LIVE_CHAIN, type Person, TEST_CHAIN } from './people.ts'
import { db, hex } from './support.ts'

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
  | 'session',
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
}

let made = 0

export async function belongingsOf({ owner, wallet }: Person, mode: Mode): Promise<Belongings> {
  const n = String(++made).padStart(2, '0')
  const at = new Date()
  const times = { createdAt: at, updatedAt: at }
  const chainId = mode === 'live' ? LIVE_CHAIN : TEST_CHAIN
  const address = wallet.address.toLowerCase() as Address
  const channelId = `0x${n.repeat(32)}` as Hex
  const mine: Belongings = {
    provider: `prov_mine${n}`,
    route: `route_mine${n}`,
    oracle: `orc_mine${n}`,
    customer: `0x${n.repeat(20)}`,
    host: `host${n}.example`,
    sessionKey: `sk_mine${n}`,
    escrowKey: `sk_escrow${n}`,
    draftKey: `sk_draft${n}`,
    endpoint: `we_mine${n}`,
    delivery: `whd_${n.repeat(20)}`,
    apiKey: (await keyOf(owner, mode, ['audit:read'])).id,
    session: '',
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
    const keyId =
      kind === 'escrow' ? SessionKey.keyId(permission, Voucher.escrowDomainSeparator(chainId, contract)) : null
    return {
      ...{ id, session: id, chainId, contract, payer: address, key: permission.key, publicId, owner, mode, keyId },
      ...{ name: 'mine', permission: SessionKey.toJson(permission), routes: null, status, version: 1, ...times },
      ...{ madeBy: 'client' as const, registered: status === 'draft' || kind === 'canonical' ? 'none' : 'registered' },
    } as const
  }
  const keys = [
    key(mine.sessionKey, 'canonical', '51', 'active'),
    key(mine.escrowKey, 'escrow', '52', 'active'),
    key(mine.draftKey, 'escrow', '53', 'draft'),
  ]
  const session = (mine.session = keys[0]?.id ?? '')
  const { tables: t } = db
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
    orm.insert(t.sentinelEvent).values({ id: `inc${n}`, what: 'deposit_lost', detail: {}, at, subject: channelId }),
  ])
  return mine
}

export const FLAT = { v: 1, kind: 'flat', amount: '1000' } as const

/** Tables that hold what owners have. */
const OWNED = [
  ...(['provider', 'route', 'rateCard', 'pathRoot', 'upstreamHost', 'sessionKey', 'webhookEndpoint'] as const),
  ...(['webhookDelivery', 'drain', 'apiKey', 'audit', 'relayUse', 'providerChannel'] as const),
  ...(['oracle', 'oracleValue', 'customerTerms'] as const),
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

export async function clear(): Promise<void> {
  const { tables: t, orm } = db
  for (const table of [t.oracleValue, t.oracle, t.customerTerms]) await orm.delete(table)
  const more = [t.rateCard, t.route, t.provider, t.pathRoot, t.upstreamHost, t.drain, t.providerChannel, t.sessionKey]
  for (const table of [...more, t.webhookDelivery, t.webhookEndpoint, t.microPayment, t.movement, t.relayUse]) {
    await orm.delete(table)
  }
}
