/** Sentinel on the way of a call: what its object is told, what callers are told, and which rules are handed over when. */
import type { RulesetSnapshot, Scope, SentinelRefusal } from '@pbstream/core/message/Sentinel'
import { type ReserveReply, sessionName } from '@pbstream/core/message/Session'
import { describe, expect, it, vi } from 'vitest'
import { RuleBook } from '../src/sentinel/RuleBook.ts'
import { config, exact, header, voucher } from './support/payer.ts'
import { openBody, openSession, post, sessionWorld, signed } from './support/session.ts'
import { offered, standalone } from './support/standalone.ts'
import { chain, CONTRACT, type FakeSession, ORIGIN, quoted, route, START, type World, world } from './support/world.ts'

const PATH = '/v1/weather'
const PLACE_SECRET = 'thirty-two bytes are needed here'

/** A paid request by voucher, from somewhere. */
async function pay(at: World, more: { headers?: Record<string, string>; cf?: object } = {}): Promise<Response> {
  const required = await quoted(at, PATH)
  const headers = { ...more.headers, ...header(await voucher(required, 1000n)) }
  return at.handle(placed(new Request(ORIGIN + PATH, { headers }), more.cf))
}

function placed(request: Request, cf?: object): Request {
  return cf === undefined ? request : Object.defineProperty(request, 'cf', { value: cf })
}

const ref = {
  ...{ chainId: chain.chainId, contract: CONTRACT },
  ...{ payer: config.payer, payerAuthorizer: config.payerAuthorizer },
} as const

const body = async (response: Response) => (await response.json()) as Record<string, unknown>

function set(scope: Scope, revision: number): RulesetSnapshot {
  return { scope, revision, rules: [], lists: [] }
}

/** Rules in a database, and an object that wants those of the revisions that calls name. */
function governed(at: World, stored: RulesetSnapshot[]) {
  const reads: Scope[][] = []
  const state = { away: false }
  at.gateway.rules = new RuleBook(
    async (scopes) => {
      reads.push(scopes)
      if (state.away) throw new Error('the database is away')
      return stored.filter(({ scope }) => scopes.includes(scope))
    },
    () => at.state.now,
  )
  at.session.decide = (command) => wantedBy(at.session, command.rules, command.providerId)
  at.session.decidePaid = (command) =>
    wantedBy(at.session, command.rules, command.providerId) as { kind: 'rules'; wanted: Scope[] } | undefined
  return { reads, database: state }
}

/** As an object does it: seeds are its own; what is named and newer than what it holds is wanted. */
function wantedBy(
  { held }: FakeSession,
  rules: { platform: number; provider: number } | undefined,
  providerId: string,
): ReserveReply {
  const scope: Scope = `provider:${providerId}`
  const wanted: Scope[] = []
  if (rules !== undefined && rules.platform > Math.max(1, held['platform'] ?? 0)) wanted.push('platform')
  if (rules !== undefined && rules.provider > (held[scope] ?? 0)) wanted.push(scope)
  // What follows is what a world does by itself.
  return (wanted.length === 0 ? undefined : { kind: 'rules', wanted }) as ReserveReply
}

describe('where a call comes from', () => {
  it('goes along with it, as the edge says it and not as the caller does', async () => {
    const at = await world([route()], { PLACE_SECRET })
    const lies = { 'cf-ipcountry': 'CH', 'x-forwarded-for': '198.51.100.1', 'pbstream-origin': 'CH' }
    const headers = { ...lies, 'cf-connecting-ip': '203.0.113.7' }
    await pay(at, { headers, cf: { country: 'DE' } })
    await pay(at, { headers: { 'cf-connecting-ip': '203.0.113.9' }, cf: { country: 'FR' } })
    await pay(at, { headers: lies })
    const [first, second, third] = at.session.reserves.map(({ origin }) => origin)
    expect(first).toEqual({ country: 'DE', place: expect.stringMatching(/^[0-9a-f]{16}$/) })
    expect(second).toEqual({ country: 'FR', place: first?.place })
    expect(third).toEqual({ country: '', place: '' })
  })

  it('goes along with requests of a session too, and never to the upstream', async () => {
    const at = await sessionWorld([route()], { PLACE_SECRET })
    const session = await openSession(at)
    const request = await signed(session, PATH, { headers: { 'cf-connecting-ip': '203.0.113.7' } })
    expect((await at.handle(placed(request, { country: 'DE' }))).status).toBe(200)
    expect(at.session.pays[0]?.origin).toEqual({ country: 'DE', place: expect.stringMatching(/^[0-9a-f]{16}$/) })
    expect(at.seen[0]?.headers.get('cf-connecting-ip')).toBeNull()
    expect(at.seen[0]?.headers.get('cf-ipcountry')).toBeNull()
  })

  it('is not known of calls that a provider’s own server tells of: it would be the server’s', async () => {
    const at = await standalone({ PLACE_SECRET })
    const required = await offered(at)
    await at.ask({ headers: header(await voucher(required, 1000n)) })
    expect(at.session.reserves).toHaveLength(1)
    expect(at.session.reserves[0]).not.toHaveProperty('origin')
  })
})

describe('a lease', () => {
  const lease = (at: World, id: string) => ({
    ...{ id, amount: 10_000n, count: 10, perRequestMax: 1_000n, expiresAt: at.state.now + 300 },
  })

  it('serves calls of its country and place only', async () => {
    const at = await sessionWorld([route()], { PLACE_SECRET })
    const session = await openSession(at)
    const id = `ls_${'1'.repeat(16)}`
    const granted = at.session.pay.bind(at.session)
    at.session.pay = async (command, reports) => {
      const reply = await granted(command, reports)
      return reply.kind === 'granted' ? { ...reply, lease: lease(at, id) } : reply
    }
    const home = { 'cf-connecting-ip': '203.0.113.7' }
    const first = await at.handle(placed(await signed(session, PATH, { headers: home }), { country: 'DE' }))
    expect(first.headers.get('pbstream-lease')).toContain(id)
    const { encodeNamed } = await import('@pbstream/core/session/Lease')
    const under = async (n: number, country: string, address: string) => {
      const ask = { id: `${id}.${n}`, lease: encodeNamed(id), headers: { 'cf-connecting-ip': address } }
      return at.handle(placed(await signed(session, PATH, ask), { country }))
    }
    expect((await under(1, 'DE', '203.0.113.99')).status).toBe(200)
    const abroad = await under(2, 'FR', '203.0.113.7')
    expect([abroad.status, (await body(abroad))['code']]).toEqual([409, 'lease_elsewhere'])
    const elsewhere = await under(2, 'DE', '198.51.100.7')
    expect([elsewhere.status, elsewhere.headers.get('pbstream-lease')]).toEqual([409, null])
    expect((await under(2, 'DE', '203.0.113.7')).status).toBe(200)
  })
})

describe('the revisions of rules', () => {
  it('go along: those of the platform and of the provider of the call, and of no other', async () => {
    const at = await world([route(), route({ id: 'other', path: '/v1/other', providerId: 'zeta' })])
    at.state.sentinel = { version: 1, platform: 3, providers: { acme: 7, other: 9 }, breakers: [] }
    await pay(at)
    const required = await quoted(at, '/v1/other')
    await at.send('/v1/other', { headers: header(await voucher(required, 1000n)) })
    expect(at.session.reserves.map(({ rules }) => rules)).toEqual([
      { platform: 3, provider: 7 },
      { platform: 3, provider: 0 },
    ])
    expect(at.session.pushes).toEqual([])
  })

  it('are heard of with the next check of the catalog, without reading the routes again', async () => {
    const at = await world()
    await pay(at)
    at.sources.load = async () => ({ sentinel: { version: 5, platform: 4, providers: { acme: 2 }, breakers: [] } })
    at.state.now += 11_000
    await pay(at)
    at.sources.load = async () => ({ sentinel: { version: 4, platform: 3, providers: { acme: 1 }, breakers: [] } })
    at.state.now += 11_000
    await pay(at)
    expect(at.session.reserves.map(({ rules }) => rules?.platform)).toEqual([1, 4, 4])
  })
})

describe('rules that an object wants', () => {
  it('are handed over before the call is decided, once for each object and set', async () => {
    const at = await world()
    at.state.sentinel = { version: 1, platform: 3, providers: { acme: 7 }, breakers: [] }
    const { reads } = governed(at, [set('platform', 3), set('provider:acme', 7)])
    expect((await pay(at)).status).toBe(200)
    expect(at.session.pushes).toEqual([set('platform', 3), set('provider:acme', 7)])
    expect(at.session.reserves.map(({ rules }) => rules)).toEqual([
      { platform: 3, provider: 7 },
      { platform: 3, provider: 7 },
    ])
    expect((await pay(at)).status).toBe(200)
    expect([reads.length, at.session.pushes.length, at.session.reserves.length]).toEqual([1, 2, 3])
  })

  it('are handed over for requests of a session too', async () => {
    const at = await sessionWorld()
    at.state.sentinel = { version: 1, platform: 1, providers: { acme: 2 }, breakers: [] }
    governed(at, [set('provider:acme', 2)])
    const session = await openSession(at)
    expect((await at.handle(await signed(session, PATH))).status).toBe(200)
    expect([at.session.pushes, at.session.pays.length]).toEqual([[set('provider:acme', 2)], 2])
  })

  it('are read once by an isolate, however many objects want them, and again when there is a newer revision', async () => {
    const at = await world()
    at.state.sentinel = { version: 1, platform: 3, providers: {}, breakers: [] }
    const stored = [set('platform', 3)]
    const { reads } = governed(at, stored)
    await pay(at)
    delete at.session.held['platform']
    await pay(at)
    expect([reads, at.session.pushes]).toEqual([[['platform']], [set('platform', 3), set('platform', 3)]])
    stored[0] = set('platform', 4)
    at.state.sentinel = { version: 2, platform: 4, providers: {}, breakers: [] }
    at.state.now += 11_000
    await pay(at)
    expect([reads.length, at.session.held['platform']]).toEqual([2, 4])
  })

  it('are handed over once to an object that many calls reach at once', async () => {
    const at = await world()
    at.state.sentinel = { version: 1, platform: 3, providers: { acme: 7 }, breakers: [] }
    const { reads } = governed(at, [set('platform', 3), set('provider:acme', 7)])
    const required = await quoted(at, PATH)
    const headers = header(await voucher(required, 1000n))
    const take = at.session.setRules
    let taken = 0
    at.session.setRules = async (...all) => {
      taken++
      // All others have asked by then.
      while (at.session.reserves.length < 100) await new Promise((next) => setTimeout(next))
      return take(...all)
    }
    const answers = await Promise.all(Array.from({ length: 100 }, () => at.send(PATH, { headers })))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(100)
    expect([taken, reads.length, at.session.reserves.length]).toEqual([1, 1, 200])
  })

  it('are waited for by others as long as they wait for an answer themselves, and no longer', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      const book = new RuleBook(
        async () => [set('platform', 3)],
        () => START,
      )
      const heads = { platform: 3, providers: {} }
      const never = () => ({ setRules: () => new Promise<never>(() => {}) })
      const both = [1, 2].map(() => book.push(never, ref, ['platform'], heads))
      await vi.advanceTimersByTimeAsync(3_000)
      expect(await Promise.all(both)).toEqual([undefined, undefined])
      expect(book.revisions(heads, 'acme', sessionName(ref)).platform).toBe(0)
    } finally {
      vi.useRealTimers()
    }
  })

  it('of an owner are never handed over by a gateway, whatever an object asks for', async () => {
    const at = await world()
    const { reads } = governed(at, [set('owner', 9)])
    let asked = 0
    at.session.decide = () => (++asked === 1 ? { kind: 'rules', wanted: ['owner'] } : (undefined as never))
    expect((await pay(at)).status).toBe(200)
    expect([reads, at.session.pushes]).toEqual([[], []])
  })

  it('that cannot be read stop no payment: the object decides by what it has, and is not asked twice for a while', async () => {
    const at = await world()
    at.state.sentinel = { version: 1, platform: 3, providers: { acme: 7 }, breakers: [] }
    const { reads, database } = governed(at, [set('platform', 3), set('provider:acme', 7)])
    database.away = true
    expect((await pay(at)).status).toBe(200)
    expect((await pay(at)).status).toBe(200)
    expect(at.session.reserves.map(({ rules }) => rules)).toEqual([
      { platform: 3, provider: 7 },
      { platform: 0, provider: 0 },
      { platform: 0, provider: 0 },
    ])
    expect(reads).toHaveLength(1)
    database.away = false
    at.state.now += 10_000
    expect((await pay(at)).status).toBe(200)
    expect(at.session.held).toEqual({ platform: 3, 'provider:acme': 7 })
  })

  it('are not waited for longer than a second', async () => {
    const at = await world()
    at.state.sentinel = { version: 1, platform: 3, providers: {}, breakers: [] }
    governed(at, [])
    const required = await quoted(at, PATH)
    const request = new Request(ORIGIN + PATH, { headers: header(await voucher(required, 1000n)) })
    at.gateway.rules = new RuleBook(
      () => new Promise(() => {}),
      () => at.state.now,
    )
    vi.useFakeTimers({ toFake: ['setTimeout'] })
    try {
      const answer = at.handle(request)
      await vi.advanceTimersByTimeAsync(1_100)
      expect((await answer).status).toBe(200)
    } finally {
      vi.useRealTimers()
    }
  })

  it('that one object does not take are left alone for that object, and handed to others', async () => {
    const at = await world()
    at.state.sentinel = { version: 1, platform: 3, providers: {}, breakers: [] }
    governed(at, [set('platform', 3)])
    at.session.setRules = async () => ({ applied: [], held: {}, refused: [{ scope: 'platform', error: 'no' }] })
    expect((await pay(at)).status).toBe(200)
    expect((await pay(at)).status).toBe(200)
    expect(at.session.reserves.map(({ rules }) => rules?.platform)).toEqual([3, 0, 0])
    const heads = { platform: 3, providers: {} }
    expect(at.gateway.rules.revisions(heads, 'acme', 'another session')).toEqual({ platform: 3, provider: 0 })
  })

  it('that an object wants for ever end in a 503, and nothing is charged', async () => {
    const at = await world()
    governed(at, [set('platform', 3)])
    at.session.decide = () => ({ kind: 'rules', wanted: ['platform'] })
    const response = await pay(at)
    expect([response.status, (await body(response))['code']]).toEqual([503, 'temporarily_unavailable'])
    expect(at.session.reserves.map(({ rules }) => rules?.platform)).toEqual([1, 1, undefined])
    expect([at.seen, at.session.reports]).toEqual([[], []])
  })

  it('are the newest of two isolates: the one with the older catalog takes nothing back', async () => {
    const at = await world()
    const old = await world()
    // One object, two isolates before it.
    Object.assign(old.gateway.env, { STREAM_SESSION: { getByName: () => at.session } })
    at.state.sentinel = { version: 2, platform: 4, providers: { acme: 8 }, breakers: [] }
    old.state.sentinel = { version: 1, platform: 3, providers: { acme: 7 }, breakers: [] }
    governed(at, [set('platform', 4), set('provider:acme', 8)])
    governed({ ...old, session: at.session }, [set('platform', 3), set('provider:acme', 7)])
    const answers = await Promise.all(Array.from({ length: 8 }, (_, i) => pay(i % 2 === 0 ? at : old)))
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 200))
    expect(at.session.held).toEqual({ platform: 4, 'provider:acme': 8 })
    await pay(old)
    expect(at.session.held).toEqual({ platform: 4, 'provider:acme': 8 })
  })
})

describe('a refusal by Sentinel', () => {
  const stop: SentinelRefusal = { scope: 'owner', decision: 'dec_1', stop: 'st_1' }
  const slow: SentinelRefusal = { scope: 'provider:acme', decision: 'dec_2', retryAfter: 60 }
  const long: SentinelRefusal = { scope: 'platform', decision: 'dec_3', retryAfter: 3_600 }
  const cases = [
    ['sentinel_frozen', stop, 403, null, 'false'],
    ['sentinel_signature_required', stop, 403, null, 'false'],
    ['sentinel_blocked', { scope: 'platform', decision: 'dec_4' }, 403, null, 'false'],
    ['sentinel_throttled', slow, 429, '60', 'true'],
    ['spend_breaker_open', long, 429, '3600', 'false'],
  ] as const

  it.each(cases)(
    '%s is a problem that says which decision, and when to come again',
    async (code, sentinel, ...said) => {
      const at = await world()
      at.session.decide = () => ({
        kind: 'refused',
        code,
        sentinel: { ...sentinel, rule: 'drain', inputs: {} } as never,
      })
      const response = await pay(at)
      const json = await body(response)
      const told = [response.status, response.headers.get('retry-after'), response.headers.get('x-should-retry')]
      expect(told).toEqual(said)
      expect(response.headers.get('content-type')).toBe('application/problem+json')
      expect(response.headers.get('payment-required')).toBeNull()
      expect(json).toMatchObject({ type: `https://pbstream.dev/problems/${code}`, code, status: said[0] })
      // Neither the rule nor what it has looked at.
      expect(json['sentinel']).toEqual(sentinel)
      expect([at.seen, at.session.reports]).toEqual([[], []])
    },
  )

  it.each(cases)('%s is the same in session mode', async (code, sentinel, status, retryAfter) => {
    const at = await sessionWorld()
    const session = await openSession(at)
    at.session.decidePaid = () => ({ kind: 'refused', code, sentinel })
    const response = await at.handle(await signed(session, PATH))
    expect([response.status, response.headers.get('retry-after')]).toEqual([status, retryAfter])
    expect(await body(response)).toMatchObject({ code, sentinel })
  })

  it('keeps sessions from being opened, too', async () => {
    const at = await sessionWorld()
    at.session.decideOpening = () => ({ kind: 'refused', code: 'sentinel_throttled', sentinel: slow })
    const response = await post(at, await openBody(at))
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, '60'])
    expect(await body(response)).toMatchObject({ code: 'sentinel_throttled', sentinel: slow })
  })

  it('reaches the caller of a provider’s own server', async () => {
    const at = await standalone()
    const required = await offered(at)
    at.session.decide = () => ({ kind: 'refused', code: 'sentinel_frozen', sentinel: stop })
    const { json } = await at.ask({ headers: header(await voucher(required, 1000n)) })
    expect(json).toMatchObject({ kind: 'response', status: 403 })
    expect(JSON.parse(json['body'] as string)).toMatchObject({ code: 'sentinel_frozen', sentinel: stop })
  })

  it('of a flood costs the object twenty calls a second, and one that waits for its release is served at once', async () => {
    const at = await world()
    const required = await quoted(at, PATH)
    const headers = header(await voucher(required, 1000n))
    at.session.decide = () => ({ kind: 'refused', code: 'sentinel_frozen', sentinel: stop })
    for (let i = 0; i < 100; i++) {
      const response = await at.send(PATH, { headers })
      expect(await body(response)).toMatchObject({ code: 'sentinel_frozen', sentinel: stop })
    }
    expect(at.session.reserves).toHaveLength(20)
    at.state.now += 1_000
    at.session.decide = undefined
    expect((await at.send(PATH, { headers })).status).toBe(200)
    expect((await at.send(PATH, { headers })).status).toBe(200)
  })
})

describe('an upstream that fails', () => {
  const down = () => new Response('down', { status: 503 })
  const open = (at: World, subject: string, until: number | null) => {
    at.state.sentinel = {
      ...{ version: at.state.sentinel.version + 1, platform: 1, providers: {} },
      breakers: [{ scope: 'platform', subject, until, cause: 'by hand' }],
    }
  }

  it.each([
    ['a 500', () => new Response('', { status: 500 }), true],
    ['a 503', down, true],
    ['no answer', () => Promise.reject(new Error('refused')), true],
    ['a 404', () => new Response('', { status: 404 }), undefined],
    ['a 429', () => new Response('', { status: 429 }), undefined],
    ['a 501', () => new Response('', { status: 501 }), undefined],
  ])('%s is told to the session as what it is', async (_, upstream, failed) => {
    const at = await world()
    at.state.upstream = upstream
    await pay(at)
    await at.rest()
    expect(at.session.reports.map((report) => (report as { failed?: true }).failed)).toEqual([failed])
    expect(at.session.reports).toMatchObject([{ kind: 'void' }])
  })

  it('is not called for a while, and no money is held for it: a 503 that says when', async () => {
    const at = await world()
    at.state.upstream = down
    for (let i = 0; i < 10; i++) expect((await pay(at)).status).toBe(503)
    expect([at.seen.length, at.session.reserves.length]).toEqual([10, 10])
    const response = await pay(at)
    expect([response.status, response.headers.get('retry-after'), response.headers.get('x-should-retry')]).toEqual([
      503,
      '5',
      'true',
    ])
    expect(await body(response)).toMatchObject({ code: 'upstream_breaker_open', retryable: true })
    expect([at.seen.length, at.session.reserves.length]).toEqual([10, 10])
    at.state.now += 5_000
    at.state.upstream = () => new Response('back')
    expect((await pay(at)).status).toBe(200)
    expect((await pay(at)).status).toBe(200)
  })

  it('is not called under a session either, nor for a transfer, which stays good', async () => {
    const at = await sessionWorld([route()], {})
    const session = await openSession(at)
    const required = await quoted(at, PATH)
    const transfer = header(await exact(required))
    open(at, 'upstream:weather', at.state.now + 20_000)
    at.state.now += 11_000
    const answers = [await at.handle(await signed(session, PATH, { created: at.state.now / 1000 }))]
    answers.push(await at.send(PATH, { headers: transfer }))
    expect(answers.map(({ status, headers }) => [status, headers.get('retry-after')])).toEqual([
      [503, '9'],
      [503, '9'],
    ])
    expect([at.seen, at.session.pays, at.settlement.log]).toEqual([[], [], []])
    open(at, 'upstream:weather', at.state.now)
    at.state.now += 11_000
    expect((await at.send(PATH, { headers: transfer })).status).toBe(200)
  })

  it.each([['global'], ['provider:acme'], ['upstream:weather']])(
    'held open as %s stops its paid calls',
    async (subject) => {
      const at = await world([route(), route({ id: 'free', path: '/v1/free', rate: null, providerId: 'acme' })])
      open(at, subject, null)
      const response = await pay(at)
      expect([response.status, response.headers.get('retry-after')]).toEqual([503, '60'])
      expect(at.session.reserves).toEqual([])
      // What it costs is told all the same, and what is free is served.
      expect((await at.send(PATH)).status).toBe(402)
      expect((await at.send('/v1/free')).status).toBe(200)
    },
  )

  it('of a provider that is stopped takes no payment with its own server', async () => {
    const at = await standalone()
    const required = await offered(at)
    open(at, 'provider:acme', null)
    at.state.now += 11_000
    const { json } = await at.ask({ headers: header(await voucher(required, 1000n)) })
    expect(json).toMatchObject({ kind: 'response', status: 503 })
    expect(at.session.reserves).toEqual([])
  })

  it('gives money back that was held for a second call while the first one goes to see', async () => {
    const at = await world()
    open(at, 'upstream:weather', at.state.now)
    const required = await quoted(at, PATH)
    const headers = header(await voucher(required, 1000n))
    const turns = Promise.withResolvers<void>()
    at.session.decide = async () => {
      await turns.promise
      return undefined as never
    }
    const both = [at.send(PATH, { headers }), at.send(PATH, { headers })]
    while (at.session.reserves.length < 2) await Promise.resolve()
    turns.resolve()
    const answers = await Promise.all(both)
    await at.rest()
    expect(answers.map(({ status }) => `${status}`).toSorted()).toEqual(['200', '503'])
    expect(at.session.reports.map(({ kind }) => kind).toSorted()).toEqual(['post', 'void'])
    expect(at.seen).toHaveLength(1)
  })

  it('of a free route is left alone too', async () => {
    const at = await world([route({ rate: null })], { PLACE_SECRET })
    at.state.upstream = down
    const ask = (address: string) => at.send(PATH, { headers: { 'cf-connecting-ip': address } })
    for (let i = 0; i < 10; i++) await ask('203.0.113.7')
    expect((await body(await ask('203.0.113.8')))['code']).toBe('upstream_breaker_open')
    expect((await ask('198.51.100.7')).status).toBe(503)
    expect(at.seen).toHaveLength(11)
  })
})
