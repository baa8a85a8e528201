/** Alerts over the wire: to a stand-in with Telegram's API, a real SMTP server, and somebody's webhook. */
import type { AlertChannelConfig } from '@pbstream/core/message/AlertChannels'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { isAddress } from '../src/send/Mail.ts'
import { send } from '../src/send/Send.ts'
import { channelOf, control, env, loginPort, messageOf, rudePort, SECRET, servers, tlsPort, TOKEN } from './support.ts'

const logs: unknown[][] = []

beforeEach(async () => {
  logs.length = 0
  for (const level of ['log', 'info', 'warn', 'error', 'debug'] as const) {
    vi.spyOn(console, level).mockImplementation((...words: unknown[]) => void logs.push(words))
  }
  await servers.reset()
  await servers.script({})
  return () => {
    // Whatever happened: no secret, no address was printed.
    expect(JSON.stringify(logs)).not.toMatch(/token-of-the-bot|pass of the mailer|whsec_|example\.com/)
    vi.restoreAllMocks()
  }
})

describe('Telegram', () => {
  const bot = (chat = '42', token = TOKEN) => channelOf({ kind: 'telegram', chat }, token)
  const to = async (channel: AlertChannelConfig, title = 'A <b>title</b> & more') =>
    send(env, { channel, message: messageOf(title, 'x < 5 & y > 3') })

  test('gets the message, its texts as text and never as markup', async () => {
    expect(await to(await bot())).toEqual({ ok: true, code: 200 })
    expect((await servers.telegram()).messages).toEqual([
      {
        chatId: '42',
        parseMode: 'HTML',
        text: [
          '<b>[high] A &lt;b&gt;title&lt;/b&gt; &amp; more</b>',
          '',
          '2026-05-05 06:07:08 UTC, high: A &lt;b&gt;title&lt;/b&gt; &amp; more',
          'x &lt; 5 &amp; y &gt; 3',
        ].join('\n'),
      },
    ])
  })
  test('gets it in the language of its channel', async () => {
    const channel = await channelOf({ kind: 'telegram', chat: '42' }, TOKEN, { language: 'zh' })
    expect(await send(env, { channel, message: messageOf('标题', '正文') })).toEqual({ ok: true, code: 200 })
    expect((await servers.telegram()).messages.map(({ text }) => text)).toEqual([
      '<b>[高] 标题</b>\n\n2026-05-05 06:07:08（协调世界时），高：标题\n正文',
    ])
  })
  test('is written to in a group, too', async () => {
    expect(await to(await bot('-100500'))).toEqual({ ok: true, code: 200 })
  })
  test('that says to wait is waited for', async () => {
    await servers.flood(17)
    expect(await to(await bot())).toEqual({ ok: false, code: 429, error: 'rate_limited', retryAfterMs: 17_000 })
  })
  test('may ask for an hour at most', async () => {
    await servers.flood(1_000_000)
    expect(await to(await bot())).toMatchObject({ retryAfterMs: 3_600_000 })
  })
  test('that is in trouble is tried again', async () => {
    await servers.fail()
    expect(await to(await bot())).toEqual({ ok: false, code: 500, error: 'refused' })
  })
  test.each([
    ['a chat that is not there', '43', TOKEN, { ok: false, code: 400, error: 'chat_refused', isFinal: true }],
    ['another token', '42', '9:other', { ok: false, code: 401, error: 'token_refused', isFinal: true }],
    ['a token that leads elsewhere', '42', '../x', { ok: false, error: 'token_malformed', isFinal: true }],
  ] as const)('says no for good to %s', async (_, chat, token, answer) => {
    expect(await to(await bot(chat, token))).toEqual(answer)
  })
  test('says no for good where the bot was blocked', async () => {
    await servers.block()
    expect(await to(await bot())).toEqual({ ok: false, code: 403, error: 'blocked', isFinal: true })
  })
  test('that is not there is tried again, and its URL is not told', async () => {
    const away = { ...env, TELEGRAM_URL: 'http://127.0.0.1:1' }
    const answer = await send(away, { channel: await bot(), message: messageOf('x') })
    expect(answer).toEqual({ ok: false, error: 'connection_failed' })
  })
  test('has no bot but that of its channel', async () => {
    const channel = await channelOf({ kind: 'telegram', chat: '42' }, null)
    expect(await send(env, { channel, message: messageOf('x') })).toEqual({ ok: false, error: 'not_configured' })
  })
  test('cannot be reached with a secret that was sealed for another channel', async () => {
    const channel = await bot()
    const other = { ...channel, id: 'ach_other' }
    expect(await send(env, { channel: other, message: messageOf('x') })).toEqual({ ok: false, error: 'not_configured' })
  })
})

describe('mail', () => {
  const mailTo = (to: string, on = env, title = 'Key frozen', text = 'because') =>
    channelOf({ kind: 'email', to }, null).then((channel) => send(on, { channel, message: messageOf(title, text) }))
  const rude = { ...env, SMTP_PORT: rudePort }

  test('arrives at a real SMTP server, in any script, with lines that begin with a full stop', async () => {
    const text = `.\r\n..dots\n${'长'.repeat(300)} 🚨`
    expect(await mailTo('ops@example.com', env, `密钥已冻结 ${'🚨'.repeat(20)}`, text)).toEqual({ ok: true, code: 250 })
    const [mail] = await servers.mails()
    expect(mail).toMatchObject({
      envelope: { from: 'alerts@pbstream.example', to: ['ops@example.com'] },
      subject: `[high] 密钥已冻结 ${'🚨'.repeat(20)}`,
      from: { address: 'alerts@pbstream.example' },
      to: [{ address: 'ops@example.com' }],
      date: '2026-05-05T06:07:08.000Z',
    })
    expect(mail!.text!.replaceAll('\r\n', '\n')).toContain(text.replaceAll('\r\n', '\n'))
    expect(mail!.messageId).toMatch(/^<alert_ach_[0-9]+_7@pbstream\.example>$/)
  })
  test('has no header that a title could write', async () => {
    expect(await mailTo('ops@example.com', env, 'x\r\nBcc: victim@example.com\r\n\r\nbody')).toMatchObject({ ok: true })
    const [mail] = await servers.mails()
    expect(mail!.envelope.to).toEqual(['ops@example.com'])
    expect(mail!.headers.map(({ key }) => key)).not.toContain('bcc')
    expect(mail!.subject).toBe('[high] x Bcc: victim@example.com body')
  })
  test.each(['a@b.c>\r\nRCPT TO:<v@example.com', 'a b@c.de', 'a@b.c\n', '<a@b.c>', 'nobody', 'a@-b.c', 'ä@b.c'])(
    'goes to no address like %j',
    async (to) => {
      expect(isAddress(to)).toBe(false)
      expect(await mailTo(to)).toEqual({ ok: false, error: 'address_malformed', isFinal: true })
      expect(await servers.mails()).toEqual([])
    },
  )
  test('with a wrong password is tried again: the deployment will be put right', async () => {
    const answer = await mailTo('ops@example.com', { ...env, SMTP_PASSWORD: 'wrong' })
    expect(answer).toEqual({ ok: false, code: 535, error: 'login_refused' })
  })
  test('that the server does not take for this address is dead', async () => {
    await servers.script({ RCPT: '550 no such user' })
    expect(await mailTo('ops@example.com', rude)).toEqual({
      ok: false,
      code: 550,
      error: 'receiver_refused',
      isFinal: true,
    })
  })
  test('that the server does not take now is tried again', async () => {
    await servers.script({ MAIL: '451 later' })
    expect(await mailTo('ops@example.com', rude)).toEqual({ ok: false, code: 451, error: 'sender_refused' })
  })
  test.each(['CONNECT', 'EHLO', 'AUTH', 'MAIL', 'DATA', '.'])('ends when the server hangs up at %s', async (word) => {
    await servers.script({ [word]: 'close' })
    expect(await mailTo('ops@example.com', rude)).toEqual({ ok: false, error: 'connection_failed' })
  })
  test('that was taken is sent, whatever becomes of the farewell', async () => {
    await servers.script({ QUIT: 'close' })
    expect(await mailTo('ops@example.com', rude)).toEqual({ ok: true, code: 250 })
  })
  test('logs in with LOGIN where PLAIN is not offered, and not at all where neither is', async () => {
    expect(await mailTo('ops@example.com', { ...env, SMTP_PORT: loginPort })).toEqual({ ok: true, code: 250 })
    const wrong = { ...env, SMTP_PORT: loginPort, SMTP_PASSWORD: 'wrong' }
    expect(await mailTo('ops@example.com', wrong)).toEqual({ ok: false, code: 535, error: 'login_refused' })
    await servers.script({ EHLO: '250 me' })
    expect(await mailTo('ops@example.com', rude)).toEqual({ ok: false, error: 'login_not_offered' })
    expect(await servers.heard()).toEqual(['EHLO pbstream.example'])
  })
  test('is not sent, and no password either, where STARTTLS was taken out of the offer', async () => {
    const answer = await mailTo('ops@example.com', { ...rude, SMTP_SECURITY: 'starttls' })
    expect(answer).toEqual({ ok: false, error: 'tls_not_offered' })
    expect(await servers.heard()).toEqual(['EHLO pbstream.example'])
  })
  test('is not sent where something was slipped in before the handshake', async () => {
    await servers.script({ EHLO: '250-me\r\n250 STARTTLS', STARTTLS: '220 go\r\n250 AUTH PLAIN' })
    const answer = await mailTo('ops@example.com', { ...rude, SMTP_SECURITY: 'starttls' })
    expect(answer).toEqual({ ok: false, error: 'tls_refused' })
    expect((await servers.heard()).join(' ')).not.toContain('AUTH')
  })
  test('is not sent to a server whose certificate nobody vouches for', async () => {
    const on = { ...env, SMTP_PORT: tlsPort, SMTP_SECURITY: 'starttls' }
    expect(await mailTo('ops@example.com', on)).toEqual({ ok: false, error: 'connection_failed' })
  })
  test('never goes in the clear from a deployment', async () => {
    const on = { ...env, INSECURE_UPSTREAMS: 'false' }
    expect(await mailTo('ops@example.com', on)).toEqual({ ok: false, error: 'not_configured' })
    expect(await servers.mails()).toEqual([])
  })
  test('goes by the binding where there is no server, and what that says stays there', async () => {
    const { SMTP_HOST: _, ...rest } = env
    const sent: object[] = []
    const EMAIL = { send: async (mail: object) => void sent.push(mail) }
    expect(await mailTo('ops@example.com', { ...rest, EMAIL })).toEqual({ ok: true })
    expect(sent).toMatchObject([
      { from: 'alerts@pbstream.example', to: 'ops@example.com', subject: '[high] Key frozen' },
    ])
    const broken = { send: async () => Promise.reject(new Error('ops@example.com is not verified')) }
    expect(await mailTo('ops@example.com', { ...rest, EMAIL: broken })).toEqual({ ok: false, error: 'refused' })
    expect(await mailTo('ops@example.com', rest)).toEqual({ ok: false, error: 'not_configured' })
  })
})

describe('a webhook', () => {
  const hook = (url = `${control}/in`, secret = SECRET) => channelOf({ kind: 'webhook', url }, secret)
  const to = async (channel: AlertChannelConfig, on = env) => send(on, { channel, message: messageOf('Key frozen') })

  test('is signed so that the official library takes it, with an id that stays', async () => {
    const channel = await hook()
    expect(await to(channel)).toEqual({ ok: true, code: 204 })
    expect(await to(channel)).toEqual({ ok: true, code: 204 })
    const [first, second] = await servers.hooks()
    expect([first!.verified, second!.verified]).toEqual([true, true])
    expect(first!.headers['webhook-id']).toBe(`alert_${channel.id}_7`)
    expect(second!.headers['webhook-id']).toBe(first!.headers['webhook-id'])
    expect(JSON.parse(first!.body)).toMatchObject({
      type: 'sentinel.alert',
      id: `alert_${channel.id}_7`,
      timestamp: '2026-05-05T06:07:08.000Z',
      data: { severity: 'high', count: 1, alerts: [{ title: 'Key frozen', text: 'because' }] },
    })
  })
  test('is led nowhere else by a redirect', async () => {
    await servers.hookAnswers([{ status: 307, headers: { location: `${control}/elsewhere` } }])
    expect(await to(await hook())).toEqual({ ok: false, code: 307, error: 'redirect_refused' })
    expect((await servers.hooks()).map(({ headers }) => headers['path'])).toEqual(['/in'])
  })
  test('whose receiver is gone, busy or broken', async () => {
    await servers.hookAnswers([
      { status: 410 },
      { status: 429, headers: { 'retry-after': '7' } },
      { status: 503, headers: { 'retry-after': 'Wed, 21 Oct 2026 07:28:00 GMT' } },
      { status: 500, headers: { 'retry-after': '7' } },
    ])
    const channel = await hook()
    expect(await to(channel)).toEqual({ ok: false, code: 410, error: 'gone', isFinal: true })
    expect(await to(channel)).toEqual({ ok: false, code: 429, error: 'rate_limited', retryAfterMs: 7_000 })
    expect(await to(channel)).toEqual({ ok: false, code: 503, error: 'refused' })
    expect(await to(channel)).toEqual({ ok: false, code: 500, error: 'refused' })
  })
  test.each([
    'http://127.0.0.1/in',
    'https://127.0.0.1/in',
    'https://[::1]/in',
    'https://169.254.169.254/latest',
    'https://localhost/in',
    'https://metadata.google.internal/x',
    'https://user:pass@hooks.example.com/in',
    'https://hooks.pbstream.example/in',
    'ftp://hooks.example.com/in',
  ])('is not sent to %s by a deployment', async (url) => {
    const on = { ...env, INSECURE_UPSTREAMS: 'false', OWN_ZONES: 'pbstream.example' }
    expect(await to(await hook(url), on)).toEqual({ ok: false, error: 'url_refused' })
  })
  test('without a secret that can be opened is not sent', async () => {
    const on = { ...env, ALERT_SECRET: 'another-secret-of-the-tests-32-bytes' }
    expect(await to(await hook(), on)).toEqual({ ok: false, error: 'not_configured' })
    expect(await to(await hook(undefined, 'no whsec'))).toEqual({ ok: false, error: 'not_signed', isFinal: true })
    expect(await servers.hooks()).toEqual([])
  })
})
