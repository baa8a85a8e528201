/** All channels of a payer, by the offer they serve, and the list of them in the store. */
import type { Hex } from '@pbstream/core/Hex'
import type * as Signature from '@pbstream/core/Signature'
import type { Budget } from './Budget.ts'
import type { Offer } from '@pbstream/core/Challenge'
import { Channel, type ChannelRecord, configOf, pinned, termsOf } from './Channel.ts'
import type { Trusted } from './Pins.ts'
import type { Storage } from './Storage.ts'

export type BookPorts = {
  payer: Hex
  payerAuthorizer: Hex
  salt: Hex
  sign: Signature.Sign
  storage: Storage
  budget: Budget
  prefix: string
}

export class ChannelBook {
  readonly #ports: BookPorts
  readonly #known = new Map<string, Channel>()

  constructor(ports: BookPorts) {
    this.#ports = ports
  }

  /** The channel that pays this offer, remembered from now on. @throws {InvalidChannelConfigError} */
  async open(offer: Offer, trusted: Trusted, at: { origin: string; method: string; url: string }): Promise<Channel> {
    const terms = termsOf(offer)
    const config = configOf(terms, this.#ports)
    const record: ChannelRecord = { config, terms, offer, trusted: pinned(trusted), ...at }
    const channel = new Channel(record, this.#ports)
    const known = this.#known.get(channel.id)
    if (known !== undefined) return known
    this.#known.set(channel.id, channel)
    await this.#remember(channel)
    return channel
  }

  /** A channel of the store by its id. */
  async byId(id: Hex): Promise<Channel | undefined> {
    return this.#known.get(id) ?? (await this.all()).find((channel) => channel.id === id)
  }

  /** Every channel of the store. */
  async all(): Promise<Channel[]> {
    for (const record of await this.#records()) {
      const channel = new Channel(record, this.#ports)
      if (!this.#known.has(channel.id)) this.#known.set(channel.id, channel)
    }
    return [...this.#known.values()]
  }

  async #remember(channel: Channel): Promise<void> {
    const { storage } = this.#ports
    await storage.lock(this.#index, async () => {
      const records = await this.#records()
      const same = (record: ChannelRecord) => new Channel(record, this.#ports).id === channel.id
      if (records.some(same)) return
      await storage.set(this.#index, JSON.stringify([...records, channel.record]))
    })
  }

  async #records(): Promise<ChannelRecord[]> {
    const text = await this.#ports.storage.get(this.#index)
    return text === undefined ? [] : (JSON.parse(text) as ChannelRecord[])
  }

  get #index(): string {
    return `${this.#ports.prefix}/channels`
  }
}
