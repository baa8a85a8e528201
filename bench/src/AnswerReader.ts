/** An HTTP/1.1 answer as it came in. */
export type Answer = {
  status: number
  /** Status line and headers, as sent. */
  head: string
  /** Bytes of the body without its framing. */
  bodyBytes: number
  /** The first bytes of a body that was not 200, to say what went wrong. */
  excerpt: string
}

export type AnswerEvents = {
  /** The first byte of a body is here. */
  firstByte?: () => void
  end: (answer: Answer) => void
}

const HEAD_END = Buffer.from('\r\n\r\n')
const LINE_END = 10
const EXCERPT_BYTES = 2048

type State = 'head' | 'length' | 'size' | 'chunk' | 'chunkEnd' | 'trailer'

/**
 * Reads the answers of one keep-alive connection: framed by Content-Length or chunked. It does only what a load
 * generator needs, so that the generator is never what is measured.
 */
export class AnswerReader {
  readonly #events: AnswerEvents
  #state: State = 'head'
  #pending: Buffer = Buffer.alloc(0)
  /** Bytes left of the body or of the chunk. */
  #left = 0
  #answer: Answer = emptyAnswer()

  constructor(events: AnswerEvents) {
    this.#events = events
  }

  /** True between answers. */
  get idle(): boolean {
    return this.#state === 'head' && this.#pending.length === 0
  }

  /**
   * Takes what came from the socket, in pieces of any size.
   *
   * @throws Error for an answer that is neither framed nor empty.
   */
  feed(data: Buffer): void {
    let rest: Buffer = this.#pending.length === 0 ? data : Buffer.concat([this.#pending, data])
    this.#pending = Buffer.alloc(0)
    while (rest.length > 0) {
      const used = this.#step(rest)
      if (used === 0) {
        this.#pending = rest
        return
      }
      rest = rest.subarray(used)
    }
  }

  /** Reads one piece and answers how many bytes it had; 0 when it is not complete yet. */
  #step(data: Buffer): number {
    switch (this.#state) {
      case 'head':
        return this.#head(data)
      case 'length':
      case 'chunk':
        return this.#body(data)
      case 'size':
        return this.#line(data, (line) => {
          this.#left = Number.parseInt(line, 16)
          if (!(this.#left >= 0)) throw new Error(`not a chunk size: ${line}`)
          this.#state = this.#left === 0 ? 'trailer' : 'chunk'
        })
      case 'chunkEnd':
        return this.#line(data, () => {
          this.#state = 'size'
        })
      case 'trailer':
        return this.#line(data, (line) => {
          if (line === '') this.#end()
        })
    }
  }

  #head(data: Buffer): number {
    const end = data.indexOf(HEAD_END)
    if (end < 0) return 0
    const head = data.toString('latin1', 0, end)
    const status = Number(head.slice(9, 12))
    this.#answer = { ...emptyAnswer(), status, head }
    const length = header(head, 'content-length')
    if (header(head, 'transfer-encoding')?.toLowerCase() === 'chunked') this.#state = 'size'
    else if (length !== undefined && length !== '0') {
      this.#state = 'length'
      this.#left = Number(length)
    } else if (length === '0' || status === 204 || status === 304) this.#end()
    else throw new Error(`an answer without a length:\n${head}`)
    return end + HEAD_END.length
  }

  #body(data: Buffer): number {
    const answer = this.#answer
    const used = Math.min(this.#left, data.length)
    if (answer.bodyBytes === 0) this.#events.firstByte?.()
    if (answer.status !== 200 && answer.excerpt.length < EXCERPT_BYTES) answer.excerpt += data.toString('utf8', 0, used)
    answer.bodyBytes += used
    this.#left -= used
    if (this.#left > 0) return used
    if (this.#state === 'length') this.#end()
    else this.#state = 'chunkEnd'
    return used
  }

  #line(data: Buffer, take: (line: string) => void): number {
    const end = data.indexOf(LINE_END)
    if (end < 0) return 0
    take(data.toString('latin1', 0, end).trimEnd())
    return end + 1
  }

  #end(): void {
    this.#state = 'head'
    this.#events.end(this.#answer)
  }
}

/** A header's value from a head that was read; `undefined` when it is not there. */
export function header(head: string, name: string): string | undefined {
  const at = head.toLowerCase().indexOf(`\r\n${name.toLowerCase()}:`)
  if (at < 0) return undefined
  const start = at + name.length + 3
  const end = head.indexOf('\r\n', start)
  return head.slice(start, end < 0 ? undefined : end).trim()
}

function emptyAnswer(): Answer {
  return { status: 0, head: '', bodyBytes: 0, excerpt: '' }
}
