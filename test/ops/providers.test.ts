/** A provider through the API, on the whole system: it sells, changes its price and its payout address, and drains. */
import * as ChannelConfig from '@pbstream/core/ChannelConfig'
import type { Hex } from '@pbstream/core/Hex'
import { sessionName } from '@pbstream/core/message/Session'
import * as Voucher from '@pbstream/core/Voucher'
import { Chain } from '@pbstream/local/Chain'
import { addressOf } from '@pbstream/local/Keys'
import { decodeJwt } from '../support/decodeJwt.ts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { canonical, Owner, secret } from '../support/keysApi.ts'
import { paymentOf } from '../support/payment.ts'
import { type Stack, type StackPayer, startStack } from '../support/Stack.ts'
import { until } from '../support/until.ts'

const CREDENTIAL = 'key-of-the-upstream'
const PRICE = { v: 1, kind: 'flat', amount: '1000' }

let stack: Stack
let owner: Owner
let payer: StackPayer
/** What the payer sent last. */
let last: Request | undefined

beforeAll(async () => {
  stack = await startStack({ routes: [{ path: '/seeded' }] })
  owner = await Owner.signIn(stack)
  payer = await stack.payer({
    scheme: 'batch-settlement',
    fetch: (input, init) => {
      last = new Request(input, init)
      return fetch(last.clone())
    },
  })
})
afterAll(() => stack?.stop())

const made = async (path: string, body: object) => {
  const { status, json } = await owner.call('POST', path, { body })
  expect([status, json]).toEqual([201, json])
  return json
}
const shop = () => `${stack.gateway}/shop/item`

/** The offer of the shop, as soon as it is as wanted: gateways look for changes every two seconds. */
async function offered(what: (accept: { amount: string; payTo: string }) => boolean) {
  return until('the gateway offers it', async () => {
    const response = await fetch(shop())
    if (response.status !== 402) return false
    const required = JSON.parse(atob(response.headers.get('payment-required') ?? '')) as {
      accepts: { amount: string; payTo: string }[]
    }
    const [accept] = required.accepts
    return accept !== undefined && what(accept) && accept
  })
}

async function bought() {
  const response = await payer.fetch(shop())
  expect([response.status, await response.text()]).toEqual([200, '{"ok":true}'])
  const config = ChannelConfig.parse(paymentOf(last!).payload.channelConfig)
  const receipt = decodeJwt(response.headers.get('pbstream-receipt') ?? '')
  return { config, receipt }
}

const numbers = async (config: ChannelConfig.ChannelConfig) => {
  const { payer: from, payerAuthorizer } = config
  const session = sessionName({ chainId: Chain.id, contract: canonical, payer: from, payerAuthorizer })
  const id = ChannelConfig.id(config, Voucher.domainSeparator(Chain.id, canonical))
  return (await stack.system.session(session)).view(1, id)
}

test('sells, charges another price, is paid elsewhere after a day, and gives the old channels back', async () => {
  const { host } = new URL(stack.upstream.url)
  const named = await made('/upstream-hosts', { host })
  const verify = () => owner.call('POST', `/upstream-hosts/${host}/verify`, { body: {} })
  expect((await verify()).json['code']).toBe('verification_failed')
  stack.upstream.on('/.well-known/pbstream-verification', (_, response) => void response.end(named['token']))
  expect((await verify()).status).toBe(200)

  const funds = await stack.usdc(payer.address)
  const provider = await made('/providers', { name: 'Shop', payTo: owner.address, withdrawDelay: 1_200 })
  const id = provider['id'] as string
  const route = await made('/routes', {
    providerId: id,
    path: '/shop/*',
    origin: { kind: 'url', url: `${stack.upstream.url}/base` },
    chainIds: [Chain.id],
    credential: { header: 'x-api-key', value: CREDENTIAL },
    rate: PRICE,
  })
  const routeId = route['id'] as string
  expect(await offered(({ amount }) => amount === '1000')).toMatchObject({ payTo: owner.address })
  const first = await bought()
  expect(first.config).toMatchObject({ receiver: owner.address, withdrawDelay: 1_200 })
  expect(first.receipt).toMatchObject({ rev: 1 })
  const call = stack.upstream.received.find(({ path }) => path === '/base/shop/item')
  expect(call?.headers['x-api-key']).toBe(CREDENTIAL)

  const dear = { body: { rule: { ...PRICE, amount: '2500' } }, headers: { 'if-match': '"1"' } }
  expect((await owner.call('POST', `/routes/${routeId}/rate-cards`, dear)).status).toBe(201)
  await offered(({ amount }) => amount === '2500')
  const second = await bought()
  expect(second.receipt).toMatchObject({ rev: 2 })
  await until('both are charged', async () => (await numbers(second.config))?.spent === 3_500n)
  await until('the charges are in the database', async () => {
    const { json } = await owner.call('GET', `/providers/${id}/payments`)
    return (json['data'] as object[]).length === 2
  })

  const elsewhere = addressOf(secret())
  const change = (confirmDrain: boolean) => ({
    body: { payTo: elsewhere, confirmDrain },
    headers: { 'if-match': '"1"' },
  })
  const path = `/providers/${id}/payout-change`
  expect((await owner.call('POST', path, change(false))).json).toMatchObject({
    code: 'drain_confirmation_needed',
    drain: { channels: 1, toPay: '3500' },
  })
  expect((await owner.confirmed('POST', path, change(true))).json).toMatchObject({ payTo: owner.address })
  await stack.system.scheduled('control')
  expect((await owner.call('GET', `/providers/${id}`)).json['payTo']).toBe(owner.address)
  // A day goes by.
  const { orm, tables } = stack.system.database
  await orm.update(tables.provider).set({ pendingPayToAt: new Date(Date.now() - 1) })
  await stack.system.scheduled('control')
  await offered(({ payTo }) => payTo.toLowerCase() === elsewhere.toLowerCase())

  const before = await numbers(first.config)
  const rest = (before?.deposited ?? 0n) + (before?.provisional ?? 0n) - 3_500n
  await until('the old channel is empty', async () => {
    await stack.system.scheduled('control')
    const now = await numbers(first.config)
    return now?.settled === 3_500n && now.returned === rest && rest > 0n
  })
  expect(await stack.usdc(owner.address)).toBe(3_500n)
  expect(await stack.usdc(payer.address)).toBe(funds - 3_500n)

  const third = await bought()
  expect(third.config.receiver.toLowerCase()).toBe(elsewhere.toLowerCase())
  await until('it is charged', async () => (await numbers(third.config))?.spent === 2_500n)
  await until('the drain counts the channel as closed', async () => {
    await stack.system.scheduled('control')
    const { json } = await owner.call('GET', `/providers/${id}/drains`)
    const [drain] = json['data'] as { open: number; closed: number }[]
    return drain?.open === 0 && drain.closed === 1
  })
  await until('both channels are listed', async () => {
    const { json } = await owner.call('GET', `/providers/${id}/channels`)
    return (json['data'] as object[]).length === 2
  })
  expect(stack.logs.join()).not.toContain(CREDENTIAL)
})

test('switched off, it sells nothing within the bound of the catalog', async () => {
  const { json } = await owner.call('GET', '/providers')
  const [provider] = json['data'] as { id: Hex; revision: number }[]
  const off = { body: { enabled: false }, headers: { 'if-match': `"${provider?.revision}"` } }
  expect((await owner.call('PATCH', `/providers/${provider?.id}`, off)).status).toBe(200)
  const at = Date.now()
  await until('it is not served', async () => (await fetch(shop())).status === 404)
  expect(Date.now() - at).toBeLessThan(12_000)
})
