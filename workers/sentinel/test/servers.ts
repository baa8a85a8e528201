/**
 * Vitest global setup, in Node: the servers that alerts go to. A stand-in with Telegram's API, a real SMTP server, mail
 * servers that misbehave, and somebody who takes webhooks. Tests drive them over `control`.
 */
import { createServer, type IncomingMessage } from 'node:http'
import { createServer as listen, type AddressInfo, type Server, type Socket } from 'node:net'
import { Webhook } from 'standardwebhooks'
import type { TestProject } from 'vitest/node'
import { SmtpBox } from '@pbstream/test/support/SmtpBox.ts'
import { TelegramServer } from '@pbstream/test/support/TelegramServer.ts'
import { SMTPServer } from 'smtp-server'

export const TOKEN = '123456:the-token-of-the-bot'

/** What a misbehaving mail server says, after its greeting, to the first word of each line; `close`: it hangs up. */
export type Script = Record<string, string>
export type Seen = { headers: Record<string, string>; body: string; verified: boolean }

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const telegram = await TelegramServer.start(TOKEN, ['42', '-100500'])
  const box = await SmtpBox.start('mailer', 'pass of the mailer')
  const tls = await encrypted()
  const login = await withLoginOnly()
  const [rude, heard] = await scripted()
  let script: Script = {}
  rude.on('connection', (socket: Socket) => converse(socket, heard, () => script))
  const hooks: Omit<Seen, 'verified'>[] = []
  let hookAnswers: { status: number; headers?: Record<string, string> }[] = []

  const control = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://control')
    void read(request).then((body) => {
      const json = (value: unknown) => response.setHeader('content-type', 'application/json').end(JSON.stringify(value))
      switch (pathname) {
        case '/reset':
          telegram.messages.length = 0
          telegram.tries = 0
          ;(box.mails as unknown[]).length = 0
          heard.length = 0
          hooks.length = 0
          hookAnswers = []
          return json({})
        case '/telegram/flood':
          return json(telegram.flood(Number(searchParams.get('after'))) ?? {})
        case '/telegram/block':
          return json(telegram.block() ?? {})
        case '/telegram/fail':
          return json(telegram.fail() ?? {})
        case '/telegram':
          return json({ messages: telegram.messages, tries: telegram.tries })
        case '/mails':
          return json(box.mails)
        case '/script':
          script = JSON.parse(body) as Script
          return json({})
        case '/heard':
          return json(heard)
        case '/hook/answers':
          hookAnswers = JSON.parse(body) as typeof hookAnswers
          return json({})
        case '/hooks':
          return json(hooks.map((each) => ({ ...each, verified: verifies(searchParams.get('secret')!, each) })))
        case '/in':
        case '/elsewhere': {
          hooks.push({ headers: { ...(request.headers as Record<string, string>), path: pathname }, body })
          const { status, headers } = hookAnswers.shift() ?? { status: 204 }
          return response.writeHead(status, headers).end(status === 204 ? undefined : 'words of the receiver')
        }
        default:
          return response.writeHead(404).end()
      }
    })
  })
  await new Promise<void>((resolve) => control.listen(0, '127.0.0.1', resolve))
  project.provide('telegramUrl' as never, telegram.url as never)
  project.provide('smtpPort' as never, String(box.port) as never)
  project.provide('rudePort' as never, String((rude.address() as AddressInfo).port) as never)
  project.provide('tlsPort' as never, String((tls.server.address() as AddressInfo).port) as never)
  project.provide('loginPort' as never, String((login.server.address() as AddressInfo).port) as never)
  project.provide('control' as never, `http://127.0.0.1:${(control.address() as AddressInfo).port}` as never)
  return async () => {
    control.closeAllConnections()
    control.close()
    rude.close()
    const closed = [tls, login].map((each) => new Promise<void>((resolve) => each.close(() => resolve())))
    await Promise.all([telegram.stop(), box.stop(), ...closed])
  }
}

/** Offers STARTTLS with a certificate that nobody signed; whoever logs in anyhow is heard of nowhere. */
async function encrypted(): Promise<SMTPServer> {
  const server = new SMTPServer({ authOptional: true, onAuth: (_auth, _session, done) => done(null, { user: 'x' }) })
  // The handshake that fails is what is tested.
  server.on('error', () => {})
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  return server
}

/** Knows no other way to log in than the old one. */
async function withLoginOnly(): Promise<SMTPServer> {
  const server = new SMTPServer({
    hideSTARTTLS: true,
    allowInsecureAuth: true,
    authMethods: ['LOGIN'],
    onAuth({ username, password, method }, _session, done) {
      const isRight = method === 'LOGIN' && username === 'mailer' && password === 'pass of the mailer'
      done(isRight ? null : new Error('no'), isRight ? { user: username } : undefined)
    },
    onData(stream, _session, done) {
      stream.resume().on('end', () => done())
    },
  })
  server.on('error', () => {})
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  return server
}

async function scripted(): Promise<[Server, string[]]> {
  const server = listen()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return [server, []]
}

const usual: Script = {
  CONNECT: '220 hello',
  EHLO: '250-me\r\n250 AUTH PLAIN',
  AUTH: '235 in',
  GO: '354 go',
  QUIT: '221 bye',
}

function converse(socket: Socket, heard: string[], script: () => Script): void {
  const answer = (word: string) => {
    const line = script()[word] ?? usual[word] ?? '250 ok'
    if (line === 'close') return socket.destroy()
    return socket.write(`${line}\r\n`)
  }
  socket.on('error', () => {})
  answer('CONNECT')
  let isData = false
  socket.on('data', (chunk) => {
    for (const line of String(chunk)
      .split('\r\n')
      .filter((each) => each !== '')) {
      heard.push(line)
      const word = line.split(/[ :]/)[0]!
      if (isData && line !== '.') continue
      isData = word === 'DATA' && script()['DATA'] === undefined
      answer(isData ? 'GO' : word)
    }
  })
}

function verifies(secret: string, { headers, body }: Omit<Seen, 'verified'>): boolean {
  try {
    new Webhook(secret).verify(body, headers)
    return true
  } catch {
    return false
  }
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}
