/** The body of an answer, read piece by piece, counting its bytes. */
export class Reading {
  bytes = 0
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>

  constructor(response: Response) {
    this.#reader = response.body!.getReader()
  }

  /** Reads until `bytes` have come, or to the end; `broken` when it does not end as it should. */
  async upTo(bytes = Number.POSITIVE_INFINITY): Promise<'more' | 'ended' | 'broken'> {
    try {
      while (this.bytes < bytes) {
        const { done, value } = await this.#reader.read()
        if (done) return 'ended'
        this.bytes += value.length
      }
      return 'more'
    } catch {
      return 'broken'
    }
  }
}
