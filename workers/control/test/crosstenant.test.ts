/**
 * Every operation that the API documents, in the hands of somebody else: what is another owner's, or of the other mode,
 * is answered to the byte like what is not there, and stays as it is. An operation that is not listed here fails the test.
 */
import type { Mode } from '@pbstream/db/Mode'
import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { newToken } from '../src/grants/Token.ts'
import { SCOPES, type Scope } from '../src/api/Types.ts'
import { type Belongings, belongingsOf, clear, everything, FLAT, unknown } from './belongings.ts'
import { operations, type Operation } from './document.ts'
import { api, apiEnv, type Call, keyOf, LIVE_CHAIN, type Person, person } from './people.ts'
import { empty, hex, settlement } from './support.ts'

/** One call with an id in it, in the path, the query or the body. */
type Case = {
  path?: Record<string, string>
  query?: Record<string, string>
  body?: unknown
  /** The key for which its owner sends a token. */
  token?: string
}
type Entry =
  /** Names nothing of anybody: it is about the caller alone, or makes something new. */
  | { names: 'nothing'; body?: unknown }
  /** Each case names something, by an id of the owner's or of nobody. */
  | { names: keyof Belongings | (keyof Belongings)[]; calls: ((id: Belongings) => Case)[] }

const inPath = (names: keyof Belongings, body?: unknown): Entry => ({
  names,
  calls: [
    (of) => ({ path: names === 'host' ? { host: of.host } : { id: of[names] }, ...(body !== undefined && { body }) }),
  ],
})
const inQuery = (...pairs: [string, keyof Belongings][]): Entry => ({
  names: pairs.map(([, names]) => names),
  calls: pairs.map(([parameter, names]) => (of) => ({ query: { [parameter]: of[names] } })),
})
const nothing: Entry = { names: 'nothing' }

const key = { key: hex('99', 20) }
const limits = { payees: [hex('ac', 20)], spendCap: '10', expiry: 4_000_000_000 }
const signed = { signature: '0x12', deadline: 4_000_000_000, version: 1 }
const authorization = { validAfter: '0', validBefore: '4000000000', salt: hex('01', 32), signature: '0x12' }
const deposit = {
  receiver: hex('ac', 20),
  receiverAuthorizer: hex('ad', 20),
  withdrawDelay: 900,
  amount: '5',
  authorization,
}
const route = (providerId: string) => ({
  ...{ providerId, path: '/elsewhere/a', origin: { kind: 'url', url: `https://${hers.host}/` }, rate: FLAT },
  chainIds: [LIVE_CHAIN],
})
const oracle = { name: 'x', min: '0', max: '9', staleSeconds: 60, source: { kind: 'push' } }
const ofCustomer = (body?: unknown): Entry => ({
  names: ['provider', 'customer'],
  calls: [(of) => ({ path: { id: of.provider, payer: of.customer }, ...(body !== undefined && { body }) })],
})
const rule = { name: 'x', when: 'amount > 1', severity: 'low', action: 'alert', fail: 'open' }
/** Of a provider's rules: by the provider in the query. */
const ofRules = (path: Record<string, string>, body?: unknown): Entry => ({
  names: 'provider',
  calls: [(of) => ({ path, query: { provider: of.provider }, ...(body !== undefined && { body }) })],
})
/** Of a channel that a provider sold on. */
const ofSales = (body?: unknown): Entry => ({
  names: ['provider', 'sales'],
  calls: [(of) => ({ path: { id: of.provider, channel: of.sales }, ...(body !== undefined && { body }) })],
})
/** Of a key for which there is a token. */
const ofGrant = (more: Omit<Case, 'path'> = {}): Entry => ({
  names: 'escrowKey',
  calls: [(of) => ({ path: { id: of.escrowKey }, token: of.escrowKey, ...more })],
})
const granted = {
  ...{ name: 'x', chainId: LIVE_CHAIN, routes: null, deadline: 4_000_000_000, signature: '0x12' },
  permission: {
    ...{ account: hex('a1', 20), key: hex('5e', 20), token: hex('7c', 20), payees: [hex('ac', 20)], spendCap: '10' },
    ...{ periodAmount: '0', periodDuration: 0, perPaymentMax: '0', start: 1, expiry: 4_000_000_000 },
    ...{ freezer: hex('00', 20), salt: hex('00', 32) },
  },
}
const exported: Entry = inQuery(['provider', 'provider'], ['session', 'session'])

/** Of a provider, and of a key. */
const ofBoth = (one: keyof Belongings, other: keyof Belongings, body?: unknown): Entry => ({
  names: [one, other],
  calls: [one, other].map((name) => (of) => ({ path: { id: of[name] }, ...(body !== undefined && { body }) })),
})
const ofSubject: Entry = {
  names: ['provider', 'route'],
  calls: [
    (of) => ({ path: { subject: `provider:${of.provider}` }, body: { reason: 'x' } }),
    (of) => ({ path: { subject: `upstream:${of.route}` }, body: { reason: 'x' } }),
  ],
}
const alertChannel = { name: 'x', target: { kind: 'webhook', url: 'https://hooks.example.com/' } }

const entries: Record<string, Entry> = {
  createSignInNonce: nothing,
  signIn: { names: 'nothing', body: { message: 'x', signature: '0x' } },
  signOut: { names: 'nothing', body: {} },
  getMe: nothing,
  listApiKeys: nothing,
  createApiKey: { names: 'nothing', body: { name: 'x', scopes: ['audit:read'] } },
  getApiKey: inPath('apiKey'),
  revokeApiKey: inPath('apiKey'),
  listAudit: inQuery(['subject', 'provider']),
  verifyAudit: nothing,
  listProviders: nothing,
  createProvider: { names: 'nothing', body: { name: 'x', payTo: hex('ac', 20) } },
  getProvider: inPath('provider'),
  editProvider: inPath('provider', { name: 'x' }),
  changePayout: inPath('provider', { payTo: hex('ee', 20) }),
  cancelPayoutChange: inPath('provider'),
  listDrains: inPath('provider'),
  listPayments: {
    names: ['provider', 'route'],
    calls: [
      (of) => ({ path: { id: of.provider } }),
      (of) => ({ path: { id: of.provider }, query: { route: of.route } }),
    ],
  },
  listChannels: inPath('provider'),
  listSettlements: inPath('provider'),
  listIncidents: inPath('provider'),
  listRoutes: inQuery(['provider', 'provider']),
  createRoute: { names: 'provider', calls: [(of) => ({ body: route(of.provider) })] },
  getRoute: inPath('route'),
  editRoute: inPath('route', { enabled: false }),
  listRateCards: inPath('route'),
  publishRateCard: inPath('route', { rule: FLAT }),
  getRateCard: { names: 'route', calls: [(of) => ({ path: { id: of.route, version: '1' } })] },
  withdrawRateCard: { names: 'route', calls: [(of) => ({ path: { id: of.route, version: '2' } })] },
  listPrices: inPath('route'),
  // Whatever is sold has a price for everybody; `prices.test.ts` looks at what it keeps to itself.
  quotePrice: nothing,
  listOracles: inQuery(['provider', 'provider']),
  createOracle: {
    names: 'provider',
    calls: [(of) => ({ body: { ...oracle, providerId: of.provider } })],
  },
  getOracle: inPath('oracle'),
  editOracle: inPath('oracle', { max: '8' }),
  rotateOracleSecret: inPath('oracle'),
  deleteOracle: inPath('oracle'),
  listOracleValues: inPath('oracle'),
  pushOracleValue: inPath('oracle', { value: '5' }),
  listCustomers: inPath('provider'),
  getCustomer: ofCustomer(),
  setCustomer: ofCustomer({ level: 'vip2' }),
  removeCustomer: ofCustomer(),
  exportRateCards: inQuery(['route', 'route']),
  exportPrices: inQuery(['route', 'route']),
  exportOracleValues: inQuery(['oracle', 'oracle']),
  forecastRoute: {
    names: 'route',
    calls: [(of) => ({ path: { id: of.route }, query: { metric: 'usage' } })],
  },
  backtestRoute: {
    names: 'route',
    calls: [(of) => ({ path: { id: of.route }, query: { metric: 'price', step: 'day' } })],
  },
  listUpstreamHosts: nothing,
  addUpstreamHost: { names: 'nothing', body: { host: 'api.example.com' } },
  getUpstreamHost: inPath('host'),
  verifyUpstreamHost: inPath('host'),
  createSessionKey: {
    names: 'nothing',
    body: { ...key, ...limits, name: 'x', chainId: LIVE_CHAIN, contract: 'canonical' },
  },
  listSessionKeys: nothing,
  getSessionKey: inPath('sessionKey'),
  getSessionKeySigningRequest: {
    names: 'draftKey',
    calls: [(of) => ({ path: { id: of.draftKey }, query: { action: 'register' } })],
  },
  updateSessionKey: inPath('sessionKey', { name: 'x' }),
  registerSessionKey: inPath('draftKey', signed),
  rotateSessionKey: inPath('sessionKey', { ...key, expectedUsage: '0' }),
  depositUnderSessionKey: inPath('escrowKey', deposit),
  freezeSessionKey: inPath('sessionKey', {}),
  unfreezeSessionKey: inPath('sessionKey', {}),
  revokeSessionKey: inPath('sessionKey', {}),
  listWebhookEndpoints: nothing,
  createWebhookEndpoint: { names: 'nothing', body: { url: 'https://hooks.example.com/', events: ['*'] } },
  getWebhookEndpoint: inPath('endpoint'),
  editWebhookEndpoint: inPath('endpoint', { enabled: false }),
  rotateWebhookSecret: inPath('endpoint'),
  deleteWebhookEndpoint: inPath('endpoint'),
  testWebhookEndpoint: inPath('endpoint'),
  listWebhookDeliveries: inQuery(['endpointId', 'endpoint']),
  getWebhookDelivery: inPath('delivery'),
  resendWebhookDelivery: inPath('delivery'),
  exportPayments: exported,
  exportSettlements: exported,
  exportMovements: exported,
  exportAudit: nothing,
  listStops: inQuery(['provider', 'provider'], ['session', 'session']),
  getStop: ofBoth('stop', 'keyStop'),
  releaseStop: ofBoth('stop', 'keyStop', { reason: 'x' }),
  confirmStop: ofBoth('stop', 'keyStop', {}),
  listBreakers: inQuery(['provider', 'provider']),
  openBreaker: ofSubject,
  closeBreaker: ofSubject,
  listAlertChannels: inQuery(['provider', 'provider']),
  createAlertChannel: {
    names: 'provider',
    calls: [(of) => ({ query: { provider: of.provider }, body: alertChannel })],
  },
  getAlertChannel: ofBoth('channel', 'keyChannel'),
  editAlertChannel: ofBoth('channel', 'keyChannel', { enabled: false }),
  rotateAlertChannelSecret: ofBoth('channel', 'keyChannel'),
  deleteAlertChannel: ofBoth('channel', 'keyChannel'),
  testAlertChannel: ofBoth('channel', 'keyChannel'),
  confirmAlertChannel: ofBoth('channel', 'keyChannel', { code: 'x' }),
  listAlertDeliveries: ofBoth('channel', 'keyChannel'),
  resendAlertDelivery: {
    names: ['channel', 'keyChannel'],
    calls: [
      (of) => ({ path: { id: of.channel, delivery: '1' } }),
      (of) => ({ path: { id: of.keyChannel, delivery: '1' } }),
    ],
  },
  listRuleFeatures: nothing,
  listRuleTemplates: nothing,
  getRules: ofRules({}),
  setRules: ofRules({}, { rules: [{ ...rule, id: 'mine' }] }),
  setRule: ofRules({ id: 'mine' }, rule),
  deleteRule: ofRules({ id: 'mine' }),
  validateRules: ofRules({}, { rules: [] }),
  backtestRules: ofRules({}, {}),
  listRuleVersions: ofRules({ id: 'mine' }),
  listRuleRevisions: ofRules({}),
  getRuleRevision: ofRules({ revision: '1' }),
  listRuleLists: ofRules({}),
  setRuleList: ofRules({ name: 'mine' }, { entries: [{ value: 'x' }] }),
  deleteRuleList: ofRules({ name: 'mine' }),
  addRuleListEntries: ofRules({ name: 'mine' }, { entries: [{ value: 'x' }] }),
  removeRuleListEntries: ofRules({ name: 'mine' }, { values: ['x'] }),
  listSnoozes: {
    names: ['session', 'sessionKey', 'provider'],
    calls: [
      (of) => ({ query: { session: of.session } }),
      (of) => ({ query: { session: of.sessionKey } }),
      (of) => ({ query: { session: of.session, provider: of.provider } }),
    ],
  },
  snoozeRule: {
    names: ['session', 'sessionKey', 'provider'],
    calls: [
      (of) => ({ body: { session: of.session, rule: 'mine', seconds: 0 } }),
      (of) => ({ body: { session: of.sessionKey, rule: 'anomaly', seconds: 60, of: 'platform' } }),
      (of) => ({ query: { provider: of.provider }, body: { session: of.session, rule: 'mine', seconds: 60 } }),
    ],
  },
  getProviderSummary: inPath('provider'),
  getProviderRevenue: inPath('provider'),
  getChannel: ofSales(),
  getChannelTimeline: ofSales(),
  settleChannel: ofSales(),
  getGrantTerms: nothing,
  createGrant: { names: 'nothing', body: granted },
  getGrant: ofGrant(),
  getGrantReceipt: {
    names: ['sessionKey', 'payment'],
    calls: [({ sessionKey, payment }) => ({ path: { id: sessionKey, payment }, token: sessionKey })],
  },
  getGrantSigningRequest: ofGrant({ query: { action: 'freeze' } }),
  freezeGrant: ofGrant({ body: signed }),
  unfreezeGrant: ofGrant({ body: signed }),
  revokeGrant: ofGrant({ body: signed }),
  listDecisions: inQuery(['provider', 'provider'], ['session', 'session']),
  getDecision: {
    names: ['decision', 'keyDecision'],
    calls: [(of) => ({ path: { id: of.decision } }), (of) => ({ path: { id: of.keyDecision } })],
  },
  listRuleResults: inQuery(['provider', 'provider']),
  exportDecisions: inQuery(['provider', 'provider'], ['session', 'session']),
  listPaidCharges: inQuery(['key', 'sessionKey'], ['key', 'session'], ['route', 'route'], ['provider', 'provider']),
  getPaidCharge: inPath('payment'),
  listPayerChannels: inQuery(['key', 'sessionKey'], ['key', 'session']),
  getUsage: inQuery(['key', 'sessionKey'], ['key', 'session']),
}

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const env = {
  UPSTREAM_SECRET: 'upstream-secret-of-the-tests-0123456789',
  WEBHOOK_SECRET: 'webhook-secret-of-the-tests-0123456789',
  ALERT_SECRET: 'alert-secret-of-the-tests-0123456789',
  // Nothing is sent: what is due stays so.
  WEBHOOKS: { sendBatch: () => Promise.resolve() } as unknown as Queue<never>,
}
let alice: Person
let hers: Belongings
let bob: Person

beforeEach(() => {
  vi.spyOn(console, 'error').mockImplementation(() => {})
  vi.spyOn(globalThis, 'fetch').mockRejectedValue(new TypeError('no network'))
  return () => vi.restoreAllMocks()
})

async function begin(): Promise<void> {
  await clear()
  await empty()
  await settlement.say({})
  alice = await person()
  bob = await person()
  hers = await belongingsOf(alice, 'live')
}

function send(operation: Operation, { path = {}, query = {}, body }: Case, call: Call) {
  const url = operation.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(path[name] ?? 'missing'))
  const search = new URLSearchParams(query).toString()
  const headers = { 'if-match': '"1"', ...call.headers }
  return api(operation.method, search === '' ? url : `${url}?${search}`, {
    ...call,
    env,
    headers,
    ...(body === undefined ? {} : { body }),
  })
}

/** Callers for whom what is Alice's in live mode is not there. */
async function strangers(): Promise<[string, Call][]> {
  const key_ = (owner: string, mode: Mode) => keyOf(owner, mode, [...SCOPES])
  return [
    ['another owner with a cookie', { as: bob }],
    ['another owner with an API key of every scope', { as: (await key_(bob.owner, 'live')).text }],
    ['the owner in the other mode', { as: alice, mode: 'test' }],
    ['the owner with an API key of the other mode', { as: (await key_(alice.owner, 'test')).text }],
  ]
}

const named = operations.flatMap(
  (operation): [string, Operation, Entry & { calls: ((id: Belongings) => Case)[] }][] => {
    const entry = entries[operation.id]
    return entry !== undefined && 'calls' in entry ? [[operation.id, operation, entry]] : []
  },
)

test('every operation of the document is listed, and none that is not there', () => {
  expect(operations.map(({ id }) => id).toSorted()).toEqual(Object.keys(entries).toSorted())
})

test('whatever takes an id in its path is tried with one', () => {
  const withId = operations.filter(({ path }) => path.includes('{')).map(({ id }) => id)
  expect(withId.filter((id) => entries[id]?.names === 'nothing')).toEqual([])
})

describe('what is another’s is answered like what is not there, and stays as it is:', () => {
  beforeEach(begin)

  test.each(named)('%s', async (_, operation, { calls }) => {
    const callers = await strangers()
    for (const make of calls) {
      const before = await everything()
      for (const [who, call] of callers) {
        if (operation.access === 'cookie' && typeof call.as === 'string') continue
        const theirs = await send(operation, make(hers), call)
        const nobodys = await send(operation, make(unknown), call)
        const headers = (reply: typeof theirs) => JSON.stringify([...reply.headers])
        expect([who, theirs.status, theirs.text, headers(theirs)]).toEqual([
          who,
          nobodys.status,
          nobodys.text,
          headers(nobodys),
        ])
        // Who is shown by a signature alone is told the same of what is there and of what is not.
        if (operation.path.includes('{') && operation.access !== 'message')
          expect([who, theirs.status, theirs.json['code']]).toEqual([who, 404, 'not_found'])
        for (const id of Object.values(hers)) expect(theirs.text).not.toContain(id)
      }
      // The API keys of the callers were used: nothing else has changed.
      expect((await everything()).replaceAll(USED, '')).toBe(before.replaceAll(USED, ''))
      // The owner himself gets there: the case is one that would have done something.
      const { token: of } = make(hers)
      const bearer = of === undefined ? undefined : await newToken(apiEnv(), of, 4_000_000_000, 1_800_000_000)
      const headers = bearer === undefined ? {} : { authorization: `Bearer ${bearer.token}` }
      const own = await send(operation, make(hers), { as: alice, headers })
      expect([own.text, STOPPED.includes(String(own.json['code']))]).toEqual([own.text, false])
    }
  })
})

/** Codes of a request that did not come to what it names. */
const STOPPED = ['not_found', 'validation_failed', 'malformed_body', 'unsupported_media_type']
const USED = /"lastUsedAt":(?:null|"[^"]*")/g

/** What ends the caller, and what changes nothing. */
const KEYLESS = ['signOut', 'validateRules', 'backtestRules']

describe('whoever is not let in:', () => {
  // Once: that nothing changes is what is tested. Of the callers, one signs out and one has keys made, which are counted.
  beforeAll(begin)
  beforeEach(async () => {
    alice = await person()
    bob = await person()
  })

  const guarded = operations.filter(({ access }) => !['public', 'message', 'grant'].includes(access))
  const caseOf = ({ id }: Operation): Case => {
    const entry = entries[id]
    if (entry === undefined) return {}
    return 'calls' in entry ? (entry.calls[0]?.(hers) ?? {}) : { ...(entry.body !== undefined && { body: entry.body }) }
  }

  test.each(guarded.map((operation) => [operation.id, operation] as const))('%s', async (_, operation) => {
    const asItWas = () => everything(['apiKey', 'audit'])
    const before = await asItWas()
    const changes = operation.method !== 'GET'
    const nobody = await send(operation, caseOf(operation), {})
    expect([nobody.status, nobody.json['code']]).toEqual([401, 'credentials_invalid'])
    const others = SCOPES.filter((scope) => scope !== operation.access)
    if (SCOPES.includes(operation.access as Scope) || operation.access === 'cookie') {
      const { text } = await keyOf(bob.owner, 'live', others)
      const poor = await send(operation, caseOf(operation), { as: text })
      expect([poor.status, poor.json['code']]).toEqual([403, 'scope_missing'])
    }
    const cookie = `__Host-pbstream=${alice.cookie}`
    const from = (headers: Record<string, string>) =>
      send(operation, caseOf(operation), { headers: { cookie, ...headers } })
    expect((await from({ origin: 'https://evil.example' })).json['code']).toBe('origin_refused')
    if (changes) {
      expect((await from({})).json['code']).toBe('origin_refused')
      const keyless = await send(operation, caseOf(operation), { as: alice, idempotencyKey: null })
      if (!KEYLESS.includes(operation.id)) expect(keyless.json['code']).toBe('idempotency_key_missing')
    }
    expect(await asItWas()).toBe(before)
  })
})
