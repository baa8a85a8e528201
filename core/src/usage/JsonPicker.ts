import { ByteBuffer } from './ByteBuffer.ts'

/** A picked value may be so long; a longer one is passed over. */
const VALUE_LIMIT = 64 * 1024
/** No answer is nested deeper; what is, is not read on. */
const DEPTH_LIMIT = 512

const [QUOTE, BACKSLASH, COMMA, OPEN_LIST, CLOSE_LIST, OPEN, CLOSE] = [34, 92, 44, 91, 93, 123, 125]
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Picks values out of a JSON document of any length as it goes past, in little memory: those that `paths` lead to
 * (names of members, places in lists as decimal text). Of a member that comes twice the last one counts, as for
 * `JSON.parse`. Takes any bytes: what is no JSON gives nothing more.
 */
export class JsonPicker {
  readonly #paths: readonly (readonly string[])[]
  readonly #deepest: number
  readonly #found = new Map<number, unknown>()
  /** A word is a number, `true`, `false` or `null`. */
  #state: 'between' | 'string' | 'word' | 'stopped' = 'between'
  #escaped = false
  /** For each level that is open: the place in the list, or -1 in an object. */
  readonly #levels: number[] = []
  /** The name or place at each open level, as deep as paths go. */
  readonly #place: string[] = []
  /** Whether the next string is the name of a member; whether this one is. */
  #expectsName = false
  #isName = false
  /** The path whose value this is, and the level that it began at. */
  #picking: { path: number; level: number } | undefined
  readonly #kept = new ByteBuffer()
  #keeps = false
  /** Of the bytes that are fed: where those begin that are kept. */
  #from = 0

  constructor(paths: readonly (readonly string[])[]) {
    this.#paths = paths
    this.#deepest = Math.max(...paths.map((path) => path.length))
  }

  /** What was found at a path; `undefined` as long as it has not come to its end. */
  found(path: number): unknown {
    return this.#found.get(path)
  }

  /** How many values have been found, those that were found twice counted twice. */
  finds = 0

  feed(bytes: Uint8Array): void {
    this.#from = 0
    for (let at = 0; at < bytes.length && this.#state !== 'stopped'; at++) {
      const byte = bytes[at] as number
      if (this.#state === 'string') at = this.#string(bytes, at)
      else if (this.#state === 'between') this.#token(bytes, byte, at)
      else if (isEndOfWord(byte)) {
        this.#state = 'between'
        this.#valueEnds(bytes, at)
        this.#token(bytes, byte, at)
      }
    }
    if (this.#keeps) this.#keep(bytes.subarray(this.#from))
  }

  /** A string from `at` on; gives the index of its last byte that is here. */
  #string(bytes: Uint8Array, at: number): number {
    for (let i = at; i < bytes.length; i++) {
      if (this.#escaped) this.#escaped = false
      else if (bytes[i] === BACKSLASH) this.#escaped = true
      else if (bytes[i] === QUOTE) {
        this.#state = 'between'
        if (this.#isName) this.#nameEnds(bytes, i)
        else this.#valueEnds(bytes, i + 1)
        return i
      }
    }
    return bytes.length
  }

  #token(bytes: Uint8Array, byte: number, at: number): void {
    if (byte === QUOTE) {
      this.#state = 'string'
      this.#isName = this.#expectsName
      if (!this.#isName) return this.#valueBegins(at)
      this.#expectsName = false
      if (this.#picking === undefined && this.#levels.length <= this.#deepest) this.#startKeeping(at)
    } else if (byte === OPEN || byte === OPEN_LIST) {
      this.#valueBegins(at)
      this.#opens(byte === OPEN_LIST)
    } else if (byte === CLOSE || byte === CLOSE_LIST) {
      this.#closes(bytes, byte === CLOSE_LIST, at)
    } else if (byte === COMMA) {
      this.#next()
    } else if (isWord(byte)) {
      this.#state = 'word'
      this.#valueBegins(at)
    }
  }

  #opens(isList: boolean): void {
    if (this.#levels.length === DEPTH_LIMIT) return this.#stop()
    this.#levels.push(isList ? 0 : -1)
    this.#expectsName = !isList
    if (this.#levels.length <= this.#deepest) this.#place[this.#levels.length - 1] = isList ? '0' : ''
  }

  #closes(bytes: Uint8Array, isList: boolean, at: number): void {
    const level = this.#levels.pop()
    if (level === undefined || level >= 0 !== isList) return this.#stop()
    this.#expectsName = false
    this.#valueEnds(bytes, at + 1)
  }

  #next(): void {
    const depth = this.#levels.length
    const level = this.#levels[depth - 1]
    if (level === undefined) return this.#stop()
    this.#expectsName = level < 0
    if (level < 0) return
    this.#levels[depth - 1] = level + 1
    if (depth <= this.#deepest) this.#place[depth - 1] = String(level + 1)
  }

  #nameEnds(bytes: Uint8Array, at: number): void {
    if (!this.#keeps || this.#picking !== undefined) return
    const name = this.#stopKeeping(bytes, at + 1)
    this.#place[this.#levels.length - 1] = typeof name === 'string' ? name : ''
  }

  #valueBegins(at: number): void {
    const level = this.#levels.length
    if (this.#picking !== undefined || level > this.#deepest) return
    const path = this.#paths.findIndex((names) => names.length === level && names.every((n, i) => n === this.#place[i]))
    if (path < 0) return
    this.#picking = { path, level }
    this.#startKeeping(at)
  }

  #valueEnds(bytes: Uint8Array, end: number): void {
    const picking = this.#picking
    if (picking === undefined || this.#levels.length !== picking.level) return
    this.#picking = undefined
    this.finds++
    this.#found.set(picking.path, this.#stopKeeping(bytes, end))
  }

  #startKeeping(at: number): void {
    this.#keeps = true
    this.#from = at
  }

  /** The JSON value that was kept; `undefined` when it is too long, or none. */
  #stopKeeping(bytes: Uint8Array, end: number): unknown {
    if (this.#keeps) this.#keep(bytes.subarray(this.#from, end))
    const isWhole = this.#keeps
    this.#keeps = false
    const kept = this.#kept.take()
    return isWhole ? parse(kept) : undefined
  }

  #keep(bytes: Uint8Array): void {
    if (this.#kept.length + bytes.length <= VALUE_LIMIT) return this.#kept.append(bytes)
    this.#keeps = false
    this.#kept.take()
  }

  #stop(): void {
    this.#state = 'stopped'
    this.#keeps = false
    this.#kept.take()
  }
}

function isWord(byte: number): boolean {
  return byte > 32 && byte !== 58
}

function isEndOfWord(byte: number): boolean {
  return byte <= 32 || byte === COMMA || byte === CLOSE || byte === CLOSE_LIST
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(bytes)) as unknown
  } catch {
    return undefined
  }
}
