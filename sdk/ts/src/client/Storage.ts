/** Where a payer keeps what must not be lost: how high it has signed, its sessions, what it has spent. */

/**
 * Texts by key. Values hold secrets (request keys, perhaps a session key): keep them as such.
 *
 * `lock` runs `work` while nobody else, in this or another process on the same store, runs work under the same name.
 * Everything that decides what to sign happens under it: two processes never sign past each other.
 */
export type Storage = {
  get(key: string): Promise<string | undefined>
  set(key: string, value: string): Promise<void>
  delete(key: string): Promise<void>
  lock<T>(name: string, work: () => Promise<T>): Promise<T>
}

/** Work under a name, one after the other, within this process. */
export class Mutex {
  readonly #tails = new Map<string, Promise<unknown>>()

  async run<T>(name: string, work: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(name) ?? Promise.resolve()
    const turn = before.then(work, work)
    const tail = turn.catch(() => undefined)
    this.#tails.set(name, tail)
    try {
      return await turn
    } finally {
      if (this.#tails.get(name) === tail) this.#tails.delete(name)
    }
  }
}

/** Kept as long as this object lives. */
export function memoryStorage(): Storage {
  const values = new Map<string, string>()
  const mutex = new Mutex()
  return {
    get: async (key) => values.get(key),
    set: async (key, value) => void values.set(key, value),
    delete: async (key) => void values.delete(key),
    lock: (name, work) => mutex.run(name, work),
  }
}

/** The parts of a browser that `browserStorage` needs. */
type WebStore = {
  getItem(key: string): string | null
  setItem(key: string, value: string): void
  removeItem(key: string): void
}
type WebLocks = { request<T>(name: string, work: () => Promise<T>): Promise<T> }

/**
 * Kept by the browser, for this origin; tabs lock each other out by Web Locks. Scripts of the same origin can read it.
 *
 * @throws {TypeError} where there is no `localStorage`.
 */
export function browserStorage(): Storage {
  const { localStorage: store, navigator } = globalThis as unknown as {
    localStorage?: WebStore
    navigator?: { locks?: WebLocks }
  }
  if (store === undefined) throw new TypeError('there is no localStorage here')
  const mutex = new Mutex()
  const locks = navigator?.locks
  return {
    get: async (key) => store.getItem(key) ?? undefined,
    set: async (key, value) => store.setItem(key, value),
    delete: async (key) => store.removeItem(key),
    lock: (name, work) => mutex.run(name, () => (locks === undefined ? work() : locks.request(name, work))),
  }
}
