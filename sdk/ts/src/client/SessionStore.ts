/** Sessions in the store, by origin: so that nothing is asked twice, and a restart goes on where it was. */
import type { Context } from './Context.ts'
import type { SessionRecord } from './Session.ts'

/** A session that ends so soon is not begun with, in seconds. */
const MARGIN = 5

type Ports = Pick<Context, 'storage' | 'prefix' | 'clock'>

export class SessionStore {
  readonly #ports: Ports

  constructor(ports: Ports) {
    this.#ports = ports
  }

  /** The sessions with an origin that have not expired. */
  async of(origin: string): Promise<SessionRecord[]> {
    const now = this.#ports.clock.now()
    return (await this.#read(origin)).filter(({ expires }) => expires > now + MARGIN)
  }

  async origins(): Promise<string[]> {
    const text = await this.#ports.storage.get(this.#index)
    return text === undefined ? [] : (JSON.parse(text) as string[])
  }

  /** Keeps a session in place of the one with the same channel. */
  async keep(record: SessionRecord): Promise<void> {
    await this.#change(record.origin, (records) => [
      ...records.filter(({ channelId }) => channelId !== record.channelId),
      record,
    ])
    await this.#ports.storage.lock(this.#index, async () => {
      const origins = await this.origins()
      if (origins.includes(record.origin)) return
      await this.#ports.storage.set(this.#index, JSON.stringify([...origins, record.origin]))
    })
  }

  /** Forgets a session. Another one on the same channel, which was opened since, stays. */
  forget({ origin, token }: SessionRecord): Promise<void> {
    return this.#change(origin, (records) => records.filter((record) => record.token !== token))
  }

  async #change(origin: string, change: (records: SessionRecord[]) => SessionRecord[]): Promise<void> {
    const key = this.#key(origin)
    const { storage } = this.#ports
    await storage.lock(key, async () => {
      const records = change(await this.#read(origin))
      if (records.length === 0) await storage.delete(key)
      else await storage.set(key, JSON.stringify(records))
    })
  }

  async #read(origin: string): Promise<SessionRecord[]> {
    const text = await this.#ports.storage.get(this.#key(origin))
    return text === undefined ? [] : (JSON.parse(text) as SessionRecord[])
  }

  #key(origin: string): string {
    return `${this.#ports.prefix}/sessions/${origin}`
  }

  get #index(): string {
    return `${this.#ports.prefix}/origins`
  }
}
