/** Rows of what a test cannot wait for, or that only a stranger's server would bring about: stops, failures, deliveries. */
import type { Address } from '@pbstream/core/Hex'
import { parseSessionName } from '@pbstream/core/message/Session'
import type { Database } from '@pbstream/db/Database'
import { eq } from 'drizzle-orm'
import type { Texts } from './Texts.ts'

const MINUTE = 60_000

type Of = {
  owner: Address
  shop: string
  route: string
  oracle: string
  session: string
  decision: string
  shopDecision: string
  texts: Texts
}
type Records = { stop: string; shopStop: string; shopDecision: string; endpoint: string; delivery: string }

/** Answers the ids of what it wrote. */
export async function recordsOf(database: Database, of: Of): Promise<Records> {
  return {
    ...(await stopsOf(database, of)),
    ...(await deliveriesOf(database, of)),
    ...(await failuresOf(database, of)),
  }
}

/** An id as the service makes them, the same each time. */
const idOf = (kind: string, shop: string, n: number) => `${kind}_${n}${shop.slice(-23)}`

/** Stops of the owner's rules, one that holds and one that is over, and one of the provider's that holds. */
async function stopsOf({ orm, tables }: Database, of: Of) {
  const ref = parseSessionName(of.session)
  if (ref === undefined) throw new Error(`not a session: ${of.session}`)
  const { chainId, payer, payerAuthorizer: key } = ref
  const at = new Date(Date.now() - 90 * MINUTE)
  const common = { session: of.session, chainId, payer, key, rule: 'dear-call', version: 1, at, cause: of.texts.said }
  const own = { ...common, scope: 'owner', kind: 'signature', decisionId: of.decision } as const
  const stop = idOf('st', of.shop, 1)
  const shopStop = idOf('st', of.shop, 2)
  const over = { releasedAt: new Date(at.getTime() + 10 * MINUTE), releasedBy: 'owner', reason: of.texts.said } as const
  await orm.insert(tables.sentinelStop).values({ ...own, id: stop })
  await orm.insert(tables.sentinelStop).values({ ...own, ...over, id: idOf('st', of.shop, 3) })
  await orm.insert(tables.sentinelStop).values({
    ...{ ...common, id: shopStop, scope: `provider:${of.shop}`, kind: 'frozen', decisionId: of.shopDecision },
  })
  return { stop, shopStop }
}

/** An endpoint, and a delivery to it that arrived, one that waits, and one that was given up. */
async function deliveriesOf({ orm, tables }: Database, { owner, shop, texts }: Of) {
  const endpoint = idOf('we', shop, 1)
  const at = new Date(Date.now() - 30 * MINUTE)
  const common = { owner, mode: 'test', createdAt: at, updatedAt: at } as const
  await orm.insert(tables.webhookEndpoint).values({
    ...{
      ...common,
      id: endpoint,
      url: 'https://hooks.example.com/pbstream',
      events: ['session_key.created'],
      enabled: true,
    },
    ...{ secretSealed: 'sealed', failingSince: at },
  })
  const deliveries = [
    { status: 'delivered', attempts: 1, lastStatus: 204, lastError: null },
    { status: 'pending', attempts: 2, lastStatus: 503, lastError: 'refused' },
    { status: 'failed', attempts: 8, lastStatus: null, lastError: texts.said },
  ] as const
  for (const [n, delivery] of deliveries.entries()) {
    await orm.insert(tables.webhookDelivery).values({
      ...{ ...common, ...delivery, id: `whd_${String(n).padStart(40, '0')}`, endpointId: endpoint },
      ...{ eventId: `evt_${n}`, event: 'session_key.created', nextAt: new Date(at.getTime() + 120 * MINUTE) },
      payload: JSON.stringify({ type: 'session_key.created', data: { name: texts.name('Research agent') } }),
    })
  }
  return { endpoint, delivery: `whd_${'2'.padStart(40, '0')}` }
}

/** An oracle that fails, an upstream whose breaker is open, and a rule that had no value. Answers the id of that decision. */
async function failuresOf({ orm, tables }: Database, of: Of) {
  const { shop, oracle, route, session, texts } = of
  const now = Date.now()
  for (let n = 1; n <= 24; n++) {
    const isBad = n === 24
    const value = String(400 + ((n * 37) % 200))
    await orm.insert(tables.oracleValue).values({
      ...{ oracleId: oracle, seq: n, raw: value, value, status: 'accepted', source: 'push' },
      ...{ at: new Date(now - (25 - n) * 10 * MINUTE), error: isBad ? texts.said : null },
    })
  }
  await orm
    .update(tables.oracle)
    .set({
      ...{ lastSeq: 24, value: '488', valueAt: new Date(now - 10 * MINUTE), lastError: texts.said },
      failingSince: new Date(now - 5 * MINUTE),
    })
    .where(eq(tables.oracle.id, oracle))
  await orm.insert(tables.breaker).values({
    ...{ scope: `provider:${shop}`, subject: `upstream:${route}`, phase: 'open', cause: texts.said, revision: 1 },
    ...{ state: { openings: 1, closedAt: 0, probes: 0 }, until: new Date(now + 60 * MINUTE) },
    ...{ at: new Date(now - MINUTE), updatedAt: new Date(now - MINUTE) },
  })
  return { shopDecision: await failedDecision({ orm, tables }, { shop, route, session, texts, at: new Date(now) }) }
}

type Failed = Pick<Of, 'shop' | 'route' | 'session' | 'texts'> & { at: Date }

async function failedDecision({ orm, tables }: Pick<Database, 'orm' | 'tables'>, of: Failed): Promise<string> {
  const { shop, route, session, texts, at } = of
  const id = idOf('dec', shop, 1)
  const ref = parseSessionName(session)
  const text = texts.condition
  const node = { text, start: 0, end: text.length, type: 'bool', error: texts.said }
  const hit = {
    ...{ rule: 'told', version: 1, inputs: { amount: '2500', country: 'DE' }, nodes: [node], error: texts.said },
    ...({ action: 'block', severity: 'high', effect: 'done' } as const),
  }
  await orm.insert(tables.sentinelDecision).values({
    ...{ session, number: 1_000, id, chainId: ref?.chainId ?? null, payer: ref?.payer ?? null },
    ...{ scope: `provider:${shop}`, at, lastAt: at, rule: 'told', version: 1, providerId: shop, routeId: route },
    ...({ action: 'block', effect: 'done', severity: 'high', amount: '2500', country: 'DE', repeats: 3 } as const),
    detail: { hits: [hit], granted: false, cause: texts.said },
  })
  return id
}
