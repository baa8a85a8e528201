/** Wallets of the browser: by EIP-6963, and `window.ethereum` when none announces itself. */
import { createStore, type Store } from 'mipd'
import { oneLine } from '../format/Line.ts'
import type { Eip1193 } from './Provider.ts'

export type Wallet = { id: string; name: string; icon: string; provider: Eip1193 }

let store: Store | undefined

/** Calls `tell` with the wallets at once and whenever one announces itself. Only in a browser. @returns how to end it */
export function watchWallets(tell: (wallets: readonly Wallet[]) => void): () => void {
  store ??= createStore()
  const all = () => tell(listed())
  const stop = store.subscribe(all)
  all()
  return stop
}

function listed(): Wallet[] {
  const announced = (store?.getProviders() ?? []).map(({ info, provider }) => ({
    id: info.uuid,
    name: oneLine(info.name, 60),
    icon: pictureOf(info.icon),
    provider: provider as unknown as Eip1193,
  }))
  if (announced.length > 0) return announced
  const injected = (globalThis as { ethereum?: Eip1193 }).ethereum
  return injected === undefined ? [] : [{ id: 'injected', name: 'window.ethereum', icon: '', provider: injected }]
}

/** A picture that is in the text itself: a wallet's icon makes no request that tells on the person. */
export function pictureOf(icon: unknown): string {
  return typeof icon === 'string' && /^data:image\//i.test(icon) ? icon : ''
}
