/** The person's wallet: found by EIP-6963, else `window.ethereum`. The page holds no key; every signature is asked for. */
import { effect, signal } from '@preact/signals'
import { createStore } from 'mipd'
import { addChainParameters, chainName } from './Chains.ts'
import { codeOf, type Eip1193, WalletError } from './Eip1193.ts'
import { store, stored } from './Stored.ts'
import { prepareTypedData } from './TypedData.ts'
import { walletWords as w } from './words.ts'

export type Wallet = { uuid: string; name: string; icon: string; rdns?: string; provider: Eip1193 }
type Address = `0x${string}`
type Hash = `0x${string}`

export const wallets = signal<Wallet[]>([])
/** The account that the wallet shows us, lower case. */
export const account = signal<Address | undefined>()
/** The wallet in use. */
export const wallet = signal<Wallet | undefined>()
/** The account that has to sign: of whoever is signed in. */
export const expected = signal<string | undefined>()
/** Set while a person is asked which wallet to use; the page shows the choice and ends it. */
export const asking = signal<{ done(): void; cancel(): void } | undefined>()

/** Looks for wallets and takes up again the one that was used before. Called once, by the page. */
export function startWallets(): void {
  const found = createStore()
  found.subscribe(
    (details) => {
      wallets.value = details.map(({ info, provider }) => ({ ...info, provider: provider as unknown as Eip1193 }))
    },
    { emitImmediately: true },
  )
  // A wallet from before EIP-6963 announces itself to nobody.
  const injected = (globalThis as { ethereum?: Eip1193 }).ethereum
  if (wallets.value.length === 0 && injected !== undefined) {
    wallets.value = [{ uuid: 'injected', name: w.browserWallet(), icon: '', provider: injected }]
  }
  effect(() => {
    const before = wallets.value.find((one) => keyOf(one) === stored('wallet'))
    if (before !== undefined && wallet.peek() === undefined) void resume(before)
  })
}

const keyOf = ({ rdns, uuid }: Wallet) => rdns ?? uuid

/** Without asking anybody: only where the wallet still lets this page see an account. */
async function resume(one: Wallet): Promise<void> {
  const accounts = await one.provider.request({ method: 'eth_accounts' }).catch(() => [])
  if (Array.isArray(accounts) && accounts.length > 0 && wallet.peek() === undefined) use(one, accounts)
}

/** Asks a wallet for its account. @throws {WalletError} */
export async function connect(uuid: string): Promise<Address> {
  const one = wallets.value.find((each) => each.uuid === uuid)
  if (one === undefined) throw new WalletError('none', w.none())
  const accounts = await asked(one, 'eth_requestAccounts')
  if (!Array.isArray(accounts) || typeof accounts[0] !== 'string') throw new WalletError('none', w.noAccount())
  return use(one, accounts)
}

export function disconnect(): void {
  wallet.value = undefined
  account.value = undefined
  store('wallet', undefined)
}

let listening: Eip1193 | undefined

function use(one: Wallet, accounts: readonly unknown[]): Address {
  const all = accounts.map((each) => String(each).toLowerCase() as Address)
  const chosen = all.find((each) => each === expected.peek()) ?? all[0]
  if (chosen === undefined) throw new WalletError('none', w.noAccount())
  wallet.value = one
  account.value = chosen
  store('wallet', keyOf(one))
  if (listening !== one.provider) {
    listening?.removeListener?.('accountsChanged', onAccounts)
    listening = one.provider
    listening.on?.('accountsChanged', onAccounts)
  }
  return chosen
}

function onAccounts(accounts: readonly unknown[]): void {
  if (wallet.value === undefined) return
  if (accounts.length === 0) disconnect()
  else use(wallet.value, accounts)
}

/** The wallet in use; asks the person to choose where there is none. @throws {WalletError} declined */
export async function connected(): Promise<Wallet> {
  if (wallet.value === undefined || account.value === undefined) {
    const only = wallets.value.length === 1 ? wallets.value[0] : undefined
    if (only !== undefined) await connect(only.uuid)
    else
      await new Promise<void>((resolve, reject) => {
        const cancel = () => reject(new WalletError('declined', w.declined()))
        asking.value = { done: resolve, cancel }
      }).finally(() => {
        asking.value = undefined
      })
  }
  if (wallet.value === undefined) throw new WalletError('none', w.none())
  return wallet.value
}

/** One call to the wallet. @throws {WalletError} */
export async function request<T>(method: string, params?: unknown): Promise<T> {
  return (await asked(await connected(), method, params)) as T
}

async function asked({ provider }: Wallet, method: string, params?: unknown): Promise<unknown> {
  try {
    return await provider.request(params === undefined ? { method } : { method, params })
  } catch (error) {
    throw explained(error)
  }
}

function explained(error: unknown): Error {
  const code = codeOf(error)
  if (code === 4001) return new WalletError('declined', w.declined())
  if (code === -32002) return new WalletError('failed', w.pending())
  // Kept as it is: `onChain` looks at the code.
  if (code === 4902) return error instanceof Error ? error : new WalletError('chain_unknown', w.chainUnknown())
  const said = error instanceof Error ? error.message : ''
  return Object.assign(new WalletError('failed', said === '' ? w.failed() : w.said({ said })), { code })
}

/** Switches the wallet to a chain, adding it where the wallet does not know it. @throws {WalletError} */
export async function onChain(chainId: number): Promise<void> {
  const id = `0x${chainId.toString(16)}`
  if (await isOn(id)) return
  try {
    await request('wallet_switchEthereumChain', [{ chainId: id }])
  } catch (error) {
    if (codeOf(error) !== 4902) throw error
    const chain = addChainParameters(chainId)
    if (chain === undefined) throw new WalletError('chain_unknown', w.addChain({ chainId: String(chainId) }))
    await request('wallet_addEthereumChain', [chain])
    // Some add a chain and stay where they are.
    if (!(await isOn(id))) await request('wallet_switchEthereumChain', [{ chainId: id }])
  }
  // Some say yes and stay where they are: what is signed next would be meant for another chain.
  if (!(await isOn(id))) throw new WalletError('chain_unknown', w.otherChain({ chain: chainName(chainId) }))
}

async function isOn(id: string): Promise<boolean> {
  return Number(await request<string>('eth_chainId')) === Number(id)
}

/** The account that is to sign. @throws {WalletError} when the wallet is at another one than who is signed in. */
async function signer(): Promise<Address> {
  await connected()
  const wanted = expected.value
  if (wanted !== undefined && account.value !== wanted && wallet.value !== undefined) await connect(wallet.value.uuid)
  if (account.value === undefined) throw new WalletError('none', w.noAccount())
  if (wanted !== undefined && account.value !== wanted) {
    throw new WalletError('other_account', w.otherAccount({ account: wanted }))
  }
  return account.value
}

/** Signs EIP-712 typed data, on its chain where it names one. @throws {WalletError} */
export async function signTypedData(typed: unknown): Promise<Hash> {
  const from = await signer()
  const { chainId, text } = prepareTypedData(typed)
  if (chainId !== undefined) await onChain(chainId)
  return request<Hash>('eth_signTypedData_v4', [from, text])
}

/** Signs text as it stands (EIP-191). @throws {WalletError} */
export async function signMessage(message: string): Promise<Hash> {
  const from = await signer()
  const bytes = new TextEncoder().encode(message)
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return request<Hash>('personal_sign', [`0x${hex}`, from])
}

/** Sends a transaction from the account of whoever is signed in. Answers its hash, before it is mined. @throws {WalletError} */
export async function sendTransaction(tx: {
  to: Address
  data: `0x${string}`
  chainId: number
  value?: bigint
}): Promise<Hash> {
  const from = await signer()
  await onChain(tx.chainId)
  const value = tx.value === undefined ? {} : { value: `0x${tx.value.toString(16)}` }
  return request<Hash>('eth_sendTransaction', [{ from, to: tx.to, data: tx.data, ...value }])
}

const POLL_MS = 1500

/** Waits until a transaction is mined. An `AbortSignal` ends the waiting. */
export async function receipt(
  hash: Hash,
  chainId: number,
  signal?: AbortSignal,
): Promise<{ status: 'success' | 'reverted'; blockNumber: bigint }> {
  await onChain(chainId)
  for (;;) {
    signal?.throwIfAborted()
    const found = await request<{ status: string; blockNumber: string } | null>('eth_getTransactionReceipt', [hash])
    if (found !== null) {
      return { status: found.status === '0x1' ? 'success' : 'reverted', blockNumber: BigInt(found.blockNumber) }
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
}

/** Calls a view of a contract by the wallet's own node. `T` is what the view returns by its ABI. @throws {WalletError} */
export async function readContract<T>(call: {
  address: Address
  abi: readonly unknown[]
  functionName: string
  args?: readonly unknown[]
  chainId: number
}): Promise<T> {
  const { encodeCall, decodeAnswer } = await import('./ContractCall.ts')
  await onChain(call.chainId)
  const answer = await request<`0x${string}`>('eth_call', [{ to: call.address, data: encodeCall(call) }, 'latest'])
  return decodeAnswer(call, answer) as T
}
