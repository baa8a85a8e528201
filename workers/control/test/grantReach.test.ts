/** What a grant does not reach: after its deadline, beyond its own key, on other chains, and for whoever asks too often. */
import type { Hex } from '@pbstream/core/Hex'
import { generatePrivateKey, privateKeyToAccount, type PrivateKeyAccount } from 'viem/accounts'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { clear } from './belongings.ts'
import { changeOf, chainOf, DEADLINE, grantOf, PAST, permissionOf } from './granting.ts'
import { api, type Call, type Reply, TEST_CHAIN } from './people.ts'
import { db, empty, hex, settlement } from './support.ts'

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
const bearer = ({ token }: Granted) => ({ headers: { authorization: `Bearer ${token}` } })
const keys = () => db.orm.select().from(t.sessionKey)
const look = (grant: Granted, more: Call = {}) => api('GET', `/grants/${grant.id}`, call({ ...bearer(grant), ...more }))
const outcome = ({ status, json }: Reply) => [status, json['code'] ?? json['status']]

async function granted(): Promise<Granted> {
  const reply = await api('POST', '/grants', call({ body: await grantOf(wallet) }))
  expect([reply.status, reply.text]).toEqual([201, reply.text])
  return reply.json as Granted
}

describe('a signature whose deadline has passed', () => {
  test('grants nothing', async () => {
    const late = await grantOf(wallet, { deadline: PAST })
    expect(outcome(await api('POST', '/grants', call({ body: late })))).toEqual([403, 'signature_refused'])
    expect([await keys(), chain.relayed]).toEqual([[], []])
  })

  test('changes nothing', async () => {
    const grant = await granted()
    const [keyId] = [...chain.keys.keys()] as [Hex]
    for (const [action, form] of [
      ['freeze', 'FreezeKey'],
      ['revoke', 'RevokeKey'],
    ] as const) {
      const send = async (deadline: number) => {
        const body = await changeOf(wallet, form, { keyId, version: 0, deadline })
        return outcome(await api('POST', `/grants/${grant.id}/${action}`, call({ body, ...bearer(grant) })))
      }
      expect([action, ...(await send(PAST))]).toEqual([action, 403, 'signature_refused'])
      // In time the same is done: nothing else was wrong with it.
      if (action === 'revoke') expect((await send(DEADLINE))[0]).toBe(200)
    }
    expect(chain.relayed.map(({ kind }) => kind)).toEqual(['register', 'revoke'])
  })
})

describe('the site that has the token', () => {
  test('sees what its key paid, and nothing of the other keys of the wallet', async () => {
    const [grant, other] = [await granted(), await granted()]
    const rows = await keys()
    for (const [seq, { id }] of [grant, other].entries()) {
      const session = rows.find(({ publicId }) => publicId === id)!.id
      await db.orm.insert(t.microPayment).values({
        ...{ session, seq: seq + 1, channelId: hex('0a', 32), providerId: null, routeId: null },
        ...{ debit: 'escrow', credit: 'earned', amount: String(seq + 5), at: new Date(1_000) },
      })
    }
    const shown = (reply: Reply) => (reply.json['receipts'] as { price: string }[]).map(({ price }) => price)
    expect([shown(await look(grant)), shown(await look(other))]).toEqual([['5'], ['6']])
  })

  test('is not told what rules have stopped or slowed down', async () => {
    const { json } = await look(await granted())
    expect(Object.keys(json).filter((name) => ['stops', 'breakers', 'owner', 'secret'].includes(name))).toEqual([])
  })

  test('is under a limit for each key, and whoever grants under one for each address', async () => {
    const grant = await granted()
    const asked: string[] = []
    const counting = { limit: ({ key }: { key: string }) => Promise.resolve({ success: asked.push(key) > 0 }) }
    const env = { API_LIMIT: counting, SIGN_IN_LIMIT: counting } as unknown as NonNullable<Call['env']>
    await look(grant, { env })
    expect(asked).toContain(`grant:${grant.id}`)
    asked.splice(0)
    await api('POST', '/grants', call({ body: await grantOf(wallet), env }))
    expect(asked).toEqual(['ip:192.0.2.1', 'ip:192.0.2.1'])
    const full = { limit: ({ key }: { key: string }) => Promise.resolve({ success: !key.startsWith('grant:') }) }
    const refused = await look(grant, { env: { API_LIMIT: full } as unknown as NonNullable<Call['env']> })
    expect(outcome(refused)).toEqual([429, 'rate_limited'])
  })
})

test('an account that is a contract is the owner of its chain only, and has its own token', async () => {
  chain = chainOf('contract')
  const permission = permissionOf(hex('ca', 20))
  const body = { name: 'site', chainId: TEST_CHAIN, permission, routes: null, deadline: DEADLINE, signature: '0x1271' }
  const reply = await api('POST', '/grants', call({ body }))
  expect([reply.status, reply.text]).toEqual([201, reply.text])
  expect(await keys()).toMatchObject([{ owner: `${TEST_CHAIN}:${hex('ca', 20)}`, payer: hex('ca', 20) }])
  expect((await look(reply.json as Granted)).json).toMatchObject({ account: hex('ca', 20), status: 'active' })
})
