/**
 * Sends one mail by SMTP (RFC 5321) over a TCP socket: EHLO, STARTTLS or TLS from the start, AUTH PLAIN, one receiver.
 * A server that does not offer the TLS that was asked for gets no password and no mail.
 */
import type { Answer } from '@pbstream/alert-channel/Port'
import * as Base64 from '@pbstream/core/Base64'
import { domainOf, format, isAddress, type Mail } from './Mail.ts'

export type Server = {
  host: string
  port: number
  /** `none`: on one's own machine only. */
  security: 'tls' | 'starttls' | 'none'
  user?: string
  password?: string
}

/** As `cloudflare:sockets` has it. */
export type Wire = {
  readonly readable: ReadableStream<Uint8Array>
  readonly writable: WritableStream<Uint8Array>
  readonly opened: Promise<unknown>
  readonly closed: Promise<void>
  startTls(): Wire
  close(): Promise<void>
}
export type Connect = (server: Server) => Wire

/** For all of it. */
export const TIMEOUT_MS = 30_000
const REPLY_MAX = 16_384
const encoder = new TextEncoder()

/** What the server said no to, and with which code. */
class Refused extends Error {
  readonly code: number
  readonly word: string
  constructor(code: number, word: string) {
    super(word)
    this.code = code
    this.word = word
  }
}

export async function smtp(connect: Connect, server: Server, mail: Mail): Promise<Answer> {
  if (!isAddress(mail.to) || !isAddress(mail.from)) return { ok: false, error: 'address_malformed', isFinal: true }
  let timer: ReturnType<typeof setTimeout> | null = null
  const line = new Line(connect(server))
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Refused(0, 'timeout')), TIMEOUT_MS)
  })
  try {
    return { ok: true, code: await Promise.race([talk(line, server, mail), late]) }
  } catch (error) {
    if (!(error instanceof Refused)) return { ok: false, error: 'connection_failed' }
    const { code, word } = error
    // Only what is said of this mail is for good: a wrong password is the deployment's, and will be put right.
    const isFinal = code >= 500 && (word === 'receiver_refused' || word === 'mail_refused')
    return { ok: false, ...(code === 0 ? {} : { code }), error: word, ...(isFinal ? { isFinal } : {}) }
  } finally {
    clearTimeout(timer)
    await line.close()
  }
}

/** The code that the server took the mail with. */
async function talk(line: Line, server: Server, mail: Mail): Promise<number> {
  await line.expect(220, 'greeting_refused')
  let offers = await hello(line, mail)
  if (server.security === 'starttls') {
    if (!offers.includes('STARTTLS')) throw new Refused(0, 'tls_not_offered')
    await line.say('STARTTLS', 220, 'tls_refused')
    line.startTls()
    offers = await hello(line, mail)
  }
  const { user, password } = server
  if (user !== undefined && password !== undefined) {
    await login(line, offers, user, password)
  }
  await line.say(`MAIL FROM:<${mail.from}>`, 250, 'sender_refused')
  await line.say(`RCPT TO:<${mail.to}>`, 250, 'receiver_refused')
  await line.say('DATA', 354, 'mail_refused')
  const { code } = await line.say(`${format(mail)}.`, 250, 'mail_refused')
  // It is taken: what is said after that changes nothing.
  await line.say('QUIT', 221, 'quit_refused').catch(() => {})
  return code
}

async function hello(line: Line, { from }: Mail): Promise<string[]> {
  const { lines } = await line.say(`EHLO ${domainOf(from)}`, 250, 'greeting_refused')
  return lines.slice(1).map((each) => each.toUpperCase())
}

async function login(line: Line, offers: readonly string[], user: string, password: string): Promise<void> {
  const ways = new Set(offers.flatMap((each) => (/^AUTH[ =]/.test(each) ? each.slice(5).split(' ') : [])))
  const coded = (text: string) => Base64.encode(encoder.encode(text))
  if (ways.has('PLAIN')) await line.say(`AUTH PLAIN ${coded(`\0${user}\0${password}`)}`, 235, 'login_refused')
  else if (ways.has('LOGIN')) {
    await line.say('AUTH LOGIN', 334, 'login_refused')
    await line.say(coded(user), 334, 'login_refused')
    await line.say(coded(password), 235, 'login_refused')
  } else throw new Refused(0, 'login_not_offered')
}

type Said = { code: number; lines: string[] }

/** Lines to and from the server. */
class Line {
  #wire: Wire
  #reader: ReadableStreamDefaultReader<Uint8Array>
  #writer: WritableStreamDefaultWriter<Uint8Array>
  #decoder = new TextDecoder()
  #rest = ''

  constructor(wire: Wire) {
    this.#wire = watched(wire)
    this.#reader = wire.readable.getReader()
    this.#writer = wire.writable.getWriter()
  }

  async say(text: string, code: number, word: string): Promise<Said> {
    await this.#writer.write(encoder.encode(`${text}\r\n`))
    return this.expect(code, word)
  }

  async expect(code: number, word: string): Promise<Said> {
    const said = await this.#read()
    if (said.code !== code) throw new Refused(said.code, word)
    return said
  }

  startTls(): void {
    // What came before the handshake could be anybody's (RFC 3207).
    if (this.#rest !== '') throw new Refused(0, 'tls_refused')
    this.#reader.releaseLock()
    this.#writer.releaseLock()
    this.#wire = watched(this.#wire.startTls())
    this.#reader = this.#wire.readable.getReader()
    this.#writer = this.#wire.writable.getWriter()
  }

  async close(): Promise<void> {
    await this.#wire.close().catch(() => {})
  }

  /** Lines up to one without a dash after its code. */
  async #read(): Promise<Said> {
    for (;;) {
      const last = /^([2-5][0-9][0-9])(?: [^\r\n]*)?\r?\n/m.exec(this.#rest)
      if (last !== null) {
        const text = this.#rest.slice(0, last.index + last[0].length)
        this.#rest = this.#rest.slice(text.length)
        return {
          code: Number(last[1]),
          lines: text
            .trimEnd()
            .split(/\r?\n/)
            .map((each) => each.slice(4)),
        }
      }
      if (this.#rest.length > REPLY_MAX) throw new Refused(0, 'refused')
      const { done, value } = await this.#reader.read()
      if (done) throw new Refused(0, 'connection_failed')
      this.#rest += this.#decoder.decode(value, { stream: true })
    }
  }
}

/** That a connection is lost is seen by who reads it; nobody waits for these. */
function watched(wire: Wire): Wire {
  wire.opened.catch(() => {})
  wire.closed.catch(() => {})
  return wire
}
