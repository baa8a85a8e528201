/** `/v1/alert-channels` over HTTP: what is kept, what is shown, who is told of it, and what an attacker makes of it. */
import type { AlertChannelConfig, AlertDelivery } from '@pbstream/core/message/AlertChannels'
import { ALERT_CHANNEL } from '@pbstream/core/message/AlertChannels'
import * as Seal from '@pbstream/core/Seal'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { clear } from './belongings.ts'
import { api, type Call, keyOf, type Person, person, type Reply } from './people.ts'
import { bindings, db, empty, minute, settlement } from './support.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const ALERT_SECRET = 'alert-secret-of-the-tests-0123456789abcdef'
const TOKEN = `123456789:${'A'.repeat(35)}`
const env = { ALERT_SECRET }

type Asked = { configure?: AlertChannelConfig; test?: AlertChannelConfig; code?: string; forget?: string }
const sentinel = bindings.SENTINEL as unknown as { say(words: object): Promise<void>; done(): Promise<Asked[]> }

let alice: Person
let logged: string[]

beforeEach(async () => {
  logged = []
  vi.spyOn(console, 'error').mockImplementation((line: unknown) => void logged.push(String(line)))
  await clear()
  await empty()
  await settlement.say({})
  await sentinel.say({})
  alice = await person()
  return () => vi.restoreAllMocks()
})

const call = (method: string, path: string, body?: unknown, over: Call = {}): Promise<Reply> =>
  api(method, path, { as: alice, env, ...(body === undefined ? {} : { body }), ...over })

const make = async (target: object, more: object = {}): Promise<Reply> => {
  const made = await call('POST', '/alert-channels', { name: 'mine', target, ...more })
  expect([made.text, made.status]).toEqual([made.text, 201])
  return made
}
const webhook = { kind: 'webhook', url: 'https://hooks.example.com/a' }
const telegram = { kind: 'telegram', chat: '-100123', token: TOKEN }
const email = { kind: 'email', to: 'ops@example.com' }
const edit = (id: unknown, revision: number, body: object) =>
  call('PATCH', `/alert-channels/${String(id)}`, body, { headers: { 'if-match': `"${revision}"` } })
const rows = () => db.orm.select().from(db.tables.alertChannel)
const opened = async (id: string) => {
  const [row] = (await rows()).filter((each) => each.id === id)
  return Seal.open(crypto, { secret: ALERT_SECRET, purpose: ALERT_CHANNEL, place: id }, row?.sealed ?? '')
}

describe('a channel', () => {
  test('of a webhook shows its secret once, keeps it sealed, and is told to its object', async () => {
    const { json, headers } = await make(webhook, { digest: { below: 'low', everySeconds: 600 } })
    const { id, secret } = json as { id: string; secret: string }
    expect(secret).toMatch(/^whsec_/)
    expect(headers.get('etag')).toBe('"1"')
    expect(await opened(id)).toBe(secret)
    const shown = await call('GET', `/alert-channels/${id}`)
    expect(shown.text).not.toContain('whsec_')
    expect(shown.json).toMatchObject({
      ...{ scope: 'owner', kind: 'webhook', target: webhook, enabled: true, confirmed: true, language: 'en' },
      ...{ from: 'medium', groupSeconds: 30, digest: { below: 'low', everySeconds: 600 }, quiet: null },
    })
    const [told] = await sentinel.done()
    expect(told?.configure).toMatchObject({ id, scope: `owner:live:${alice.owner}`, revision: 1, enabled: true })
    expect(JSON.stringify(await sentinel.done())).not.toContain(secret)
  })

  test('is named by its secret in no answer, no log and no audit', async () => {
    const { json } = await make(telegram)
    const id = String(json['id'])
    expect(json['secret']).toBeNull()
    expect(await opened(id)).toBe(TOKEN)
    await edit(id, 1, { target: { ...telegram, token: `${TOKEN}B` } })
    expect(await opened(id)).toBe(`${TOKEN}B`)
    await edit(id, 2, { target: { kind: 'telegram', chat: '@channel' } })
    expect(await opened(id)).toBe(`${TOKEN}B`)
    const audit = JSON.stringify(await db.orm.select().from(db.tables.audit))
    const lists = [await call('GET', '/alert-channels'), await call('GET', `/alert-channels/${id}`)]
    const said = [audit, ...lists.map(({ text }) => text), ...logged].join('\n')
    expect(said).not.toContain(TOKEN)
    expect(audit).toContain('alert_channel.update')
    expect(audit).not.toContain('-100123')
  })

  test('that is made again under one Idempotency-Key is one, and its secret is not shown again', async () => {
    const over = { idempotencyKey: 'the-same' }
    const first = await call('POST', '/alert-channels', { name: 'x', target: webhook }, over)
    const again = await call('POST', '/alert-channels', { name: 'x', target: webhook }, over)
    expect([again.json['id'], again.json['secret']]).toEqual([first.json['id'], null])
    expect(await rows()).toHaveLength(1)
  })

  test('is edited from the revision that was read, keeps what is not named, and its object hears of it', async () => {
    const { json } = await make(webhook, { quiet: { zone: 'Asia/Shanghai', from: '22:00', to: '07:00', but: 'high' } })
    const id = String(json['id'])
    expect((await call('PATCH', `/alert-channels/${id}`, { name: 'x' })).json['code']).toBe('precondition_required')
    expect((await edit(id, 9, { name: 'x' })).json['code']).toBe('precondition_failed')
    const changed = await edit(id, 1, { enabled: false, digest: null, language: 'zh' })
    expect(changed.json).toMatchObject({
      enabled: false,
      language: 'zh',
      quiet: { zone: 'Asia/Shanghai' },
      name: 'mine',
    })
    expect(changed.headers.get('etag')).toBe('"2"')
    expect((await edit(id, 2, { quiet: null })).json['quiet']).toBeNull()
    expect((await sentinel.done()).map(({ configure }) => configure?.revision)).toEqual([1, 2, 3])
  })

  test('stays of its kind', async () => {
    const { json } = await make(webhook)
    const refused = await edit(json['id'], 1, { target: email })
    expect([refused.status, refused.json['errors']]).toEqual([
      400,
      [{ field: '/target/kind', message: 'it is webhook: make another channel' }],
    ])
  })

  test('of a webhook gets another secret, and the one before signs no more', async () => {
    const { json } = await make(webhook)
    const path = `/alert-channels/${String(json['id'])}/rotate-secret`
    expect((await call('POST', path)).json['code']).toBe('precondition_required')
    const turned = await call('POST', path, undefined, { headers: { 'if-match': '"1"' } })
    expect(turned.json['secret']).not.toBe(json['secret'])
    expect(await opened(String(json['id']))).toBe(turned.json['secret'])
    const other = await make(telegram)
    const none = `/alert-channels/${String(other.json['id'])}/rotate-secret`
    const refused = await call('POST', none, undefined, { headers: { 'if-match': '"1"' } })
    expect(refused.json['code']).toBe('alert_channel_without_secret')
  })

  test('that is deleted is gone with its secret, and its object forgets it', async () => {
    const { json } = await make(webhook)
    const id = String(json['id'])
    expect((await call('DELETE', `/alert-channels/${id}`)).status).toBe(204)
    expect((await call('GET', `/alert-channels/${id}`)).status).toBe(404)
    expect(await rows()).toMatchObject([{ id, sealed: null, enabled: false }])
    expect((await sentinel.done()).at(-1)).toEqual({ forget: id })
  })

  test('is told to its object by the clock when that was away', async () => {
    await sentinel.say({ down: true })
    const { json } = await make(webhook)
    expect(logged.join('\n')).not.toContain('whsec_')
    await sentinel.say({})
    await minute()
    const configured = (await sentinel.done()).flatMap(({ configure }) => configure?.id ?? [])
    expect(configured).toEqual([json['id']])
  })

  test('there are so many of, and no more', async () => {
    for (let i = 0; i < 20; i++) await make(telegram)
    const more = await call('POST', '/alert-channels', { name: 'x', target: telegram })
    expect([more.status, more.json['code']]).toEqual([409, 'limit_reached'])
  })
})

describe('what is refused:', () => {
  test.each([
    ['an address of this machine', { ...webhook, url: 'http://127.0.0.1/' }],
    ['a metadata service', { ...webhook, url: 'https://169.254.169.254/latest' }],
    ['a private name', { ...webhook, url: 'https://db.internal/' }],
    ['a user in the URL', { ...webhook, url: 'https://a:b@hooks.example.com/' }],
    ['a second line in an address', { ...email, to: 'a@example.com\r\nBcc: b@example.com' }],
    ['two addresses', { ...email, to: 'a@example.com, b@example.com' }],
    ['a name around an address', { ...email, to: 'Ops <a@example.com>' }],
    ['a command in an address', { ...email, to: 'a@example.com>\r\nRCPT TO:<b@example.com' }],
    ['a token with a path in it', { ...telegram, token: `${TOKEN}/../getUpdates?x=` }],
    ['a chat that is none', { ...telegram, chat: '1 or 1=1' }],
    ['a bot without a token', { kind: 'telegram', chat: '1' }],
    ['a zone that nobody knows', webhook, { quiet: { zone: 'Mars/Base', from: '22:00', to: '07:00', but: 'high' } }],
    ['an hour that is none', webhook, { quiet: { zone: 'UTC', from: '24:00', to: '07:00', but: 'high' } }],
    ['more messages than anybody reads', webhook, { limit: { messages: 61, perSeconds: 60 } }],
    ['waits that shrink', webhook, { retry: { tries: 3, firstSeconds: 60, longestSeconds: 10 } }],
  ])('%s', async (_, target, more?: object) => {
    const { status, json } = await call('POST', '/alert-channels', { name: 'x', target, ...more })
    expect([status, json['code']]).toEqual([400, 'validation_failed'])
    expect(await rows()).toEqual([])
  })

  test('a secret where there is nothing to seal it with', async () => {
    const { status } = await call('POST', '/alert-channels', { name: 'x', target: webhook }, { env: {} })
    expect(status).toBe(503)
    expect(await rows()).toEqual([])
  })

  test('an API key that may only read', async () => {
    const { text } = await keyOf(alice.owner, 'live', ['sentinel:read'])
    const refused = await call('POST', '/alert-channels', { name: 'x', target: webhook }, { as: text })
    expect(refused.json['code']).toBe('scope_missing')
    expect((await call('GET', '/alert-channels', undefined, { as: text })).status).toBe(200)
  })
})

describe('an e-mail address', () => {
  const path = (id: unknown, act: string) => `/alert-channels/${String(id)}/${act}`

  test('gets nothing but a code until whoever reads its mail has said it', async () => {
    const { json } = await make(email)
    const { id } = json as { id: string }
    expect(json).toMatchObject({ enabled: false, confirmed: false, secret: null })
    expect((await edit(id, 1, { enabled: true })).json['code']).toBe('alert_channel_unconfirmed')
    expect((await call('POST', path(id, 'confirm'), { code: 'x' })).json['code']).toBe('confirmation_code_wrong')
    expect((await call('POST', path(id, 'test'))).status).toBe(200)
    const sent = (await sentinel.done()).at(-1)
    const code = sent?.code ?? ''
    expect(code).toMatch(/^[0-9a-z]{5}-[0-9a-z]{5}$/)
    expect(sent?.test?.enabled).toBe(false)
    const wrong = code.startsWith('0') ? `1${code.slice(1)}` : `0${code.slice(1)}`
    expect((await call('POST', path(id, 'confirm'), { code: wrong })).json['code']).toBe('confirmation_code_wrong')
    const done = await call('POST', path(id, 'confirm'), { code: ` ${code.toUpperCase()} ` })
    expect(done.json).toMatchObject({ enabled: true, confirmed: true })
    const told = [
      await rows(),
      await db.orm.select().from(db.tables.audit),
      await db.orm.select().from(db.tables.idempotency),
    ]
    expect(JSON.stringify(told)).not.toContain(code)
    expect((await sentinel.done()).at(-1)?.configure).toMatchObject({ id, enabled: true })
  })

  test('that is another one has to be confirmed anew; other edits leave it confirmed', async () => {
    const { json } = await make(email)
    await call('POST', path(json['id'], 'test'))
    const code = (await sentinel.done()).at(-1)?.code
    await call('POST', path(json['id'], 'confirm'), { code })
    const named = await edit(json['id'], 3, { name: 'x', target: email })
    expect(named.json).toMatchObject({ enabled: true, confirmed: true })
    const moved = await edit(json['id'], 4, { target: { ...email, to: 'other@example.com' } })
    expect(moved.json).toMatchObject({ enabled: false, confirmed: false })
    expect((await call('POST', path(json['id'], 'confirm'), { code })).json['code']).toBe('confirmation_code_wrong')
  })

  test('is not filled with codes: the day has so many, over all channels of a scope', async () => {
    const [one, two] = [await make(email), await make(email)]
    const sends = async (id: unknown) => (await call('POST', path(id, 'test'))).status
    for (let i = 0; i < 20; i++) expect(await sends((i % 2 === 0 ? one : two).json['id'])).toBe(200)
    expect(await sends(one.json['id'])).toBe(429)
  })
})

describe('messages', () => {
  test('a test goes out at once and says how it went; a channel that is off has none', async () => {
    const { json } = await make(webhook)
    const path = `/alert-channels/${String(json['id'])}`
    expect((await call('POST', `${path}/test`)).json).toMatchObject({ status: 'sent', code: 200, isTest: true })
    await edit(json['id'], 1, { enabled: false })
    expect((await call('POST', `${path}/test`)).json['code']).toBe('alert_channel_inactive')
    expect((await call('POST', `${path}/deliveries/1/resend`)).json['code']).toBe('alert_channel_inactive')
  })

  test('are listed in pages, and a dead one goes out again', async () => {
    const { json } = await make(webhook)
    const path = `/alert-channels/${String(json['id'])}/deliveries`
    const first = await call('GET', `${path}?limit=2`)
    const { data, nextCursor } = first.json as { data: AlertDelivery[]; nextCursor: string }
    expect(data.map(({ id }) => id)).toEqual([3, 2])
    const second = await call('GET', `${path}?limit=2&cursor=${encodeURIComponent(nextCursor)}`)
    expect(second.json).toMatchObject({ data: [{ id: 1 }], nextCursor: null })
    expect((await call('POST', `${path}/3/resend`)).status).toBe(202)
    await sentinel.say({ resend: { kind: 'not_dead' } })
    expect((await call('POST', `${path}/3/resend`)).json['code']).toBe('alert_delivery_not_dead')
    await sentinel.say({ resend: { kind: 'unknown' } })
    expect((await call('POST', `${path}/3/resend`)).status).toBe(404)
  })

  test('cannot be asked for while Sentinel is away, and its words are in no log', async () => {
    const { json } = await make(webhook)
    await sentinel.say({ down: true })
    const path = `/alert-channels/${String(json['id'])}`
    expect((await call('GET', `${path}/deliveries`)).status).toBe(503)
    expect((await call('POST', `${path}/test`)).status).toBe(503)
    expect(logged.join('\n')).not.toContain('whsec_quoted')
  })
})
