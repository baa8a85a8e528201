import { type Socket, connect } from 'node:net'
import { type Answer, AnswerReader } from './AnswerReader.ts'

/** A keep-alive connection that has at most one request under way. */
export class Connection {
  readonly #socket: Socket
  #waiting: { resolve: (answer: Answer) => void; reject: (error: Error) => void; firstByte?: () => void } | undefined

  private constructor(socket: Socket) {
    this.#socket = socket
    const reader = new AnswerReader({
      firstByte: () => this.#waiting?.firstByte?.(),
      end: (answer) => {
        const waiting = this.#waiting
        this.#waiting = undefined
        waiting?.resolve(answer)
      },
    })
    socket.on('data', (data: Buffer) => {
      try {
        reader.feed(data)
      } catch (error) {
        socket.destroy(error as Error)
      }
    })
    socket.once('error', (error) => this.#fail(error))
    socket.once('close', () => this.#fail(new Error('the server closed the connection')))
  }

  static open(url: string): Promise<Connection> {
    const { hostname, port } = new URL(url)
    const { promise, resolve, reject } = Promise.withResolvers<Connection>()
    const socket = connect({ host: hostname, port: Number(port), noDelay: true }, () => resolve(new Connection(socket)))
    socket.once('error', reject)
    return promise
  }

  /** Sends a whole request and resolves with its answer. */
  send(request: Buffer, firstByte?: () => void): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>()
    this.#waiting = { resolve, reject, ...(firstByte && { firstByte }) }
    this.#socket.write(request)
    return promise
  }

  close(): void {
    this.#socket.destroy()
  }

  #fail(error: Error): void {
    this.#waiting?.reject(error)
    this.#waiting = undefined
  }
}

/** @throws Error that says what came instead, when an answer is not 200. */
export function assertOk({ status, head, excerpt }: Answer): void {
  if (status !== 200) throw new Error(`an answer was ${status} and not 200:\n${head}\n\n${excerpt}`)
}
