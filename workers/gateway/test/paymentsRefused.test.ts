import * as Jws from '@pbstream/core/Jws'
import * as PaymentId from '@pbstream/core/standalone/PaymentId'
import { newApiKey } from '@pbstream/db/ApiKeyText'
import { describe, expect, it } from 'vitest'
import { header, voucher } from './support/payer.ts'
import { offered, PATH, type Server, SITE, standalone } from './support/standalone.ts'
import { chain, route, START } from './support/world.ts'

async function held(at: Server, over: Record<string, unknown> = {}) {
  const required = await offered(at, over)
  const { json } = await at.ask({ ...over, headers: header(await voucher(required, 1000n)) })
  expect(json).toMatchObject({ kind: 'authorized' })
  return json['id'] as string
}

const finish = ['capture', 'mark', 'void'] as const
const bodyOf = (operation: string, id: unknown, amount = '1') =>
  operation === 'void' ? { v: 1, id, freesId: true } : { v: 1, id, amount }

describe('a key that does not count', () => {
  it.each([
    ['none', null],
    ['no key', 'secret'],
    ['one of a wrong checksum', `pb_test_${'0'.repeat(49)}`],
    ['one with a word too much', 'a b'],
  ])('%s: 401, and the database is not asked', async (_, key) => {
    const at = await standalone()
    const { status, json } = await at.call('authorize', {}, key)
    expect([status, json.code]).toEqual([401, 'credentials_invalid'])
    expect(at.log).toEqual([])
  })

  it.each([
    ['revoked', { revokedAt: START - 1 }, 401],
    ['expired', { expiresAt: START }, 401],
    ['without the scope', { scopes: ['providers:write'] }, 403],
    ['whose row is of another hash', { hash: '00'.repeat(32) }, 401],
    ['whose row is of the other mode', { mode: 'live' as const }, 401],
  ])('%s', async (_, over, status) => {
    const at = await standalone()
    const key = await at.keyOf(over)
    for (const operation of ['authorize', ...finish]) {
      expect((await at.call(operation, bodyOf(operation, 'x'), key)).status).toBe(status)
    }
    expect(at.session.reserves).toEqual([])
  })

  it('is asked of the database once in five seconds, known or not, and then again', async () => {
    const at = await standalone()
    const { text } = await newApiKey('test')
    for (let n = 0; n < 5; n++) expect((await at.ask({}, text)).status).toBe(401)
    for (let n = 0; n < 5; n++) expect((await at.ask()).status).toBe(200)
    await at.rest()
    expect(at.log.filter((each) => !each.startsWith('touch'))).toHaveLength(2)
    expect(at.log.filter((each) => each.startsWith('touch'))).toHaveLength(1)
    at.state.now += 5_000
    await at.ask({}, text)
    await at.ask()
    expect(at.log.filter((each) => !each.startsWith('touch'))).toHaveLength(4)
  })

  it('ends within five seconds of its revocation', async () => {
    const at = await standalone()
    expect((await at.ask()).status).toBe(200)
    for (const [hash, row] of at.rows) at.rows.set(hash, { ...row, revokedAt: at.state.now })
    at.state.now += 4_999
    expect((await at.ask()).status).toBe(200)
    at.state.now += 1
    expect((await at.ask()).json.code).toBe('credentials_invalid')
  })

  it('is believed for a minute while the database is away, and one that is not known is not', async () => {
    const at = await standalone()
    const other = await at.keyOf()
    await at.ask()
    at.database.away = true
    at.state.now += 30_000
    expect((await at.ask()).status).toBe(200)
    expect((await at.ask({}, other)).status).toBe(503)
    at.state.now += 30_000
    expect((await at.ask()).status).toBe(503)
  })

  it('is held up when an address tries many, and a server at work is not', async () => {
    const asked: string[] = []
    const limit = async ({ key }: { key: string }) => (asked.push(key), { success: asked.length <= 2 })
    const at = await standalone({ PAYMENTS_LIMIT: { limit } })
    const stranger = async () => (await at.ask({}, (await newApiKey('test')).text)).status
    expect((await at.ask()).status).toBe(200)
    expect([await stranger(), await stranger()]).toEqual([401, 429])
    expect((await at.ask()).status).toBe(200)
    expect(asked).toEqual(['ip:unknown', 'ip:unknown', 'ip:unknown'])
  })

  it('of the live mode takes nothing on a test chain', async () => {
    const at = await standalone()
    const key = await at.keyOf({}, 'live')
    expect((await at.ask({}, key)).json.code).toBe('chain_not_permitted')
  })

  it('takes nothing on a chain that does not say what it is', async () => {
    const at = await standalone({ CHAINS: JSON.stringify([chain]) })
    expect((await at.ask()).json.code).toBe('chain_not_permitted')
    expect((await at.ask({}, await at.keyOf({}, 'live'))).json.code).toBe('chain_not_permitted')
  })
})

describe('an id', () => {
  it.each(finish)(
    'of another owner, or of the other mode, is answered by %s like what never was',
    async (operation) => {
      const at = await standalone()
      const id = await held(at)
      const strangers = [await at.keyOf({ owner: '0xother' }), await at.keyOf({}, 'live')]
      for (const stranger of strangers) {
        const [theirs, none] = [
          await at.call(operation, bodyOf(operation, id), stranger),
          await at.call(operation, bodyOf(operation, 'nothing'), stranger),
        ]
        const { requestId: _a, ...known } = theirs.json
        const { requestId: _b, ...unknown } = none.json
        expect([theirs.status, known]).toEqual([404, unknown])
        expect(known.code).toBe('payment_unknown')
      }
      expect(at.session.reports).toEqual([])
    },
  )

  it('is nobody’s when it was changed, shortened, or is another text of ours', async () => {
    const at = await standalone()
    const id = await held(at)
    const [head, claims, signature] = id.split('.') as [string, string, string]
    const raised = btoa(atob(claims.replaceAll('-', '+').replaceAll('_', '/')).replace('"max":"1000"', '"max":"9000"'))
    const { signer } = at.gateway.keys
    const forged = [
      `${head}.${raised.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')}.${signature}`,
      `${head}.${claims}.${signature.slice(0, -2)}AA`,
      `${head}.${claims}.`,
      id.slice(1),
      await Jws.sign({ own: '0xowner', mod: 'test' }, PaymentId.TYPE, signer),
      await Jws.sign(JSON.parse(atob(claims.replaceAll('-', '+').replaceAll('_', '/'))), 'pb-receipt', signer),
      'x'.repeat(4096),
      '..',
    ]
    for (const operation of finish) {
      for (const each of forged) {
        expect((await at.call(operation, bodyOf(operation, each, '2000'))).json.code).toBe('payment_unknown')
      }
    }
    expect(at.session.reports).toEqual([])
  })

  it('is forgotten after a day', async () => {
    const at = await standalone()
    const id = await held(at)
    at.state.now += 86_400_000
    expect((await at.call('capture', { v: 1, id, amount: '1' })).json.code).toBe('payment_unknown')
  })

  it('captures no more than the ceiling, and marks no more', async () => {
    const at = await standalone()
    const id = await held(at)
    for (const operation of ['capture', 'mark']) {
      const { status, json } = await at.call(operation, { v: 1, id, amount: '1001' })
      expect([status, json.code]).toEqual([422, 'payment_above_ceiling'])
    }
    expect(at.session.reports).toEqual([])
  })

  it('captures one amount only, also when two come at once', async () => {
    const at = await standalone()
    const id = await held(at)
    const replies = await Promise.all(['1000', '400'].map((amount) => at.call('capture', { v: 1, id, amount })))
    expect(replies.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409])
    expect(replies.find(({ status }) => status === 409)?.json.code).toBe('payment_captured')
    expect(at.session.reports).toHaveLength(1)
  })

  it('that was voided is captured no more, and one that was captured is not voided', async () => {
    const at = await standalone()
    const id = await held(at)
    await at.call('void', { v: 1, id, freesId: true })
    expect((await at.call('capture', { v: 1, id, amount: '1' })).json.code).toBe('payment_ended')
    expect((await at.call('mark', { v: 1, id, amount: '1' })).json.code).toBe('payment_ended')
    const other = await held(at)
    await at.call('capture', { v: 1, id: other, amount: '1' })
    expect((await at.call('void', { v: 1, id: other, freesId: true })).json.code).toBe('payment_captured')
  })

  it('is asked about again when the session does not answer: nothing is said to be charged', async () => {
    const at = await standalone()
    const id = await held(at)
    at.session.report = async () => {
      throw Object.assign(new Error('overloaded'), { overloaded: true })
    }
    expect((await at.call('capture', { v: 1, id, amount: '1' })).json).toMatchObject({
      code: 'temporarily_unavailable',
      retryable: true,
    })
  })
})

describe('bad input', () => {
  it.each([
    ['no JSON', '{'],
    ['nothing', ''],
    ['null', 'null'],
    ['a list', '[]'],
    ['a string', '"x"'],
    ['no members', '{}'],
    ['bytes that are no text', '\u0000\uFFFF'],
  ])('%s: 400', async (_, body) => {
    const at = await standalone()
    for (const operation of ['authorize', ...finish]) {
      const { status, json } = await at.call(operation, body)
      expect([status, json.code]).toEqual([400, 'malformed_body'])
    }
  })

  it.each([
    ['v', 2],
    ['v', undefined],
    ['price', '0'],
    ['price', '-1'],
    ['price', '1.5'],
    ['price', 1000],
    ['price', (2n ** 128n).toString()],
    ['price', '1'.repeat(100)],
    ['route', ''],
    ['route', '../x'],
    ['route', 'a/b'],
    ['route', 'x'.repeat(65)],
    ['method', 1],
    ['url', 7],
    ['bodyDigest', '0x12'],
    ['headers', { cookie: 'a=b' }],
    ['headers', { 'payment-signature': ['a'] }],
    ['headers', null],
    ['surprise', true],
    ['__proto__', { x: 1 }],
  ])('%s = %j: 400, which names the member and quotes nothing', async (member, value) => {
    const at = await standalone()
    const ask = { v: 1, route: 'answers', method: 'GET', url: `${SITE}/a`, price: '1000', headers: {} }
    const body = JSON.stringify({ ...ask, ...JSON.parse(JSON.stringify({ x: value })) }).replace('"x":', `"${member}":`)
    const given = value === undefined ? JSON.stringify({ ...ask, v: undefined }) : body
    const { status, json } = await at.call('authorize', given)
    expect([status, json.code]).toEqual([400, 'malformed_body'])
  })

  it.each([
    'acme.example/a',
    'ftp://acme.example/a',
    'https://acme.example/a/../b',
    'https://acme.example//a',
    'https://acme.example/%2e%2e/a',
    'https://user:secret@acme.example/a',
    'https://',
    '',
    `https://acme.example/${'y'.repeat(20_000)}`,
    'https://[::1',
    `https://acme.example/${'x'.repeat(5000)}`,
    'https://acme.example/a#b',
    'https://acme.example/ä',
  ])('the address %s is the caller’s fault: 400 to relay', async (url) => {
    const at = await standalone()
    const { json } = await at.ask({ url })
    expect(json).toMatchObject({ kind: 'response', status: 400 })
  })

  it.each(['', 'X'.repeat(33), 'CONNECT', 'trace', 'TRACK', 'A B', 'G\u0000T', 'ÄT'])(
    'the method %j is refused',
    async (method) => {
      const at = await standalone()
      expect((await at.ask({ method })).json).toMatchObject({ kind: 'response', status: 405 })
    },
  )

  it.each([
    ['line breaks', 'a\r\nset-cookie: x'],
    ['no ASCII', 'ü'],
    ['nothing', ''],
    ['twice', 'abc,def'],
  ])('a payment header of %s is the caller’s fault: 400 to relay', async (_, value) => {
    const at = await standalone()
    expect((await at.ask({ headers: { 'payment-signature': value } })).json).toMatchObject({
      kind: 'response',
      status: 400,
    })
  })

  it('a payment header over 8 KiB is 431 to relay, a body over 64 KiB is 413', async () => {
    const at = await standalone()
    expect((await at.ask({ headers: { 'payment-signature': 'a'.repeat(9000) } })).json).toMatchObject({ status: 431 })
    const large = JSON.stringify({ v: 1, pad: 'x'.repeat(70_000) })
    for (const operation of ['authorize', ...finish]) expect((await at.call(operation, large)).status).toBe(413)
  })

  it('what is not there, and other methods', async () => {
    const at = await standalone()
    expect((await at.call('refund', {})).status).toBe(404)
    expect((await at.send(PATH)).status).toBe(404)
    const got = await at.send(`${PATH}/capture`)
    expect([got.status, got.headers.get('allow')]).toEqual([405, 'POST'])
  })

  it('no route of the catalog takes the place of the API', async () => {
    const at = await standalone({}, [
      route({ path: `${PATH}/authorize`, rate: null }),
      route({ id: 'all', path: '/*' }),
    ])
    expect((await at.ask()).json).toMatchObject({ kind: 'response', status: 402 })
    expect(at.seen).toEqual([])
  })
})
