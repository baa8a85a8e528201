/** Grants as a stranger tries them: signatures for something else, requests that are too large, and more than there may be. */
import type { Hex } from '@pbstream/core/Hex'
import { parseSessionName, type SessionRef } from '@pbstream/core/message/Session'
import type { SentinelSessionApi } from '@pbstream/core/message/Sentinel'
import { generatePrivateKey, privateKeyToAccount, type PrivateKeyAccount } from 'viem/accounts'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { printPaymentId } from '../src/reports/PaymentId.ts'
import { clear } from './belongings.ts'
import { changeOf, chainOf, DEADLINE, grantOf } from './granting.ts'
import { api, apiEnv, type Call, LIVE_CHAIN, type Reply } from './people.ts'
import { bindings, db, empty, hex, settlement } from './support.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

type Granted = { id: string; token: string }
const { tables: t } = db
let chain: ReturnType<typeof chainOf>
let wallet: PrivateKeyAccount

beforeEach(async () => {
  vi.spyOn(console, 'error').mockImplementation(() => {})
  await clear()
  await empty()
  await db.orm.delete(t.microPayment)
  await settlement.say({})
  chain = chainOf()
  wallet = privateKeyToAccount(generatePrivateKey())
  return () => vi.restoreAllMocks()
})

const call = (more: Call = {}): Call => ({
  idempotencyKey: null,
  ...more,
  env: { KEY_RELAY: chain.binding, ...more.env },
})
const make = (body: unknown, more: Call = {}) => api('POST', '/grants', call({ body, ...more }))
const bearer = ({ token }: Granted) => ({ headers: { authorization: `Bearer ${token}` } })
const outcome = ({ status, json }: Reply) => [status, json['code'] ?? json['status']]
const keys = () => db.orm.select().from(t.sessionKey)
const sessionOf = async ({ id }: Granted) => (await keys()).find(({ publicId }) => publicId === id)!.id

async function granted(): Promise<Granted> {
  const reply = await make(await grantOf(wallet))
  expect([reply.status, reply.text]).toEqual([201, reply.text])
  return reply.json as Granted
}

async function nothingWasDone(): Promise<void> {
  const idempotency = await db.orm.select().from(t.idempotency)
  expect([await keys(), chain.relayed, idempotency]).toEqual([[], [], []])
}

describe('a signature', () => {
  test('for one chain is none for another, though contract and token have the same addresses there', async () => {
    const body = await grantOf(wallet)
    expect(outcome(await make({ ...body, chainId: LIVE_CHAIN }))).toEqual([403, 'signature_refused'])
    await nothingWasDone()
  })

  test('for one escrow is none for another of the same chain', async () => {
    const CHAINS = (apiEnv().CHAINS ?? '').replaceAll(hex('e5', 20), hex('e6', 20))
    expect(outcome(await make(await grantOf(wallet), { env: { CHAINS } }))).toEqual([403, 'signature_refused'])
    await nothingWasDone()
  })

  test('that is malformed, mirrored or wrapped for a contract that is not there is refused, whatever it is', async () => {
    const body = await grantOf(wallet)
    const [r, s, v] = [body.signature.slice(2, 66), body.signature.slice(66, 130), body.signature.slice(130)]
    const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
    const mirrored = (order - BigInt(`0x${s}`)).toString(16).padStart(64, '0')
    const zero = '0'.repeat(64)
    const magic = '6492'.repeat(16)
    const wrong = [
      ...[
        '0x',
        '0x00',
        `0x${r}${s}`,
        `0x${r}${s}02`,
        `0x${r}${s}${v}00`,
        `0x${r}${mirrored}${v === '1b' ? '1c' : '1b'}`,
      ],
      ...[`0x${zero}${s}${v}`, `0x${r}${zero}${v}`, `0x${'ff'.repeat(65)}`, `0x${'00'.repeat(8192)}`],
      `0x${'00'.repeat(96)}${body.signature.slice(2)}${magic}`,
    ]
    for (const signature of wrong) {
      expect([signature.slice(0, 20), ...outcome(await make({ ...body, signature }))]).toEqual([
        ...[signature.slice(0, 20), 403, 'signature_refused'],
      ])
    }
    for (const signature of ['0x1', '12', `0x${'00'.repeat(8193)}`, null, 1, ['0x12']]) {
      expect(outcome(await make({ ...body, signature }))).toEqual([400, 'validation_failed'])
    }
    await nothingWasDone()
  })

  test('is not taken on trust when the chain cannot be asked about it', async () => {
    const verifyWallet = () => Promise.reject(new Error('no answer'))
    const KEY_RELAY = { ...chain.binding, verifyWallet } as unknown as typeof chain.binding
    const reply = await make({ ...(await grantOf(wallet)), signature: '0x1271' }, { env: { KEY_RELAY } })
    expect(outcome(reply)).toEqual([503, 'temporarily_unavailable'])
    await nothingWasDone()
  })

  test('with a deadline at the end of time is good, and one beyond it none', async () => {
    expect((await make(await grantOf(wallet, { deadline: 2 ** 40 - 1 }))).status).toBe(201)
    const beyond = { ...(await grantOf(wallet)), deadline: 2 ** 40 }
    expect(outcome(await make(beyond))).toEqual([400, 'validation_failed'])
  })

  test('to freeze is none to go on, and one of the chain’s next version none now', async () => {
    const grant = await granted()
    const [keyId] = [...chain.keys.keys()] as [Hex]
    const post = async (action: string, form: 'FreezeKey' | 'UnfreezeKey', version: number) => {
      const body = await changeOf(wallet, form, { keyId, version, deadline: DEADLINE })
      return outcome(await api('POST', `/grants/${grant.id}/${action}`, call({ body, ...bearer(grant) })))
    }
    expect(await post('freeze', 'FreezeKey', 1)).toEqual([403, 'signature_refused'])
    expect(await post('freeze', 'UnfreezeKey', 0)).toEqual([403, 'signature_refused'])
    expect((await post('freeze', 'FreezeKey', 0))[0]).toBe(200)
    expect(await post('unfreeze', 'FreezeKey', 1)).toEqual([403, 'signature_refused'])
    expect(chain.relayed.map(({ kind }) => kind)).toEqual(['register', 'freeze'])
  })
})

describe('what is too large is refused before anything is done', () => {
  const many = (count: number, size: number) =>
    Array.from({ length: count }, (_, i) => String(i).padStart(3, '0').padEnd(size, 'r'))

  test.each([
    ['257 routes', { routes: many(257, 3) }],
    ['a route of 257 characters', { routes: ['r'.repeat(257)] }],
    ['a route that a database refuses', { routes: ['a\u0000b'] }],
    ['half a character', { routes: ['\ud800'] }],
    ['the same route twice', { routes: ['a', 'a'] }],
  ])('%s', async (_, over) => {
    const reply = await make({ ...(await grantOf(wallet)), ...over })
    expect(outcome(reply)).toEqual([400, 'validation_failed'])
    await nothingWasDone()
  })

  test('33 payees', async () => {
    const body = await grantOf(wallet)
    const payees = Array.from({ length: 33 }, (_, i) => hex(String(i + 10), 20))
    expect(outcome(await make({ ...body, permission: { ...body.permission, payees } }))).toEqual([
      ...[400, 'validation_failed'],
    ])
    await nothingWasDone()
  })

  test('64 KiB, and the page that sent it is told', async () => {
    const reply = await make({ ...(await grantOf(wallet)), routes: many(256, 256) })
    expect(outcome(reply)).toEqual([413, 'payload_too_large'])
    expect(reply.headers.get('access-control-allow-origin')).toBe('*')
    await nothingWasDone()
  })
})

describe('there are so many', () => {
  test('grants a day, from however many networks: then nothing is written or relayed', async () => {
    const env = { GRANTS_A_DAY: '2' }
    const from = async (ip: string) => {
      wallet = privateKeyToAccount(generatePrivateKey())
      return outcome(await make(await grantOf(wallet), { env, headers: { 'cf-connecting-ip': ip } }))
    }
    expect([(await from('192.0.2.1'))[0], (await from('2001:db8:1::1'))[0]]).toEqual([201, 201])
    expect(await from('2001:db8:2::1')).toEqual([429, 'rate_limited'])
    expect([(await keys()).length, chain.relayed.length]).toEqual([2, 2])
    expect(await db.orm.select().from(t.idempotency)).toHaveLength(2)
  })

  test('and none of them by requests that are refused', async () => {
    for (let i = 0; i < 3; i++) await make({ ...(await grantOf(wallet)), signature: '0x12' })
    expect(await db.orm.select().from(t.relayUse)).toEqual([])
  })
})

test('a key that rules have stopped goes on by no signature that a site asked for', async () => {
  const grant = await granted()
  const [keyId] = [...chain.keys.keys()] as [Hex]
  const act = async (action: string, form: 'FreezeKey' | 'UnfreezeKey', version: number) => {
    const body = await changeOf(wallet, form, { keyId, version, deadline: DEADLINE })
    return outcome(await api('POST', `/grants/${grant.id}/${action}`, call({ body, ...bearer(grant) })))
  }
  expect((await act('freeze', 'FreezeKey', 0))[0]).toBe(200)
  const session = await sessionOf(grant)
  const ref = parseSessionName(session) as SessionRef
  const object = bindings.STREAM_SESSION?.getByName(session) as unknown as SentinelSessionApi
  const order = { scope: 'platform', kind: 'frozen', rule: 'drain', version: 1, cause: 'x' } as const
  await object.stop(1, ref, { ...order, decisionId: 'dec_attack' })
  expect(await act('unfreeze', 'UnfreezeKey', 1)).toEqual([409, 'session_key_conflict'])
  const { stops } = await object.sentinel(1)
  expect([stops.length, chain.relayed.map(({ kind }) => kind)]).toEqual([1, ['register', 'freeze']])
})

describe('the signed receipt of a payment', () => {
  async function paid(session: string, seq: number): Promise<string> {
    await db.orm.insert(t.microPayment).values({
      ...{ session, seq, channelId: hex('0a', 32), providerId: null, routeId: null, requestId: 'req' },
      ...{ reservationId: 'res', debit: 'escrow', credit: 'earned', amount: '5', at: new Date(1_000) },
    })
    return printPaymentId({ session, seq })
  }
  const receipt = (grant: Granted, payment: string, by = grant) =>
    api('GET', `/grants/${grant.id}/receipts/${payment}`, call(bearer(by)))

  test('is given to who has the token of its key, while the session keeps it', async () => {
    const grant = await granted()
    const session = await sessionOf(grant)
    const payment = await paid(session, 1)
    expect((await receipt(grant, payment)).json).toEqual({ id: payment, jws: null })
    type Told = { tellReceipt(reservation: string, request: string, jws: string): Promise<void> }
    await (bindings.STREAM_SESSION!.getByName(session) as unknown as Told).tellReceipt('res', 'req', 'a.b.c')
    expect((await receipt(grant, payment)).json).toEqual({ id: payment, jws: 'a.b.c' })
  })

  test('of another key of the same wallet, of nobody and by another token is answered alike', async () => {
    const [grant, other] = [await granted(), await granted()]
    const [mine, foreign] = [await paid(await sessionOf(grant), 1), await paid(await sessionOf(other), 1)]
    const unknown = printPaymentId({ session: await sessionOf(grant), seq: 2 })
    const asked = [foreign, unknown, `${mine}A`, 'pay_', '..%2f..', '%00'].map((payment) => receipt(grant, payment))
    const answers = await Promise.all([...asked, receipt(grant, mine, other)])
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1)
    expect(outcome(answers[0]!)).toEqual([404, 'not_found'])
    expect((await receipt(grant, mine)).status).toBe(200)
  })
})

test('a page is told where calls are paid, as far as the deployment says', async () => {
  const gatewayOf = async (env: Call['env'] = {}) => (await api('GET', '/grants/terms', call({ env }))).json['gateway']
  expect(await gatewayOf()).toBeNull()
  expect(await gatewayOf({ GATEWAY_URL: 'https://api.example.com/x' })).toBe('https://api.example.com')
})
