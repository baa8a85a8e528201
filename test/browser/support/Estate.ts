/** One of everything that a wallet owner and a provider can have, so that every page of the dashboard has something to show. */
import type { Hex } from '@pbstream/core/Hex'
import { Chain } from '@pbstream/local/Chain'
import { addressOf } from '@pbstream/local/Keys'
import { Owner, secret, terms } from '../../support/keysApi.ts'
import { ruleOf, setRules } from '../../support/sentinel.ts'
import type { Stack, StackPayer } from '../../support/Stack.ts'
import { until } from '../../support/until.ts'
import { pastSales } from './Past.ts'
import { recordsOf } from './Records.ts'
import type { Texts } from './Texts.ts'

export type Estate = {
  owner: Owner
  /** Id of the provider. */
  shop: string
  /** For each pattern of a page with an id in it, other than the provider's: that id. */
  ids: Record<string, string>
}

type Sold = { shop: string; route: string; otherRoute: string; oracle: string }
type Paid = { payment: string; session: string; channel: Hex; decision: string; shopDecision: string }

/** `key`: the private key of the wallet that all of it belongs to. */
export async function furnish(stack: Stack, key: Hex, texts: Texts): Promise<Estate> {
  const owner = await Owner.signIn(stack, key)
  const till = addressOf(secret())
  const sessionKey = secret()
  const agent = await keysOf(stack, owner, texts, { till, sessionKey })
  const sold = await shopOf(stack, owner, texts, till)
  await rulesOf(owner, texts, sold.shop)
  const payer = await stack.payer({ key, sessionKey, scheme: 'batch-settlement' })
  const paid = await pay(stack, owner, payer, sold.shop)
  await pastSales(stack.system.database, { ...sold, ...paid })
  const records = await recordsOf(stack.system.database, { owner: owner.address, texts, ...sold, ...paid })
  const channels = await toldOf(owner, texts, { ...sold, agent, ...paid })
  const sentinel = '/p/:provider/sentinel'
  return {
    owner,
    shop: sold.shop,
    ids: {
      '/keys/:id': agent,
      '/receipts/:id': paid.payment,
      '/p/:provider/routes/:id': sold.route,
      '/p/:provider/oracles/:id': sold.oracle,
      '/p/:provider/sessions/:channel': paid.channel,
      '/webhooks/:id': records.endpoint,
      '/webhooks/deliveries/:id': records.delivery,
      '/alerts/channels/:id': channels.own,
      '/stops/:id': records.stop,
      '/rules/edit/:id': 'dear-call',
      '/rules/history/:revision': '2',
      '/decisions/:id': paid.decision,
      [`${sentinel}/alerts/channels/:id`]: channels.shop,
      [`${sentinel}/stops/:id`]: records.shopStop,
      [`${sentinel}/rules/edit/:id`]: 'dear-call',
      [`${sentinel}/history/:revision`]: '2',
      [`${sentinel}/decisions/:id`]: records.shopDecision,
    },
  }
}

/** @throws when the API does not make it; answers the member `id` of what it made, or another */
async function made(owner: Owner, path: string, body: object, member = 'id'): Promise<string> {
  const { status, json } = await owner.call('POST', path, { body })
  if (status !== 201) throw new Error(`${path}: ${status} ${JSON.stringify(json)}`)
  return json[member] as string
}

/** Three keys: one that pays, one that is frozen, and one that never paid. Answers the first. */
async function keysOf(stack: Stack, owner: Owner, texts: Texts, { till, sessionKey }: { till: Hex; sessionKey: Hex }) {
  const limits = { spendCap: '50000000', periodAmount: '5000000', periodDuration: 86_400, perPaymentMax: '100000' }
  const make = (of: string, key: Hex) => {
    const payees = [till, addressOf(stack.keys.provider)]
    return made(
      owner,
      '/session-keys',
      terms(stack, { key: addressOf(key), name: texts.name(of), payees, ...limits, expiry: inDays(30) }),
    )
  }
  const agent = await make('Research agent', sessionKey)
  const frozen = await make('Newsletter bot', secret())
  await owner.call('POST', `/session-keys/${frozen}/freeze`, { body: {} })
  await make('Support desk', secret())
  await owner.asPerson('POST', '/api-keys', {
    body: { name: texts.name('Deploy script'), scopes: ['providers:write'] },
  })
  return agent
}

const inDays = (days: number) => Math.floor(Date.now() / 1_000) + days * 86_400

async function shopOf(stack: Stack, owner: Owner, texts: Texts, payTo: Hex): Promise<Sold> {
  const { status, json } = await owner.confirmed('POST', '/providers', {
    body: { name: texts.name('Weather desk'), payTo },
  })
  if (status !== 201) throw new Error(`/providers: ${JSON.stringify(json)}`)
  const shop = json['id'] as string
  const { orm, tables } = stack.system.database
  const at = new Date()
  const { host } = new URL(stack.upstream.url)
  const mine = { owner: owner.address, mode: 'test', token: 'pbstream-token', createdAt: at } as const
  await orm.insert(tables.upstreamHost).values({ ...mine, host, verifiedAt: at })
  await made(owner, '/upstream-hosts', { host: 'api.example.com' }, 'host')
  const route = (path: string, amount: string) =>
    made(owner, '/routes', {
      ...{ providerId: shop, path, origin: { kind: 'url', url: `${stack.upstream.url}/` }, chainIds: [Chain.id] },
      ...{ methods: ['GET'], rate: { v: 1, kind: 'flat', amount } },
    })
  const sold = { shop, route: await route('/forecast/*', '2500'), otherRoute: await route('/history/*', '12000') }
  const oracle = await made(owner, '/oracles', {
    ...{ providerId: shop, name: texts.name('Load of the cluster'), min: '0', max: '1000', staleSeconds: 3_600 },
    source: { kind: 'push' },
  })
  const terms = { level: 'vip1', multiplier: '0.9' }
  await owner.call('PUT', `/providers/${shop}/customers/${addressOf(stack.keys.payer)}`, { body: terms })
  return { ...sold, oracle }
}

/** Two revisions each of the owner's set and the provider's. */
async function rulesOf(owner: Owner, texts: Texts, shop: string): Promise<void> {
  const dear = ruleOf({
    ...{ id: 'dear-call', name: texts.name('Dear, and to somebody new'), when: 'amount > 5000000 && new.payee' },
    ...({ action: 'require_signature', fail: 'closed' } as const),
  })
  const told = ruleOf({
    ...{ id: 'told', name: texts.name('More than 0.002 USDC'), when: texts.condition },
    ...({ severity: 'low', action: 'alert' } as const),
  })
  const lists = [{ name: 'home', entries: [{ value: texts.entry }, { value: 'FR' }] }]
  const breaker = {
    ...{ budget: '50000000', windowMs: 86_400_000, badFrom: 1_000, goodUpTo: 900, openMs: 60_000 },
    ...{ maxOpenMs: 3_600_000, probes: 1, probeMs: 60_000, calmMs: 3_600_000 },
  }
  for (const provider of [undefined, shop]) {
    await setRules(owner, { rules: [dear], lists }, provider)
    const changed = { ...dear, when: 'amount > 2000000 && new.payee' }
    await setRules(owner, { rules: [changed, told], lists, ...(provider === undefined ? { breaker } : {}) }, provider)
  }
}

/** Pays twice through the gateway, and waits until that is in the tables. */
async function pay(stack: Stack, owner: Owner, payer: StackPayer, shop: string): Promise<Paid> {
  await until('the gateway sells it', async () => (await fetch(`${stack.gateway}/forecast/x`)).status === 402)
  for (const city of ['oslo', 'lima']) {
    const { status } = await payer.fetch(`${stack.gateway}/forecast/${city}`)
    if (status !== 200) throw new Error(`paying answered ${status}`)
  }
  const list = async (path: string) => (await owner.call('GET', path)).json['data'] as Record<string, string>[]
  const first = (path: string) => until(`something in ${path}`, async () => (await list(path))[0])
  const payment = await first('/payments')
  const decision = await first('/decisions')
  const shopDecision = await first(`/decisions?provider=${shop}`)
  const channel = await first(`/providers/${shop}/channels`)
  return {
    payment: payment['id']!,
    session: decision['session']!,
    channel: channel['id'] as Hex,
    decision: decision['id']!,
    shopDecision: shopDecision['id']!,
  }
}

type Known = Sold & Paid & { agent: string }

/** Snoozes and channels of alerts. Answers the ids of the channels. */
async function toldOf(owner: Owner, texts: Texts, { shop, agent, session }: Known) {
  const snooze = { rule: 'told', seconds: 3_600 }
  await owner.call('PUT', '/snoozes', { body: { ...snooze, session: agent } })
  await owner.call('PUT', `/snoozes?provider=${shop}`, { body: { ...snooze, session } })
  const body = {
    ...{ name: texts.name('On call'), target: { kind: 'webhook', url: 'https://hooks.example.com/alerts' } },
    ...{ from: 'medium', quiet: { zone: 'Europe/Berlin', from: '22:00', to: '07:00', but: 'critical' } },
  }
  return {
    own: await made(owner, '/alert-channels', body),
    shop: await made(owner, `/alert-channels?provider=${shop}`, body),
  }
}
