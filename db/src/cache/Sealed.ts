/**
 * Entries of the cache: text that says what it is, of which version, and when it was written, with a mark (HMAC-SHA256)
 * over all of that and over the key it lies under. Who can write to Redis and has no secret can make an entry vanish or
 * bring an old one back, and nothing else.
 */
import * as Base64 from '@pbstream/core/Base64'

/** What an entry is about. Kind, key and version are part of the mark: no entry can stand in for another. */
export type Entry = {
  kind: string
  key: string
  version: number
  /** Unix milliseconds: when the database said so. */
  writtenAt: number
  body: string
}

/** Why an entry is not believed. `stale`: older than asked for, or from the future. */
export type Dropped = 'poisoned' | 'stale'

/** Clocks of Workers differ by less. */
const AHEAD_MS = 10_000
const FORM = /^pb1\.(\d{1,15})\.(\d{1,15})\.([A-Za-z0-9_-]{43})\.([^]*)$/
const encoder = new TextEncoder()

export class Sealer {
  readonly #key: CryptoKey

  private constructor(key: CryptoKey) {
    this.#key = key
  }

  /** @throws {TypeError} when the secret has less than 32 bytes. */
  static async create(secret: string): Promise<Sealer> {
    const bytes = encoder.encode(secret)
    if (bytes.length < 32) throw new TypeError('CACHE_SECRET is shorter than 32 bytes')
    return new Sealer(
      await crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign', 'verify']),
    )
  }

  async seal(entry: Entry): Promise<string> {
    const mark = await crypto.subtle.sign('HMAC', this.#key, marked(entry))
    return `pb1.${entry.version}.${entry.writtenAt}.${Base64.encodeUrl(new Uint8Array(mark))}.${entry.body}`
  }

  /** The entry that `text` is, if it was sealed for this kind and key and is younger than `maxAgeMs`. */
  async open(
    text: string,
    { kind, key }: Pick<Entry, 'kind' | 'key'>,
    { now, maxAgeMs }: { now: number; maxAgeMs: number },
  ): Promise<Entry | Dropped> {
    const [, version, writtenAt, mark, body] = FORM.exec(text) ?? []
    const bytes = Base64.decodeUrl(mark ?? '')
    if (bytes === undefined || body === undefined) return 'poisoned'
    const entry = { kind, key, version: Number(version), writtenAt: Number(writtenAt), body }
    if (!(await crypto.subtle.verify('HMAC', this.#key, bytes, marked(entry)))) return 'poisoned'
    const age = now - entry.writtenAt
    return age > maxAgeMs || age < -AHEAD_MS ? 'stale' : entry
  }
}

/** No part but the last can hold a line break, so that no two entries read the same. */
function marked({ kind, key, version, writtenAt, body }: Entry): Uint8Array<ArrayBuffer> {
  return new Uint8Array(encoder.encode(['pbstream cache v1', kind, key, version, writtenAt, body].join('\n')))
}
