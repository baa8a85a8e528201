/** Changes that need a fresh signature of the wallet, and what does not do for one. */
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { beforeEach, describe, expect, test } from 'vitest'
import { clear } from './belongings.ts'
import { api, type Call, confirmation, type Person, person, type Reply } from './people.ts'
import { db, empty, hex, settlement } from './support.ts'

let alice: Person
const payTo = hex('ee', 20)
const body = { name: 'Acme', payTo }

beforeEach(async () => {
  await clear()
  await empty()
  await settlement.say({})
  alice = await person()
})

const send = (more: Call = {}) => api('POST', '/providers', { as: alice, body, ...more })

async function headers(asked?: Reply): Promise<Record<string, string>> {
  return confirmation(asked ?? (await send()), alice.wallet)
}

async function refused(call: Call): Promise<void> {
  const { status, json } = await send(call)
  expect([status, json['code']]).toEqual([403, 'signature_refused'])
  expect(json['typedData']).toMatchObject({ primaryType: 'ConfirmChange' })
  expect(await db.orm.select().from(db.tables.provider)).toEqual([])
}

describe('a change that needs a signature', () => {
  test('says what to sign, in words that name service, account, mode, action and the whole change', async () => {
    const { json } = await send()
    const { message } = json['typedData'] as { message: Record<string, string> }
    expect(message).toMatchObject({ service: 'https://control.example', account: alice.owner, mode: 'live' })
    expect(message['change']).toContain(payTo)
  })

  test('is made once with it', async () => {
    const signed = await headers()
    expect((await send({ headers: signed })).status).toBe(201)
    const again = await send({ headers: signed })
    expect([again.status, again.json['code']]).toEqual([403, 'signature_refused'])
    expect(await db.orm.select().from(db.tables.provider)).toHaveLength(1)
  })

  test('sent many times at once with one signature is made once', async () => {
    const signed = await headers()
    const replies = await Promise.all([1, 2, 3, 4].map(() => send({ headers: signed })))
    expect(replies.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 403, 403, 403])
    expect(await db.orm.select().from(db.tables.provider)).toHaveLength(1)
  })

  test('with a signature for another change, mode or action is refused', async () => {
    const signed = await headers()
    await refused({ headers: signed, body: { ...body, payTo: hex('ed', 20) } })
    await refused({ headers: signed, mode: 'test' })
  })

  test('with a signature that another wallet gave, or that another owner was asked for, is refused', async () => {
    const thief = privateKeyToAccount(generatePrivateKey())
    await refused({ headers: await confirmation(await send(), thief) })
    const bob = await person()
    await refused({ headers: await confirmation(await api('POST', '/providers', { as: bob, body }), alice.wallet) })
  })

  test('with a changed deadline, nonce or form is refused', async () => {
    const [deadline = '', nonce = '', signature = ''] = ((await headers())['pbstream-confirmation'] ?? '').split(':')
    const forged = [
      `${Number(deadline) + 60}:${nonce}:${signature}`,
      `1700000000:${nonce}:${signature}`,
      `${deadline}:0x${'00'.repeat(32)}:${signature}`,
      `${deadline}:${nonce}:0x${'00'.repeat(65)}`,
      `${deadline}:${nonce}`,
      '',
    ]
    for (const text of forged) await refused({ headers: { 'pbstream-confirmation': text } })
  })
})
