/** An agent that goes wild and a key that is stolen: stopped in the request that crosses the rule, told, released. */
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { addressOf } from '@pbstream/local/Keys'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { managedPayer, type Owner } from '../support/keysApi.ts'
import { from } from '../support/places.ts'
import { codeOf, decisionsOf, explained, release, ruleOf, setRules, stopsOf } from '../support/sentinel.ts'
import { SmtpBox } from '../support/SmtpBox.ts'
import { type Stack, startStack } from '../support/Stack.ts'
import { TelegramServer, plain } from '../support/TelegramServer.ts'
import { until } from '../support/until.ts'

const BOT = '1234567890:AAF_e2e-token-of-a-bot_0123456789abc'
const CHAT = '77001'
/** What every alert of the stop says: what happened by which rule, and what it saw. */
const REASON = /frozen: More than twenty calls a minute[^]*because: count\.minute = 21[^]*\(wild v1\)/
const BERLIN = { country: 'DE', address: '203.0.113.7' }
const ELSEWHERE = { country: 'BR', address: '198.51.100.9' }

let stack: Stack
let telegram: TelegramServer
let mail: SmtpBox
let hooks: Server
const hooked: { headers: Record<string, string>; body: string }[] = []

beforeAll(async () => {
  telegram = await TelegramServer.start(BOT, [CHAT])
  mail = await SmtpBox.start('pbstream', 'mail-password')
  hooks = createServer((request, response) => {
    void read(request).then((body) => {
      hooked.push({ headers: request.headers as Record<string, string>, body })
      response.writeHead(204).end()
    })
  })
  await new Promise<void>((resolve) => hooks.listen(0, '127.0.0.1', resolve))
  stack = await startStack({
    routes: ['/work', '/stolen', '/home'].map((path) => ({ path })),
    vars: {
      TELEGRAM_URL: telegram.url,
      EMAIL_FROM: 'sentinel@pbstream.example',
      SMTP_HOST: '127.0.0.1',
      SMTP_PORT: String(mail.port),
      SMTP_SECURITY: 'none',
      SMTP_USER: 'pbstream',
      SMTP_PASSWORD: 'mail-password',
    },
    system: { gateways: 2 },
  })
})
afterAll(async () => {
  await stack?.stop()
  await Promise.all([telegram?.stop(), mail?.stop()])
  hooks?.close()
})

async function channel(owner: Owner, target: object): Promise<Record<string, unknown>> {
  const body = { name: 'on call', target, groupSeconds: 0 }
  const made = await owner.call('POST', '/alert-channels', { body })
  expect([made.status, made.json]).toEqual([201, made.json])
  return made.json
}

/** Nobody is sent alerts who has not said so: the code in a first mail says it. */
async function confirm(owner: Owner, id: string): Promise<void> {
  const sent = await owner.call('POST', `/alert-channels/${id}/test`, { body: {} })
  expect([sent.status, sent.json]).toMatchObject([200, { status: 'sent', isTest: true }])
  const code = /\b[a-z0-9]{5}-[a-z0-9]{5}\b/.exec(mail.mails.at(-1)?.text ?? '')?.[0]
  const confirmed = await owner.call('POST', `/alert-channels/${id}/confirm`, { body: { code } })
  expect([confirmed.status, confirmed.json['enabled']]).toEqual([200, true])
  mail.mails.length = 0
}

test('a wild agent: the call that crosses the rule is not served, its owner is told three ways, releases it, and service resumes', async () => {
  const { owner, payer, id } = await managedPayer(stack)
  await setRules(owner, {
    rules: [
      ruleOf({ id: 'wild', name: 'More than twenty calls a minute', when: 'count.minute > 20', severity: 'critical' }),
    ],
  })
  await channel(owner, { kind: 'telegram', chat: CHAT, token: BOT })
  const { id: box } = await channel(owner, { kind: 'email', to: 'owner@example.org' })
  await confirm(owner, box as string)
  const { port } = hooks.address() as AddressInfo
  const hook = await channel(owner, { kind: 'webhook', url: `http://127.0.0.1:${port}/alerts` })

  const answers: string[] = []
  for (let i = 0; i < 30; i++) answers.push(await codeOf(await payer.fetch(`${stack.gateway}/work`)))
  expect(answers.slice(0, 20)).toEqual(Array.from({ length: 20 }, () => 'ok'))
  expect(new Set(answers.slice(20))).toEqual(new Set(['sentinel_frozen']))
  expect(stack.upstream.calls('/work'), 'the upstream was called for what was paid, and no more').toBe(20)

  const [stop] = await until('the stop is shown', async () => {
    const stops = await stopsOf(owner)
    return stops.length > 0 && stops
  })
  expect(stop).toMatchObject({ kind: 'frozen', scope: 'owner', rule: 'wild', version: 1, releasedAt: null })
  const [decided] = (await decisionsOf(owner)).filter(({ rule }) => rule === 'wild')
  expect(decided).toMatchObject({ action: 'freeze', effect: 'done', version: 1 })
  expect((await explained(owner, decided!)).hits).toMatchObject([
    { rule: 'wild', version: 1, effect: 'done', inputs: { 'count.minute': '21' } },
  ])
  const { json: key } = await owner.call('GET', `/session-keys/${id}`)
  expect(key['stops']).toMatchObject([{ id: stop!.id, kind: 'frozen', rule: 'wild' }])

  const said = await until('Telegram has it', () => telegram.messages[0])
  expect([said.chatId, plain(said.text)]).toEqual([CHAT, expect.stringMatching(REASON)])
  const letter = await until('the mail is there', () => mail.mails[0])
  expect(letter.envelope).toEqual({ from: 'sentinel@pbstream.example', to: ['owner@example.org'] })
  expect(letter.text).toMatch(REASON)
  const told = await until('the webhook is told', () => hooked[0])
  const verified = new Webhook(hook['secret'] as string).verify(told.body, told.headers)
  expect(verified).toMatchObject({ type: 'sentinel.alert', data: { severity: 'critical' } })

  await until('what was earned is paid out', async () => (await stack.usdc(addressOf(stack.keys.provider))) === 20_000n)
  const released = await release(owner, stop!.id, { reason: 'a loop in the agent; fixed', snoozeSeconds: 600 })
  expect([released.status, released.json]).toEqual([200, released.json])
  await until('it is served again', async () => (await codeOf(await payer.fetch(`${stack.gateway}/work`))) === 'ok')
  const quiet = stack.logs.join('\n')
  for (const secret of [BOT, 'mail-password', hook['secret'] as string]) expect(quiet).not.toContain(secret)
})

test('a stolen key from another country, at another gateway: refused from its first call, while its owner is served', async () => {
  const home = from(BERLIN)
  const { owner, sessionKey, payer } = await managedPayer(stack, {}, { fetch: home })
  await setRules(owner, {
    lists: [{ name: 'home', entries: [{ value: 'DE' }] }],
    rules: [ruleOf({ id: 'abroad', name: 'Not from home', when: '!(country in list.home)', action: 'block' })],
  })
  const work = (gateway: string) => `${gateway}/home`
  for (let i = 0; i < 3; i++) expect(await codeOf(await payer.fetch(work(stack.gateway)))).toBe('ok')
  const [, second] = stack.system.gateways
  const thief = await stack.payer({ key: owner.key, sessionKey, scheme: 'batch-settlement', fetch: from(ELSEWHERE) })
  for (let i = 0; i < 3; i++) expect(await codeOf(await thief.fetch(work(second!)))).toBe('sentinel_blocked')
  expect(stack.upstream.calls('/home')).toBe(3)
  expect(await codeOf(await payer.fetch(work(stack.gateway)))).toBe('ok')
  const [last] = await until('it is decided', async () => {
    const blocked = (await decisionsOf(owner)).filter(({ action }) => action === 'block')
    return blocked.length > 0 && blocked
  })
  expect((await explained(owner, last!)).hits).toMatchObject([
    { rule: 'abroad', inputs: { country: 'BR', 'list.home': '1 entries' } },
  ])
})

test('a stolen key in a country that its owner never was in: the key waits for the wallet, and goes on when it has signed', async () => {
  const { owner, sessionKey, payer } = await managedPayer(stack, {}, { fetch: from(BERLIN) })
  await setRules(owner, {
    rules: [
      ruleOf({
        id: 'sudden',
        name: 'A country that is new',
        when: 'key.calls >= 5 && country != "" && new.country',
        action: 'require_signature',
      }),
    ],
  })
  const use = (who: typeof payer, gateway = stack.gateway) => who.fetch(`${gateway}/stolen`).then(codeOf)
  for (let i = 0; i < 6; i++) expect(await use(payer)).toBe('ok')
  const thief = await stack.payer({ key: owner.key, sessionKey, scheme: 'batch-settlement', fetch: from(ELSEWHERE) })
  const [, second] = stack.system.gateways
  expect(await use(thief, second)).toBe('sentinel_signature_required')
  expect(await use(payer), 'nobody knows yet which of the two is the owner').toBe('sentinel_signature_required')
  expect(stack.upstream.calls('/stolen')).toBe(6)
  const [stop] = await until('the stop is shown', async () => {
    const stops = await stopsOf(owner)
    return stops.length > 0 && stops
  })
  expect(stop).toMatchObject({ kind: 'signature', rule: 'sudden' })
  const unsigned = await owner.call('POST', `/stops/${stop!.id}/confirm`, { body: { snoozeSeconds: 0 } })
  expect(unsigned.status, 'an API key alone does not end it').toBe(403)
  const confirmed = await owner.confirmed('POST', `/stops/${stop!.id}/confirm`, { body: { snoozeSeconds: 0 } })
  expect([confirmed.status, confirmed.json]).toEqual([200, confirmed.json])
  await until('its owner is served', async () => (await use(payer)) === 'ok')
  expect(await use(thief, second), 'without a snooze the thief is stopped again').toBe('sentinel_signature_required')
})

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}
