/** The wallet that the elements of a page share: whichever of them connects, the others are connected too. */
import type { Address } from '@pbstream/core/Hex'
import { isAddress, lower } from '@pbstream/core/Hex'
import { Failure } from '../Failure.ts'
import * as Provider from './Provider.ts'
import type { Eip1193 } from './Provider.ts'

export type Connected = { provider: Eip1193; account: Address; chainId: number }

export class Connection {
  #now: Connected | undefined
  #listeners = new Set<() => void>()
  #unwatch = () => {}

  get now(): Connected | undefined {
    return this.#now
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Asks the wallet for an account. @throws {Failure} */
  async connect(provider: Eip1193): Promise<Connected> {
    const connected = await this.#read(provider, true)
    if (connected === undefined) throw new Failure('no_account')
    return this.#set(connected)
  }

  /** Takes up a connection that the page has already, without a question to the person. */
  async resume(provider: Eip1193): Promise<Connected | undefined> {
    const connected = await this.#read(provider, false)
    return connected === undefined ? undefined : this.#set(connected)
  }

  /** Forgets the account here; what the wallet lets the page see is for the wallet to change. */
  disconnect(): void {
    this.#unwatch()
    this.#unwatch = () => {}
    this.#now = undefined
    this.#tell()
  }

  /** After the wallet was brought to another chain: some do not say so by an event. */
  movedTo(chainId: number): void {
    if (this.#now === undefined || this.#now.chainId === chainId) return
    this.#now = { ...this.#now, chainId }
    this.#tell()
  }

  async #read(provider: Eip1193, prompt: boolean): Promise<Connected | undefined> {
    const [account] = await Provider.accounts(provider, prompt)
    return account === undefined ? undefined : { provider, account, chainId: await Provider.chainIdOf(provider) }
  }

  #set(connected: Connected): Connected {
    this.#unwatch()
    this.#now = connected
    this.#unwatch = this.#watch(connected.provider)
    this.#tell()
    return connected
  }

  #watch(provider: Eip1193): () => void {
    const onAccounts = (list: unknown) => {
      const [account] = Array.isArray(list) ? list.filter(isAddress).map(lower) : []
      if (account === undefined) return this.disconnect()
      if (this.#now === undefined || this.#now.account === account) return
      this.#now = { ...this.#now, account }
      this.#tell()
    }
    const onChain = (chainId: unknown) => this.movedTo(Number(chainId))
    provider.on?.('accountsChanged', onAccounts)
    provider.on?.('chainChanged', onChain)
    return () => {
      provider.removeListener?.('accountsChanged', onAccounts)
      provider.removeListener?.('chainChanged', onChain)
    }
  }

  #tell(): void {
    for (const listener of this.#listeners) listener()
  }
}

const shared = new Connection()
const given = new WeakMap<Eip1193, Connection>()

/** The connection of the page; for a provider that the page gives to an element, that provider's own. */
export function connectionOf(provider: Eip1193 | undefined): Connection {
  if (provider === undefined) return shared
  const known = given.get(provider) ?? new Connection()
  given.set(provider, known)
  return known
}
