/**
 * The grants that this site was given, by account, in the browser's storage for the site: what shows them again, and
 * nothing that can spend. The read token shows one key's limits and use.
 */
import type { Address } from '@pbstream/core/Hex'

export type Remembered = {
  id: string
  /** Reads this grant only. */
  token: string
  service: string
  chainId: number
  name: string
  /** Unix seconds. */
  expiry: number
}

export type Store = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>

const MOST = 50
/** What has ended is of interest for a while: somebody may look for its receipts. */
const KEPT_S = 30 * 86_400

/** Newest first. What cannot be read counts as nothing. @param now Unix seconds. */
export function recall(store: Store | undefined, account: Address, now: number): Remembered[] {
  try {
    const list = JSON.parse(store?.getItem(nameOf(account)) ?? '[]') as unknown
    return Array.isArray(list) ? list.filter((each) => isRemembered(each) && each.expiry > now - KEPT_S) : []
  } catch {
    return []
  }
}

export function remember(store: Store | undefined, account: Address, grant: Remembered, now: number): void {
  const others = recall(store, account, now).filter(({ id }) => id !== grant.id)
  write(store, account, [grant, ...others].slice(0, MOST))
}

export function forget(store: Store | undefined, account: Address, id: string, now: number): void {
  write(
    store,
    account,
    recall(store, account, now).filter((each) => each.id !== id),
  )
}

const listeners = new Set<() => void>()

/** Calls the listener when grants are remembered or forgotten in this page. @returns how to end it */
export function watchGrants(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** The storage of the page; `undefined` where there is none or the browser forbids it. */
export function pageStore(): Store | undefined {
  try {
    return globalThis.localStorage
  } catch {
    return undefined
  }
}

function write(store: Store | undefined, account: Address, list: readonly Remembered[]): void {
  try {
    if (list.length === 0) store?.removeItem(nameOf(account))
    else store?.setItem(nameOf(account), JSON.stringify(list))
  } catch {
    // A full or forbidden storage: the grant holds all the same, and the page has it from the event.
  }
  for (const listener of listeners) listener()
}

function nameOf(account: Address): string {
  return `pbstream.grants.${account}`
}

function isRemembered(value: unknown): value is Remembered {
  const { id, token, service, chainId, name, expiry } = (value ?? {}) as Record<string, unknown>
  const texts = [id, token, service, name].every((text) => typeof text === 'string')
  return texts && typeof chainId === 'number' && typeof expiry === 'number'
}
