/**
 * A say in the head of a Node answer, whoever writes it and however: `writeHead`, `write`, `end`, `pipe`. Where the say
 * takes a moment, what is written meanwhile waits, and writers are told to wait too.
 */
import type { ServerResponse } from 'node:http'
import type { Refusal } from './Deployment.ts'
import type { Head } from './Passage.ts'
import { record } from './Web.ts'

type Method = (...args: unknown[]) => unknown
type Name = 'writeHead' | 'write' | 'end' | 'flushHeaders'

/** @param decide is called once, with the status that is about to leave. It never rejects. */
export function onHead(response: ServerResponse, decide: (status: number) => Head | Promise<Head | Refusal>): void {
  new HeldHead(response, decide).install()
}

class HeldHead {
  readonly #response: ServerResponse
  readonly #decide: (status: number) => Head | Promise<Head | Refusal>
  readonly #own: Record<Name, Method>
  /** What to do when the head is decided; undefined: nothing waits. */
  #waiting: (() => void)[] | undefined
  #asked = false
  #drains = false

  constructor(response: ServerResponse, decide: (status: number) => Head | Promise<Head | Refusal>) {
    this.#response = response
    this.#decide = decide
    const { writeHead, write, end, flushHeaders } = response
    this.#own = { writeHead, write, end, flushHeaders } as unknown as Record<Name, Method>
  }

  install(): void {
    const response = this.#response as unknown as Record<string, Method>
    response['writeHead'] = (...args) => {
      if (this.#waiting !== undefined) throw sentError()
      this.#ask(Number(args[0]), args)
      this.#run('writeHead', args)
      return this.#response
    }
    response['write'] = (...args) => {
      this.#ask(this.#response.statusCode)
      this.#drains ||= this.#waiting !== undefined
      return this.#run('write', args) ?? false
    }
    response['end'] = (...args) => {
      this.#ask(this.#response.statusCode)
      this.#run('end', args)
      return this.#response
    }
    response['flushHeaders'] = (...args) => {
      this.#ask(this.#response.statusCode)
      this.#run('flushHeaders', args)
    }
  }

  #run(name: Name, args: unknown[]): unknown {
    const act = () => this.#own[name].apply(this.#response, args)
    if (this.#waiting === undefined) return act()
    this.#waiting.push(() => void act())
    return undefined
  }

  #ask(status: number, args: unknown[] = []): void {
    if (this.#asked) return
    this.#asked = true
    const decided = this.#decide(status)
    if (!(decided instanceof Promise)) return this.#apply(decided, args)
    this.#waiting = []
    // Who asks has to hear that the head is as good as sent: nobody may begin another answer.
    Object.defineProperty(this.#response, 'headersSent', { configurable: true, value: true })
    // Nothing is served that was not decided on.
    decided.then((head) => this.#release(head, args)).catch(() => this.#response.destroy())
  }

  #release(head: Head | Refusal, args: unknown[]): void {
    const waiting = this.#waiting ?? []
    this.#waiting = undefined
    delete (this.#response as { headersSent?: boolean }).headersSent
    if ('kind' in head) return this.#refuse(head)
    this.#apply(head, args)
    for (const act of waiting) act()
    if (this.#drains) this.#response.emit('drain')
  }

  /** Headers that a writer gives along with `writeHead` are its own word, too. */
  #apply({ set, defaults }: Head, args: unknown[]): void {
    const response = this.#response
    for (const [name, value] of set) response.setHeader(name, value)
    for (const [name, value] of defaults) {
      if (!response.hasHeader(name) && !mentions(args, name)) response.setHeader(name, value)
    }
  }

  #refuse({ status, headers, body }: Refusal): void {
    const response = this.#response
    // What says who may read the answer stays; the rest was said of another one.
    for (const name of response.getHeaderNames())
      if (!/^(?:access-control-|vary$)/.test(name)) response.removeHeader(name)
    this.#own.writeHead.call(response, status, record(headers))
    this.#own.end.call(response, body)
    // What else the handler writes goes nowhere.
    this.#own.write = () => false
    this.#own.end = () => response
  }
}

/** What Node says to whoever begins a second answer. */
function sentError(): Error {
  return Object.assign(new Error('the head of this answer is written'), { code: 'ERR_HTTP_HEADERS_SENT' })
}

/** Whether headers given to `writeHead`, as an object or a flat list, hold this one. */
function mentions(args: unknown[], name: string): boolean {
  const given = args.find((arg) => typeof arg === 'object' && arg !== null)
  const names = Array.isArray(given) ? given.flat().filter((_, i) => i % 2 === 0) : Object.keys(given ?? {})
  return names.some((each) => String(each).toLowerCase() === name)
}
