/**
 * The working copy of a group of commands: tables whose changes can be taken back, one command's or all of them, until
 * the group is committed. Taking back costs as much as was changed, never as much as there is.
 */
export class Draft {
  readonly #undo: (() => void)[] = []

  /** A point to roll back to. */
  mark(): number {
    return this.#undo.length
  }

  /** Takes back everything since `mark`, last change first. */
  rollback(mark: number): void {
    while (this.#undo.length > mark) this.#undo.pop()!()
  }

  /** Forgets how to take anything back: what is there now is the state. */
  commit(): void {
    this.#undo.length = 0
  }

  note(undo: () => void): void {
    this.#undo.push(undo)
  }
}

/** What became of one key within a group. Absent means: no row. */
export type Change<K, V> = { key: K; before: V | undefined; after: V | undefined }

/**
 * Rows by key. With `load` only the rows that a group touches are held, and all others are read when they are asked
 * for: that keeps memory flat for what grows with every request.
 */
export class Table<K, V> {
  readonly #draft: Draft
  readonly #load: ((key: K) => V | undefined) | undefined
  readonly #rows = new Map<K, V | undefined>()
  readonly #before = new Map<K, V | undefined>()

  constructor(draft: Draft, options: { load?: (key: K) => V | undefined; rows?: Iterable<[K, V]> } = {}) {
    this.#draft = draft
    this.#load = options.load
    for (const [key, row] of options.rows ?? []) this.#rows.set(key, row)
  }

  get(key: K): V | undefined {
    return this.#load === undefined || this.#rows.has(key) ? this.#rows.get(key) : this.#load(key)
  }

  set(key: K, row: V): void {
    this.#change(key, row)
  }

  delete(key: K): void {
    this.#change(key, undefined)
  }

  /** How many rows are in memory. */
  get size(): number {
    return this.#rows.size
  }

  /** The rows in memory, oldest key first: all of them in a table without `load`. */
  *entries(): IterableIterator<[K, V]> {
    for (const [key, row] of this.#rows) if (row !== undefined) yield [key, row]
  }

  /** What differs from the last commit. A row made and gone within the group is not listed. */
  changes(): Change<K, V>[] {
    const changes: Change<K, V>[] = []
    for (const [key, before] of this.#before) {
      const after = this.#rows.get(key)
      if (after !== before) changes.push({ key, before, after })
    }
    return changes
  }

  /** Called once the changes are durable, or were all rolled back. */
  settle(): void {
    // Clearing what is empty costs as much as clearing what is full, and most tables of a group are not touched.
    if (this.#before.size > 0) this.#before.clear()
    if (this.#load !== undefined && this.#rows.size > 0) this.#rows.clear()
  }

  #change(key: K, row: V | undefined): void {
    const held = this.#rows.has(key)
    const before = this.get(key)
    const first = !this.#before.has(key)
    if (first) this.#before.set(key, before)
    this.#draft.note(() => {
      if (held) this.#rows.set(key, before)
      else this.#rows.delete(key)
      if (first) this.#before.delete(key)
    })
    if (row === undefined && this.#load === undefined) this.#rows.delete(key)
    else this.#rows.set(key, row)
  }
}

/** A list that a group fills and whoever commits the group empties. */
export class Outgoing<T> {
  readonly #draft: Draft
  #items: T[] = []

  constructor(draft: Draft) {
    this.#draft = draft
  }

  push(item: T): void {
    this.#items.push(item)
    this.#draft.note(() => this.#items.pop())
  }

  get items(): readonly T[] {
    return this.#items
  }

  take(): T[] {
    const items = this.#items
    this.#items = []
    return items
  }
}
