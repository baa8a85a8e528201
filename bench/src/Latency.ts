/** How long single requests took. Keeps every sample: a run has at most some hundred thousand. */
export class Latency {
  readonly #samples: number[]
  #sorted = true

  constructor(samples: readonly number[] = []) {
    this.#samples = []
    this.add(samples)
  }

  get count(): number {
    return this.#samples.length
  }

  /** Milliseconds. */
  add(samples: Iterable<number>): void {
    for (const sample of samples) this.#samples.push(sample)
    this.#sorted = false
  }

  /** The sample that the share `q` (0 to 1) of all samples does not exceed, in milliseconds; NaN without samples. */
  quantile(q: number): number {
    if (!this.#sorted) this.#samples.sort((a, b) => a - b)
    this.#sorted = true
    const rank = Math.max(1, Math.ceil(q * this.#samples.length))
    return this.#samples[rank - 1] ?? Number.NaN
  }
}
