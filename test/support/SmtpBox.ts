/** A mail server by `smtp-server` that keeps what it is sent, read by `postal-mime`: neither is of this project. */
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { callbackify } from 'node:util'
import PostalMime, { type Email } from 'postal-mime'
import { SMTPServer } from 'smtp-server'

export type Mail = Email & { envelope: { from: string; to: string[] } }

export class SmtpBox {
  readonly port: number
  /** What arrived, oldest first. */
  readonly mails: Mail[]
  readonly #server: SMTPServer

  private constructor(server: SMTPServer, mails: Mail[]) {
    this.#server = server
    this.mails = mails
    this.port = (server.server.address() as AddressInfo).port
  }

  /** Whoever knows `user` and `pass` may send. Without TLS: it listens on this machine only. */
  static async start(user: string, pass: string): Promise<SmtpBox> {
    const mails: Mail[] = []
    const server = new SMTPServer({
      hideSTARTTLS: true,
      allowInsecureAuth: true,
      authMethods: ['PLAIN', 'LOGIN'],
      onAuth({ username, password }, _session, done) {
        if (username === user && password === pass) done(null, { user })
        else done(new Error('Invalid username or password'))
      },
      onData(stream, { envelope }, done) {
        const from = envelope.mailFrom === false ? '' : envelope.mailFrom.address
        const to = envelope.rcptTo.map(({ address }) => address)
        const keep = async () =>
          mails.push({ ...(await PostalMime.parse(await buffer(stream))), envelope: { from, to } })
        callbackify(keep)((error) => done(error))
      },
    })
    // Whoever hangs up in the middle is no trouble of the server's.
    server.on('error', () => {})
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
    return new SmtpBox(server, mails)
  }

  stop(): Promise<void> {
    return new Promise((resolve) => this.#server.close(() => resolve()))
  }
}
