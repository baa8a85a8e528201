/** Bytes gathered piece by piece. They are copied: who gave them may use the memory again. */
export class ByteBuffer {
  #bytes = new Uint8Array(0)
  length = 0

  append(piece: Uint8Array): void {
    const length = this.length + piece.length
    if (length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(length, this.#bytes.length * 2, 256))
      larger.set(this.#bytes.subarray(0, this.length))
      this.#bytes = larger
    }
    this.#bytes.set(piece, this.length)
    this.length = length
  }

  /** What is gathered, until the next `append`. */
  peek(): Uint8Array {
    return this.#bytes.subarray(0, this.length)
  }

  /** What is gathered; the buffer is empty afterwards, and keeps nothing of it. */
  take(): Uint8Array {
    const taken = this.peek()
    this.#bytes = new Uint8Array(0)
    this.length = 0
    return taken
  }
}
