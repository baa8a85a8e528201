/** The API keys of providers' own servers, as this isolate knows them: asked of the database, and believed for seconds. */
import { isStale } from '@pbstream/db/ApiKeys'
import type { Address } from '@pbstream/core/Hex'
import type { Mode } from '@pbstream/db/Mode'
import type { ProviderKey } from '@pbstream/db/ProviderKeys'
import { Lru } from '../Lru.ts'
import { DATABASE_MS, timely } from '../Within.ts'

/** Where keys and receivers are looked up. */
export type Lookup = {
  key(hash: string): Promise<ProviderKey | undefined>
  isReceiver(payTo: Address, mode: Mode): Promise<boolean>
  touch(id: string, now: Date): Promise<void>
}

/** Younger than this, it is believed: so long a revoked key may still work. */
export const FRESH_MS = 5_000
/** While the database does not answer, a key that it knew is believed until then. */
export const STALE_MS = 60_000

type Known<T> = { value: T; at: number }

export class ProviderKeys {
  readonly #lookup: Lookup | undefined
  readonly #now: () => number
  /** Apart, so that guesses push no key out. */
  readonly #keys = new Lru<string, Known<ProviderKey>>(1024)
  readonly #unknown = new Lru<string, Known<undefined>>(4096)
  readonly #receivers = new Lru<string, Known<boolean>>(4096)

  constructor(lookup: Lookup | undefined, now: () => number) {
    this.#lookup = lookup
    this.#now = now
  }

  /** Whether the next question for this key is answered without the database. */
  isKnown(hash: string): boolean {
    const known = this.#keys.get(hash) ?? this.#unknown.get(hash)
    return known !== undefined && this.#isYoung(known)
  }

  /**
   * The key of a hash and what it stands for; undefined: there is none.
   *
   * @throws when the database does not answer in time and nothing young enough is known.
   */
  async of(hash: string): Promise<ProviderKey | undefined> {
    const known = this.#keys.get(hash)
    if (known !== undefined && this.#isYoung(known)) return known.value
    const unknown = this.#unknown.get(hash)
    if (unknown !== undefined && this.#isYoung(unknown)) return undefined
    const at = this.#now()
    try {
      const value = await timely(DATABASE_MS, this.#ask().key(hash))
      if (value !== undefined) this.#keys.set(hash, { value, at })
      else {
        this.#keys.delete(hash)
        this.#unknown.set(hash, { value, at })
      }
      return value
    } catch (error) {
      if (known !== undefined && Math.abs(at - known.at) < STALE_MS) return known.value
      throw error
    }
  }

  /** Whether a provider without any route may be paid there. @throws when the database does not answer in time. */
  async isReceiver(payTo: Address, mode: Mode): Promise<boolean> {
    const name = `${mode} ${payTo}`
    const known = this.#receivers.get(name)
    if (known !== undefined && this.#isYoung(known)) return known.value
    const at = this.#now()
    const value = await timely(DATABASE_MS, this.#ask().isReceiver(payTo, mode))
    this.#receivers.set(name, { value, at })
    return value
  }

  /** Writes down that a key was used, to the minute. Never rejects: it is for people to read. */
  async used(key: ProviderKey): Promise<void> {
    const now = new Date(this.#now())
    if (!isStale(key.lastUsedAt === null ? null : new Date(key.lastUsedAt), now)) return
    const known = this.#keys.get(key.hash)
    // Before it is written: the calls of the next seconds need not write it again.
    if (known !== undefined) this.#keys.set(key.hash, { ...known, value: { ...key, lastUsedAt: now.getTime() } })
    await this.#lookup?.touch(key.id, now).catch(() => {})
  }

  #ask(): Lookup {
    if (this.#lookup === undefined) throw new Error('there is no database to look up keys')
    return this.#lookup
  }

  #isYoung(known: Known<unknown>): boolean {
    return Math.abs(this.#now() - known.at) < FRESH_MS
  }
}
