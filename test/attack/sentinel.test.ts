/** Sentinel on the whole system, from the side of those whom it is to stop, and of those who would use it against others. */
import { lower } from '@pbstream/core/Hex'
import { Chain } from '@pbstream/local/Chain'
import { addressOf } from '@pbstream/local/Keys'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { managedPayer, Owner, type Reply } from '../support/keysApi.ts'
import { from } from '../support/places.ts'
import { codeOf, decisionsOf, release, ruleOf, setRules, stopsOf, type NewRule } from '../support/sentinel.ts'
import { createHoldback } from '../support/signedRequest.ts'
import { type Stack, startStack } from '../support/Stack.ts'
import { until } from '../support/until.ts'

const BERLIN = { country: 'DE', address: '203.0.113.7' }
const SECRET_NAME = 'NameOfTheRule-nobody-else-reads-it'

let stack: Stack

beforeAll(async () => {
  const paths = ['/spoof', '/channels', '/flood', '/told', '/platform', '/again', '/elsewhere']
  stack = await startStack({ routes: paths.map((path) => ({ path })) })
})
afterAll(() => stack?.stop())

const url = (path: string) => stack.gateway + path

/** As the API takes it. */
function unversioned(rule: NewRule & { version?: number }): NewRule {
  const { version: _, ...rest } = rule
  return rest
}

/** A managed key whose owner has these rules in force. */
async function guarded(rules: NewRule[], options: Parameters<typeof managedPayer>[2] = {}) {
  const made = await managedPayer(stack, {}, options)
  await setRules(made.owner, { rules })
  return made
}

test('no header that a caller sends moves it to another country', async () => {
  const abroad = ruleOf({ id: 'abroad', when: 'country == "DE" || country == ""', action: 'block' })
  const spoofed: typeof fetch = (input, init) => {
    const request = new Request(input, init)
    for (const name of ['cf-ipcountry', 'x-country', 'x-vercel-ip-country', 'x-appengine-country'])
      request.headers.set(name, 'FR')
    request.headers.set('x-forwarded-for', '192.0.2.1')
    request.headers.set('forwarded', 'for=192.0.2.1')
    return fetch(request)
  }
  for (const send of [spoofed, from(BERLIN, spoofed)]) {
    const { payer } = await guarded([abroad], { fetch: send })
    expect(await codeOf(await payer.fetch(url('/spoof')))).toBe('sentinel_blocked')
  }
  expect(stack.upstream.calls('/spoof')).toBe(0)
})

test('another channel, another client and a fresh deposit are no way around a stop', async () => {
  const { owner, sessionKey, payer } = await guarded([ruleOf({ when: 'count.minute > 2' })])
  for (let i = 0; i < 2; i++) expect(await codeOf(await payer.fetch(url('/channels')))).toBe('ok')
  expect(await codeOf(await payer.fetch(url('/channels')))).toBe('sentinel_frozen')
  const before = await stack.usdc(owner.address)
  const salt = `0x${'0c'.repeat(32)}` as const
  const other = await stack.payer({ key: owner.key, sessionKey, salt, scheme: 'batch-settlement', funds: { usdc: 0n } })
  expect(await codeOf(await other.fetch(url('/channels')))).toBe('sentinel_frozen')
  expect(await stack.usdc(owner.address), 'nothing is deposited for a call that is refused').toBe(before)
  expect(stack.upstream.calls('/channels')).toBe(2)
})

test('a refusal says what to do and when, and nothing of the rule; its flood leaves few rows', async () => {
  const { owner, payer } = await guarded([
    ruleOf({ id: 'quiet', name: SECRET_NAME, when: 'amount >= 1000 && count.minute >= 1', action: 'block' }),
  ])
  const refused = await payer.fetch(url('/flood'))
  expect(refused.status).toBe(403)
  const body = await refused.text()
  expect(JSON.parse(body)).toMatchObject({ code: 'sentinel_blocked' })
  for (const inside of [SECRET_NAME, 'quiet', 'count.minute', 'amount >=']) expect(body).not.toContain(inside)
  for (let round = 0; round < 10; round++)
    await Promise.all(Array.from({ length: 20 }, () => payer.fetch(url('/flood')).then(codeOf)))
  expect(stack.upstream.calls('/flood')).toBe(0)
  const rows = await until('it is decided', async () => {
    const decided = await decisionsOf(owner)
    return decided.length > 0 && decided
  })
  expect(rows.length).toBeLessThan(10)
})

test('a stop is ended by its owner’s wallet: not by an API key, a stranger, or whoever has the session key', async () => {
  const { owner, sessionKey, payer } = await guarded([ruleOf({ when: 'count.minute > 1' })])
  expect(await codeOf(await payer.fetch(url('/told')))).toBe('ok')
  expect(await codeOf(await payer.fetch(url('/told')))).toBe('sentinel_frozen')
  const [stop] = await until('the stop is shown', async () => {
    const stops = await stopsOf(owner)
    return stops.length > 0 && stops
  })
  const path = `/stops/${stop!.id}/release`
  const body = { reason: 'please', snoozeSeconds: 600 }
  const stranger = await Owner.signIn(stack)
  const thief = await Owner.signIn(stack, sessionKey)
  for (const who of [stranger, thief]) {
    expect((await who.call('POST', path, { body })).status).toBe(404)
    expect((await who.call('GET', `/stops/${stop!.id}`)).status).toBe(404)
    expect(await decisionsOf(who)).toEqual([])
    expect(await stopsOf(who)).toEqual([])
  }
  expect((await owner.call('POST', path, { body })).status).toBe(403)
  expect((await owner.confirmed('POST', path, { body }, thief.wallet)).status).toBe(403)
  expect(await codeOf(await payer.fetch(url('/told')))).toBe('sentinel_frozen')
  expect((await release(owner, stop!.id, body)).status).toBe(200)
  await until('it is served again', async () => (await codeOf(await payer.fetch(url('/told')))) === 'ok')
})

test('what was paid for is answered again though the key was stopped since, and charged once', async () => {
  const { owner, sessionKey } = await guarded([ruleOf({ when: 'count.minute > 2' })])
  const { pay } = await createHoldback(stack, { key: owner.key, sessionKey })
  const headers = { 'idempotency-key': 'again-1' }
  const first = await pay(url('/again'), { headers })
  expect([first.status, await first.text()]).toEqual([200, '{"ok":true}'])
  expect(await codeOf(await pay(url('/again')))).toBe('ok')
  expect(await codeOf(await pay(url('/again')))).toBe('sentinel_frozen')
  // An answer is kept a moment after it was given.
  const again = await until('its answer is kept', async () => {
    const reply = await pay(url('/again'), { headers })
    return reply.status === 200 && reply
  })
  expect(await again.text()).toBe('{"ok":true}')
  expect(stack.upstream.calls('/again')).toBe(2)
})

/** Somebody else who sells at this gateway, below /shop. */
async function shop(): Promise<{ seller: Owner; provider: string }> {
  const seller = await Owner.signIn(stack)
  const made = async (path: string, body: object) => {
    const { status, json } = await seller.call('POST', path, { body })
    expect([status, json]).toEqual([201, json])
    return json
  }
  const { host } = new URL(stack.upstream.url)
  const { token } = await made('/upstream-hosts', { host })
  stack.upstream.on('/.well-known/pbstream-verification', (_, response) => void response.end(token))
  expect((await seller.call('POST', `/upstream-hosts/${host}/verify`, { body: {} })).status).toBe(200)
  const { id } = await made('/providers', { name: 'Shop', payTo: seller.address })
  const origin = { kind: 'url', url: `${stack.upstream.url}/base` }
  const rate = { v: 1, kind: 'flat', amount: '1000' }
  await made('/routes', { providerId: id, path: '/shop/*', origin, chainIds: [Chain.id], rate })
  await until('the shop is open', async () => (await fetch(url('/shop/item'))).status === 402)
  return { seller, provider: id as string }
}

test('a provider’s rule stops a key at that provider and nowhere else, and nobody reads what another’s rules saw', async () => {
  const { seller, provider } = await shop()
  const payees = [lower(addressOf(stack.keys.provider)), seller.address]
  const { owner, payer, id } = await managedPayer(stack, { payees })
  await setRules(seller, { rules: [ruleOf({ id: 'no-more', when: 'count.minute > 1' })] }, provider)
  await until(
    'the key is stopped',
    async () => (await codeOf(await payer.fetch(url('/shop/item')))) === 'sentinel_frozen',
  )
  expect(await codeOf(await payer.fetch(url('/elsewhere')))).toBe('ok')
  const [stop] = await until('its provider sees it', async () => {
    const stops = await stopsOf(seller, provider)
    return stops.length > 0 && stops
  })
  expect(stop).toMatchObject({ scope: `provider:${provider}`, rule: 'no-more', kind: 'frozen' })
  const { json: key } = await owner.call('GET', `/session-keys/${id}`)
  expect(key['stops']).toMatchObject([{ id: stop!.id, rule: null }])
  const told = [key, await stopsOf(owner), await decisionsOf(owner)]
  expect(JSON.stringify(told)).not.toContain('no-more')
  for (const path of ['/rules', '/decisions', '/stops', '/alert-channels'])
    expect((await owner.call('GET', `${path}?provider=${provider}`)).status).toBe(404)
  const body = { reason: 'a good customer', snoozeSeconds: 600 }
  expect((await owner.call('POST', `/stops/${stop!.id}/release`, { body })).status).toBe(404)
  expect((await seller.call('POST', `/stops/${stop!.id}/release`, { body })).status).toBe(200)
  await until('it is served again', async () => (await codeOf(await payer.fetch(url('/shop/item')))) === 'ok')
})

test('an owner’s rule that allows everything does not loosen the platform’s', async () => {
  const operator = { authorization: `Bearer ${stack.keys.operator}`, 'content-type': 'application/json' }
  const control = `${stack.system.urls.control}/ops/rules`
  const { revision, rules } = (await (await fetch(control, { headers: operator })).json()) as {
    revision: number
    rules: (NewRule & { version?: number })[]
  }
  const wanted = [...rules.map(unversioned), ruleOf({ id: 'ceiling', when: 'sum.day > 3000', action: 'block' })]
  const put = await fetch(control, {
    method: 'PUT',
    headers: { ...operator, 'if-match': `"${revision}"` },
    body: JSON.stringify({ rules: wanted }),
  })
  expect([put.status, await put.text()]).toEqual([200, expect.anything()])
  const { owner, payer } = await guarded([
    ruleOf({ id: 'all-mine', when: 'true', action: 'allow', group: 'first_match', priority: 10_000 }),
  ])
  await until(
    'the platform’s rule is in force',
    async () => (await codeOf(await payer.fetch(url('/platform')))) !== 'ok',
  )
  const served = stack.upstream.calls('/platform')
  expect(await codeOf(await payer.fetch(url('/platform')))).toBe('sentinel_blocked')
  expect(stack.upstream.calls('/platform')).toBe(served)
  const reply: Reply = await owner.call('GET', '/rules')
  expect(JSON.stringify(reply.json), 'nor does it see it').not.toContain('ceiling')
})
