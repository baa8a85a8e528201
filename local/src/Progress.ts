/** Tells a person at a terminal, or with `json` a program, how far things are. */
export class Progress {
  readonly #json: boolean

  constructor(json: boolean) {
    this.#json = json
  }

  /** Runs one step of the start and says how long it took. */
  async step<T>(name: string, run: () => Promise<T>): Promise<T> {
    const started = performance.now()
    if (!this.#json && process.stdout.isTTY) process.stdout.write(`  … ${name}`)
    try {
      const result = await run()
      this.#stepDone('✓', name, started)
      return result
    } catch (error) {
      this.#stepDone('✗', name, started)
      throw error
    }
  }

  /** A heading of the story. */
  title(text: string): void {
    if (this.#json) this.#emit({ title: text })
    else console.log(`\n${bold(text)}`)
  }

  /** A fact of the story; `values` are what a program reads. */
  say(text: string, values: Record<string, unknown> = {}): void {
    if (this.#json) this.#emit({ text, ...values })
    else console.log(`  ${text}`)
  }

  /** A piece of streamed text as it arrives. */
  write(text: string): void {
    if (this.#json) this.#emit({ chunk: text })
    else process.stdout.write(text)
  }

  log(text: string, level: string): void {
    if (this.#json) this.#emit({ log: text, level })
    else console.log(level === 'info' ? `\n  ${text}` : `  [${level}] ${text}`)
  }

  urls(urls: Record<string, string>): void {
    if (this.#json) return this.#emit({ urls })
    console.log(`\n${bold('Open')}`)
    for (const [name, url] of Object.entries(urls)) console.log(`  ${name.padEnd(20)}${url}`)
  }

  #stepDone(mark: string, name: string, started: number): void {
    const seconds = ((performance.now() - started) / 1000).toFixed(1)
    if (this.#json) this.#emit({ step: name, ok: mark === '✓', seconds: Number(seconds) })
    else console.log(`${process.stdout.isTTY ? '\r' : ''}  ${mark} ${name.padEnd(36)}${seconds.padStart(5)} s`)
  }

  #emit(value: object): void {
    console.log(JSON.stringify(value))
  }
}

function bold(text: string): string {
  return process.stdout.isTTY ? `\u001b[1m${text}\u001b[0m` : text
}
