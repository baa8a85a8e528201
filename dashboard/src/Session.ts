/** Who is signed in, in which mode, and for which provider he acts. */
import { type ReadonlySignal, signal } from '@preact/signals'
import { api, ApiProblem, data, onSessionEnd } from './api/Client.ts'
import type { components } from './api/Schema.d.ts'
import { signInMessage } from './SignInMessage.ts'
import { store, stored } from './Stored.ts'
import { account, connected, expected, request, signMessage } from './Wallet.ts'

export { mode, type Mode } from './Mode.ts'

export type Me = components['schemas']['Me']

const current = signal<Me | null | undefined>()

/** `undefined`: not known yet; `null`: signed out. */
export const me: ReadonlySignal<Me | null | undefined> = current

/** The id of the chosen provider. Paths name it (`/p/<provider>/…`); elsewhere it is the one that was shown last. */
export const provider = signal<string | undefined>(stored('provider'))

export function chooseProvider(id: string | undefined): void {
  provider.value = id
  store('provider', id)
}

/** Asks the API who is signed in. @throws {ApiProblem} when it cannot be asked: not knowing is not signed out. */
export async function findMe(): Promise<void> {
  try {
    know(await data(api.GET('/me')))
  } catch (error) {
    if (!(error instanceof ApiProblem) || error.status !== 401) throw error
    know(null)
  }
}

/** Whoever waits for a session goes on as the same owner, or is told that there is none for him. */
function know(who: Me | null): void {
  const before = current.peek()
  expected.value = who?.address.toLowerCase()
  lapsed.value = undefined
  current.value = who
  renewed?.(who !== null && who.owner === before?.owner)
  renewed = undefined
}

/** Set while somebody whose session has ended is asked to sign in again: what he was writing stays meanwhile. */
export const lapsed = signal<{ leave(): void } | undefined>()
let renewed: ((isSame: boolean) => void) | undefined
let renewal: Promise<boolean> | undefined

/** Waits until the same owner is signed in again; false: somebody else is, or nobody. */
onSessionEnd(() => {
  if (!current.peek()) return Promise.resolve(false)
  renewal ??= new Promise<boolean>((resolve) => {
    renewed = resolve
    lapsed.value = { leave: () => know(null) }
  }).finally(() => {
    renewal = undefined
  })
  return renewal
})

/**
 * Signs in with the account of the wallet in use.
 *
 * @throws {WalletError} when the person declined; {ApiProblem} when the API refused.
 */
export async function signIn(): Promise<void> {
  // Who has to sign in again does so as before: what he was doing is of that account.
  if (lapsed.peek() === undefined) expected.value = undefined
  await connected()
  const address = account.value
  if (address === undefined) return
  const terms = await data(api.POST('/sign-in/nonce'))
  const at = Number(await request<string>('eth_chainId'))
  const chainId = terms.chainIds.includes(at) ? at : (terms.chainIds[0] ?? at)
  const message = await signInMessage({ ...terms, address, chainId, issuedAt: new Date() })
  const signature = await signMessage(message)
  await data(api.POST('/sign-in', { body: { message, signature } }))
  know(await data(api.GET('/me')))
}

/** Ends this session, or with `everywhere` all of the owner. @throws {ApiProblem} */
export async function signOut(everywhere = false): Promise<void> {
  try {
    await data(api.POST('/sign-out', { body: { everywhere } }))
  } catch (error) {
    if (!(error instanceof ApiProblem) || error.status !== 401) throw error
  }
  chooseProvider(undefined)
  know(null)
}
