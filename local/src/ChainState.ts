import { existsSync } from 'node:fs'
import { mkdir, open, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { type Hex, hexToBytes } from 'viem'

/** The two calls that saving a chain takes. */
export type StateSource = {
  getBlockNumber: () => Promise<bigint>
  dumpState: () => Promise<Hex>
}

/**
 * Keeps a chain's state in a file that is always whole.
 *
 * anvil's own `--state-interval` writes the file in place, and a kill in the middle leaves half of it. This writes a
 * new file, syncs it and renames it over the old one: after a kill at any moment the last saved state is there.
 */
export class ChainState {
  readonly path: string
  readonly #source: StateSource
  #savedBlock: bigint | undefined
  #saving: Promise<void> = Promise.resolve()
  #timer: NodeJS.Timeout | undefined

  constructor(path: string, source: StateSource) {
    this.path = path
    this.#source = source
  }

  /** anvil's arguments to continue from a saved state; none when there is no file yet. */
  static loadArgs(path: string | undefined): string[] {
    return path !== undefined && existsSync(path) ? ['--load-state', path] : []
  }

  /** Saves whenever there is a new block, looking every `interval` milliseconds. */
  watch(interval: number): void {
    this.#timer = setInterval(() => {
      // A failed look (the chain is going away) leaves the last good file in place.
      this.saveNewBlocks().catch(() => undefined)
    }, interval)
    this.#timer.unref()
  }

  /** Saves unless the last saved state already has the newest block. */
  async saveNewBlocks(): Promise<void> {
    const block = await this.#source.getBlockNumber()
    if (block !== this.#savedBlock) await this.save()
  }

  /** Saves now. Saves never overlap. */
  save(): Promise<void> {
    this.#saving = this.#saving.catch(() => undefined).then(() => this.#write())
    return this.#saving
  }

  /** Stops looking for new blocks and saves a last time. */
  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.save()
  }

  async #write(): Promise<void> {
    // The number first: a block mined in between is in the dump, and saved again at the next look.
    const block = await this.#source.getBlockNumber()
    const state = await promisify(gunzip)(hexToBytes(await this.#source.dumpState()))
    await mkdir(dirname(this.path), { recursive: true })
    const next = `${this.path}.next`
    const file = await open(next, 'w')
    try {
      await file.writeFile(state)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(next, this.path)
    this.#savedBlock = block
  }
}
