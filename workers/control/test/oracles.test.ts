/** Oracles by the API: made, pushed, read by the clock, and what attackers try with them. */
import * as WebhookSignature from '@pbstream/core/WebhookSignature'
import { loadSignals } from '@pbstream/db/Catalog'
import { openIncidents } from '@pbstream/db/Incidents'
import { asc } from 'drizzle-orm'
import { describe, expect, test, vi } from 'vitest'
import { BYTES_MAX } from '../src/oracle/Read.ts'
import { api, apiEnv, type Call, TEST_CHAIN } from './people.ts'
import { everyMinute } from '../src/oracle/Clock.ts'
import { alice, bob, call, match, openShop, provider } from './shop.ts'
import { db, hex, settlement } from './support.ts'

openShop()

const SECRETS = {
  UPSTREAM_SECRET: 'upstream-secret-of-the-tests-0123456789',
  WEBHOOK_SECRET: 'webhook-secret-0123456789-0123456789',
}
const env = { ...SECRETS, WEBHOOKS: { sendBatch: () => Promise.resolve() } as unknown as Queue<never> }
const mine = (more: Call = {}) => ({ ...call(alice, more), env })

const bounds = { min: '0', max: '100', staleSeconds: 60 }
const fromUrl = {
  kind: 'url',
  url: 'https://data.example/v1/load?zone=a',
  path: '$.data[0].load',
  decimals: 1,
  everySeconds: 60,
}
const fromChain = {
  ...{ kind: 'chain', chainId: TEST_CHAIN, contract: hex('fe', 20), data: '0x50d25bcd', word: 0, signed: true },
  ...{ decimals: -6, everySeconds: 60 },
}

type Made = { id: string; secret: string; revision: number; providerId: string }

async function oracle(source: object = { kind: 'push' }, over: object = {}): Promise<Made> {
  const { id: providerId } = await provider()
  const { status, json, text } = await api(
    'POST',
    '/oracles',
    mine({ body: { providerId, name: 'load', ...bounds, source, ...over } }),
  )
  expect([status, text]).toEqual([201, text])
  return json as unknown as Made
}

const seconds = () => Math.floor(Date.now() / 1000)
let messages = 0

/** A push as a provider's program sends it. `spoil`: what an attacker changes on the way. */
function push(
  { id, secret }: Made,
  value: unknown,
  {
    at = seconds(),
    message = `msg_${++messages}`,
    spoil = {} as Record<string, string>,
    body = JSON.stringify({ value }),
  } = {},
) {
  const bytes = WebhookSignature.parseSecret(secret)
  if (bytes === undefined) throw new Error('the secret is none')
  const signed = WebhookSignature.headers([bytes], { id: message, timestamp: at, body: JSON.stringify({ value }) })
  return api('POST', `/oracles/${id}/values`, { body, env, headers: { ...signed, ...spoil } })
}

const rows = () => db.orm.select().from(db.tables.oracleValue).orderBy(asc(db.tables.oracleValue.seq))
/** The values that are there came then. */
const longAgo = (at = 0) => db.orm.update(db.tables.oracleValue).set({ at: new Date(at) })
const signals = async () => (await loadSignals(db, 0)).values
const show = async (id: string) => (await api('GET', `/oracles/${id}`, mine())).json
const minute = (at = Date.now()) => everyMinute(apiEnv(env), new Date(at))
const answers = (...replies: (Response | (() => Promise<Response>))[]) => {
  const fetched = vi.spyOn(globalThis, 'fetch')
  for (const reply of replies)
    fetched.mockImplementationOnce(async () => (typeof reply === 'function' ? reply() : reply))
  return fetched
}

describe('a pushed value', () => {
  test('that is signed is in force at once, with its number in the history', async () => {
    const made = await oracle()
    expect(made.secret).toMatch(/^whsec_/)
    expect(await show(made.id)).toMatchObject({ status: 'waiting', value: null, inForce: null, values: 0 })
    const reply = await push(made, '42')
    expect([reply.status, reply.json]).toMatchObject([200, { seq: 1, status: 'accepted', raw: '42', value: '42' }])
    expect(await signals()).toMatchObject({ [made.id]: { value: '42', fallback: null } })
    expect(await show(made.id)).toMatchObject({ status: 'fresh', value: '42', inForce: '42', values: 1 })
    const { json } = await api('GET', `/oracles/${made.id}/values`, mine())
    expect(json).toMatchObject({ data: [{ seq: 1, source: 'push', error: null }], nextCursor: null })
  })

  test('out of bounds is the bound, whoever signed it', async () => {
    const made = await oracle()
    const reply = await push(made, 9_007_199_254_740_991)
    expect(reply.json).toMatchObject({ status: 'clamped', raw: '9007199254740991', value: '100' })
    expect(await signals()).toMatchObject({ [made.id]: { value: '100' } })
  })

  test.each([
    ['another body', (made: Made) => push(made, '5', { body: '{"value":"6"}' })],
    ['the body in another spelling', (made: Made) => push(made, '5', { body: '{ "value": "5" }' })],
    ['another id', (made: Made) => push(made, '5', { spoil: { 'webhook-id': 'msg_other' } })],
    ['another time', (made: Made) => push(made, '5', { spoil: { 'webhook-timestamp': `${seconds() + 1}` } })],
    ['no signature', (made: Made) => push(made, '5', { spoil: { 'webhook-signature': '' } })],
    ['another version of signatures', (made: Made) => push(made, '5', { spoil: { 'webhook-signature': 'v1a,AAAA' } })],
    ['a time too long ago', (made: Made) => push(made, '5', { at: seconds() - 301 })],
    ['a time too far ahead', (made: Made) => push(made, '5', { at: seconds() + 302 })],
    [
      'the secret of another',
      (made: Made) => push({ ...made, secret: WebhookSignature.formatSecret(new Uint8Array(32)) }, '5'),
    ],
    ['an oracle of nobody', (made: Made) => push({ ...made, id: `orc_${'0'.repeat(24)}` }, '5')],
  ])('with %s is refused, all alike, and leaves nothing', async (_, attack) => {
    const made = await oracle()
    const { status, json } = await attack(made)
    expect([status, json['code'], json['detail']]).toEqual([401, 'message_refused', undefined])
    expect([await rows(), await signals()]).toEqual([[], {}])
  })

  test('again is the same value; an older one is kept and refused', async () => {
    const made = await oracle()
    const [at, message] = [seconds(), 'msg_once']
    const first = await push(made, '10', { at, message })
    const again = await push(made, '10', { at, message })
    expect([again.status, again.json]).toEqual([200, first.json])
    await longAgo()
    const older = await push(made, '90', { at: at - 5 })
    expect([older.status, older.json['code'], older.json['detail']]).toEqual([
      422,
      'value_refused',
      'older_than_the_last',
    ])
    expect((await rows()).map(({ status, value }) => `${status} ${value}`)).toEqual(['accepted 10', 'refused null'])
    expect(await signals()).toMatchObject({ [made.id]: { value: '10' } })
  })

  test('comes once a second at most', async () => {
    const made = await oracle()
    expect((await push(made, '10')).status).toBe(200)
    await longAgo(Date.now() + 500)
    const early = await push(made, '11')
    expect([early.status, early.json['code'], early.headers.get('retry-after')]).toEqual([429, 'rate_limited', '1'])
    expect(await rows()).toHaveLength(1)
  })

  test.each([['1.5'], ['1e3'], [''], ['9223372036854775808'], [null], [1.5], [{}], ['0x10'], [' 1']])(
    'of %j is refused before anything is looked up',
    async (value) => {
      const made = await oracle()
      const reply = await push(made, value)
      expect([reply.status, reply.json['code']]).toEqual([400, 'validation_failed'])
      expect(await rows()).toEqual([])
    },
  )

  test('is refused where the oracle is switched off, or is one that is read', async () => {
    const made = await oracle()
    const off = await api('PATCH', `/oracles/${made.id}`, mine({ ...match(1), body: { enabled: false } }))
    expect(off.json).toMatchObject({ status: 'off', enabled: false })
    expect((await push(made, '5')).json['code']).toBe('message_refused')
    const read = await oracle(fromUrl)
    expect(read.secret).toBeNull()
    expect((await push({ ...read, secret: made.secret }, '5')).json['code']).toBe('message_refused')
  })

  test('is good under the secret before for a day after a new one, and not for longer', async () => {
    const made = await oracle()
    const turned = await api('POST', `/oracles/${made.id}/rotate-secret`, mine(match(1)))
    const next = turned.json as unknown as Made
    expect([turned.status, next.secret === made.secret]).toEqual([200, false])
    expect((await push(made, '5')).status).toBe(200)
    await longAgo()
    await db.orm.update(db.tables.oracle).set({ previousUntil: new Date(Date.now() - 1) })
    expect((await push(made, '6')).json['code']).toBe('message_refused')
    expect((await push(next, '6')).status).toBe(200)
  })
})

describe('an oracle that is read', () => {
  test('takes the number at its path, in time, with its header, and follows nobody', async () => {
    const made = await oracle({ ...fromUrl, header: { name: 'X-Api-Key', value: 'private' } })
    expect((await show(made.id))['source']).toEqual({ ...fromUrl, header: 'x-api-key' })
    const fetched = answers(Response.json({ data: [{ load: 4.26 }] }))
    expect(await minute()).toEqual({ read: 1, silent: 0 })
    expect(await signals()).toMatchObject({ [made.id]: { value: '43' } })
    expect(await rows()).toMatchObject([{ status: 'accepted', raw: '4.26', value: '43', source: 'url' }])
    const [url, init] = fetched.mock.calls[0] as [URL, RequestInit]
    expect([url.href, init.redirect, new Headers(init.headers).get('x-api-key')]).toEqual([
      fromUrl.url,
      'manual',
      'private',
    ])
    const everything = JSON.stringify([
      await db.orm.select().from(db.tables.oracle),
      await db.orm.select().from(db.tables.audit),
    ])
    expect(everything).not.toContain('private')
    // It is not due again before its time.
    expect(await minute()).toEqual({ read: 0, silent: 0 })
    answers(Response.json({ data: [{ load: '7' }] }))
    expect(await minute(Date.now() + 61_000)).toMatchObject({ read: 1 })
    expect(await signals()).toMatchObject({ [made.id]: { value: '70' } })
  })

  test.each([
    ['a redirect', () => Response.redirect('http://169.254.169.254/latest', 302), 'redirect_refused'],
    ['an error', () => Response.json({ data: [{ load: 9 }] }, { status: 500 }), 'status_500'],
    ['too much', () => new Response(`{"data":[{"load":9}],"x":"${'y'.repeat(BYTES_MAX)}"}`), 'too_large'],
    ['no JSON', () => new Response('<html>'), 'nothing_there'],
    ['another document', () => Response.json({ data: [] }), 'nothing_there'],
    ['what is inherited', () => Response.json({ data: [{ __proto__: { load: 1 } }] }), 'nothing_there'],
    ['no number', () => Response.json({ data: [{ load: 'high' }] }), 'no_number'],
    ['a number that is not exact', () => new Response('{"data":[{"load":90071992547409930}]}'), 'no_number'],
    ['an object', () => Response.json({ data: [{ load: { a: 1 } }] }), 'no_number'],
  ])('that gives %s keeps what it said and says why', async (_, answer, error) => {
    const made = await oracle(fromUrl)
    const fetched = answers(answer())
    await minute()
    expect(fetched).toHaveBeenCalledOnce()
    expect(await rows()).toMatchObject([{ status: 'refused', value: null, error }])
    expect(await show(made.id)).toMatchObject({ lastError: error, failingSince: expect.any(String), value: null })
    expect(await signals()).toEqual({})
  })

  test('that never ends is left after a while, however much it sends', async () => {
    const made = await oracle(fromUrl)
    let sent = 0
    const endless = () =>
      Promise.resolve(
        new Response(
          new ReadableStream({
            pull(controller) {
              sent += 16_384
              controller.enqueue(new Uint8Array(16_384))
            },
          }),
        ),
      )
    answers(endless)
    await minute()
    expect(sent).toBeLessThan(4 * BYTES_MAX)
    expect((await show(made.id))['lastError']).toBe('too_large')
  })

  test('is not read where the name may not be called any more', async () => {
    const made = await oracle(fromUrl)
    const fetched = answers()
    await everyMinute(apiEnv({ ...env, OWN_ZONES: 'data.example' }))
    expect([fetched.mock.calls, (await show(made.id))['lastError']]).toEqual([[], 'url_refused'])
  })

  test('is read from a chain by settlement', async () => {
    const made = await oracle(fromChain)
    const word = (-41_600_000n & ((1n << 256n) - 1n)).toString(16)
    await settlement.say({ view: { kind: 'returned', data: `0x${word}`, block: 77 } })
    await minute()
    expect(await settlement.done()).toContain(`view ${TEST_CHAIN} ${hex('fe', 20)} 0x50d25bcd`)
    expect(await rows()).toMatchObject([{ status: 'clamped', value: '0', source: 'chain 77' }])
    await settlement.say({ view: { kind: 'reverted' } })
    await minute(Date.now() + 61_000)
    expect((await show(made.id))['lastError']).toBe('reverted')
  })
})

describe('silence', () => {
  test('makes the fallback stand, tells the operator and the owner, and ends with a value', async () => {
    const made = await oracle({ kind: 'push' }, { fallback: '7' })
    const hook = { url: 'https://hooks.example.com/', events: ['oracle.stale', 'oracle.recovered'] }
    expect((await api('POST', '/webhook-endpoints', mine({ body: hook }))).status).toBe(201)
    await push(made, '42')
    const at = (await rows()).at(-1)!.at.getTime()
    expect(await minute(at + 59_000)).toEqual({ read: 0, silent: 0 })
    expect(await minute(at + 61_000)).toEqual({ read: 0, silent: 1 })
    expect(await minute(at + 62_000)).toEqual({ read: 0, silent: 0 })
    expect((await rows()).at(-1)).toMatchObject({ status: 'fallback', value: '7', source: 'clock' })
    expect(await openIncidents(db, 9)).toMatchObject([{ what: 'oracle_stale', detail: { oracle: made.id } }])
    await db.orm.update(db.tables.oracle).set({ valueAt: new Date(0) })
    expect(await show(made.id)).toMatchObject({ status: 'stale', inForce: '7', value: '42' })
    await push(made, '43')
    expect(await openIncidents(db, 9)).toEqual([])
    const told = await db.orm.select().from(db.tables.webhookDelivery)
    expect(told.map(({ event }) => event).toSorted()).toEqual(['oracle.recovered', 'oracle.stale'])
    expect(told.map(({ payload }) => payload).join()).not.toMatch(/whsec|sealed/)
  })

  test('of an oracle that is switched off is nobody’s concern', async () => {
    const made = await oracle({ kind: 'push' }, { fallback: '7' })
    await minute(Date.now() + 61_000)
    expect(await openIncidents(db, 9)).toHaveLength(1)
    await api('PATCH', `/oracles/${made.id}`, mine({ ...match(1), body: { enabled: false } }))
    expect(await openIncidents(db, 9)).toEqual([])
  })
})

describe('making and editing', () => {
  test.each([
    ['http', { ...fromUrl, url: 'http://data.example/' }, 422, 'upstream_refused'],
    ['an address', { ...fromUrl, url: 'https://10.0.0.1/' }, 422, 'upstream_refused'],
    ['an address in another spelling', { ...fromUrl, url: 'https://0x7f000001/' }, 422, 'upstream_refused'],
    ['the metadata of a cloud', { ...fromUrl, url: 'https://metadata.google.internal/?a=1' }, 422, 'upstream_refused'],
    ['a name for an address', { ...fromUrl, url: 'https://127.0.0.1.nip.io/' }, 422, 'upstream_refused'],
    ['this deployment', { ...fromUrl, url: 'https://control.example/v1/me' }, 422, 'upstream_refused'],
    ['credentials', { ...fromUrl, url: 'https://me:secret@data.example/' }, 422, 'upstream_refused'],
    ['a port', { ...fromUrl, url: 'https://data.example:22/' }, 422, 'upstream_refused'],
    ['a fragment', { ...fromUrl, url: 'https://data.example/?a#b' }, 422, 'upstream_refused'],
    ['a host in the query', { ...fromUrl, url: 'https://data.example?@evil.example' }, 201, undefined],
    ['a path that is none', { ...fromUrl, path: '$..load' }, 400, 'validation_failed'],
    ['a header of the transport', { ...fromUrl, header: { name: 'Host', value: 'x' } }, 400, 'validation_failed'],
    [
      'a header with a line break',
      { ...fromUrl, header: { name: 'x-a', value: 'x\r\ny: z' } },
      400,
      'validation_failed',
    ],
    ['reads of every second', { ...fromUrl, everySeconds: 1 }, 400, 'validation_failed'],
    ['reads that are rarer than its age', { ...fromUrl, everySeconds: 61 }, 400, 'malformed_body'],
    ['a live chain', { ...fromChain, chainId: 8453 }, 422, 'chain_not_permitted'],
    ['no calldata', { ...fromChain, data: '0x' }, 400, 'validation_failed'],
  ])('from %s', async (_, source, status, code) => {
    const { id: providerId } = await provider()
    const reply = await api('POST', '/oracles', mine({ body: { providerId, name: 'x', ...bounds, source } }))
    expect([reply.status, reply.json['code']]).toEqual([status, code])
  })

  test('a repeat of the making shows no secret, and makes no other', async () => {
    const { id: providerId } = await provider()
    const ask = mine({ body: { providerId, name: 'x', ...bounds, source: { kind: 'push' } }, idempotencyKey: 'k' })
    const [first, again] = [await api('POST', '/oracles', ask), await api('POST', '/oracles', ask)]
    expect([again.status, again.json]).toEqual([201, { ...first.json, secret: null }])
    expect(await db.orm.select().from(db.tables.oracle)).toHaveLength(1)
  })

  test('its header does not follow to another host', async () => {
    const made = await oracle({ ...fromUrl, header: { name: 'x-api-key', value: 'private' } })
    const to = (url: string) => mine({ ...match(1), body: { source: { ...fromUrl, url } } })
    const elsewhere = await api('PATCH', `/oracles/${made.id}`, to('https://evil.example/'))
    expect([elsewhere.status, elsewhere.json['code']]).toEqual([422, 'credential_needed'])
    const here = await api('PATCH', `/oracles/${made.id}`, to('https://data.example/other'))
    expect([here.status, (here.json['source'] as { header: string }).header]).toEqual([200, 'x-api-key'])
    const kind = await api('PATCH', `/oracles/${made.id}`, mine({ ...match(2), body: { source: { kind: 'push' } } }))
    expect([kind.status, kind.json['code']]).toEqual([400, 'malformed_body'])
  })

  test('an edit needs the revision, and one that a card names is not deleted', async () => {
    const made = await oracle()
    const none = await api('PATCH', `/oracles/${made.id}`, mine({ body: { max: '50' } }))
    expect(none.json['code']).toBe('precondition_required')
    await push(made, '80')
    const edited = await api('PATCH', `/oracles/${made.id}`, mine({ ...match(1), body: { max: '50' } }))
    expect([edited.status, edited.json['value']]).toEqual([200, '50'])
    expect((await api('DELETE', `/oracles/${made.id}`, { ...call(bob), env })).status).toBe(404)
    expect((await api('DELETE', `/oracles/${made.id}`, mine())).status).toBe(204)
    expect((await api('GET', `/oracles/${made.id}`, mine())).status).toBe(404)
    const csv = await api('GET', `/exports/oracle-values.csv?oracle=${made.id}`, mine())
    expect(
      csv.text
        .split('\r\n')
        .slice(1, 4)
        .map((line) => line.split(',').slice(2, 6).join()),
    ).toEqual(['accepted,80,80,push', 'clamped,80,50,edit', 'fallback,,,edit'])
  })
})
