/** As much of a body as is read while its first byte is held back. */
const LIMIT = 256 * 1024

/**
 * A body whose first byte waits for something: it is read ahead into memory up to 256 KiB, then let go, or kept whole
 * when it turns out small and nobody is there to take it.
 */
export class HeldBody {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array> | undefined
  readonly #chunks: Uint8Array[] = []
  #size = 0
  #state: 'reading' | 'ended' | 'full' | 'broken' = 'reading'
  readonly #ahead: Promise<void>
  #progress = Promise.withResolvers<void>()

  constructor(body: ReadableStream<Uint8Array> | null) {
    this.#reader = body?.getReader()
    this.#ahead = this.#readAhead()
  }

  /** All of it, when it ends within 256 KiB; else `undefined`. Never rejects. */
  async whole(): Promise<Uint8Array | undefined> {
    await this.#ahead
    if (this.#state !== 'ended') return undefined
    const out = new Uint8Array(this.#size)
    let at = 0
    for (const chunk of this.#chunks) {
      out.set(chunk, at)
      at += chunk.length
    }
    return out
  }

  /** Lets it go: what was read, then the rest as it comes. */
  stream(): ReadableStream<Uint8Array> {
    let next = 0
    return new ReadableStream<Uint8Array>({
      pull: async (controller) => {
        while (next >= this.#chunks.length && this.#state === 'reading') await this.#progress.promise
        const ready = this.#chunks[next]
        if (ready !== undefined) {
          next++
          return controller.enqueue(ready)
        }
        if (this.#state === 'broken') return controller.error(new Error('the upstream broke off'))
        if (this.#state === 'ended' || this.#reader === undefined) return controller.close()
        const { done, value } = await this.#reader.read()
        if (done) controller.close()
        else controller.enqueue(value)
      },
      cancel: (reason) => this.#reader?.cancel(reason),
    })
  }

  /** Throws it away. */
  drop(): void {
    this.#reader?.cancel().catch(() => {})
  }

  async #readAhead(): Promise<void> {
    try {
      while (this.#state === 'reading') {
        const read = await this.#reader?.read()
        if (read === undefined || read.done) this.#state = 'ended'
        else {
          this.#chunks.push(read.value)
          this.#size += read.value.length
          if (this.#size > LIMIT) this.#state = 'full'
        }
        this.#progress.resolve()
        this.#progress = Promise.withResolvers<void>()
      }
    } catch {
      this.#state = 'broken'
      this.#progress.resolve()
    }
  }
}
