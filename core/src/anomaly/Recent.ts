/** The last few values of a stream. Sums are made anew each time, so no error gathers, however long the stream is. */
export class Recent {
  readonly #size: number
  readonly #values: number[]

  constructor(size: number, values: readonly number[] = []) {
    this.#size = size
    this.#values = [...values]
  }

  push(value: number): void {
    this.#values.push(value)
    if (this.#values.length > this.#size) this.#values.shift()
  }

  /** Of the last `count`, or of as many as there are; 0 before the first. */
  mean(count: number): number {
    const from = Math.max(0, this.#values.length - count)
    let sum = 0
    for (let i = from; i < this.#values.length; i++) sum += this.#values[i]!
    return sum / Math.max(1, this.#values.length - from)
  }

  deviation(count: number): number {
    const from = Math.max(0, this.#values.length - count)
    const mean = this.mean(count)
    let sum = 0
    for (let i = from; i < this.#values.length; i++) sum += (this.#values[i]! - mean) ** 2
    return Math.sqrt(sum / Math.max(1, this.#values.length - from))
  }

  get latest(): number | undefined {
    return this.#values.at(-1)
  }

  toJSON(): number[] {
    return [...this.#values]
  }
}
