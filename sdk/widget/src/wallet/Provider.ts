/** A wallet by EIP-1193, whoever made it: the browser, wagmi, AppKit or Privy. */
import { type Address, isAddress, lower } from '@pbstream/core/Hex'
import { Failure } from '../Failure.ts'

export type Eip1193 = {
  request(args: { method: string; params?: readonly unknown[] | object }): Promise<unknown>
  on?(event: string, listener: (value: unknown) => void): unknown
  removeListener?(event: string, listener: (value: unknown) => void): unknown
}

/** What `wallet_addEthereumChain` takes, for chains that wallets do not know. */
export type AddChain = {
  chainName: string
  rpcUrls: readonly string[]
  nativeCurrency: { name: string; symbol: string; decimals: number }
  blockExplorerUrls?: readonly string[]
}

/**
 * Asks the wallet.
 *
 * @throws {Failure} `rejected` when the person said no there, `wallet` otherwise, with what the wallet said.
 */
export async function ask(provider: Eip1193, method: string, params?: readonly unknown[]): Promise<unknown> {
  try {
    return await provider.request(params === undefined ? { method } : { method, params })
  } catch (error) {
    throw failureOf(error)
  }
}

/** The accounts that the page may see; asks the person when `prompt` is set. */
export async function accounts(provider: Eip1193, prompt: boolean): Promise<Address[]> {
  const answer = await ask(provider, prompt ? 'eth_requestAccounts' : 'eth_accounts')
  return Array.isArray(answer) ? answer.filter(isAddress).map(lower) : []
}

export async function chainIdOf(provider: Eip1193): Promise<number> {
  return Number(await ask(provider, 'eth_chainId'))
}

/** Brings the wallet to a chain, and makes the chain known to it first if need be and `add` says how. */
export async function toChain(provider: Eip1193, chainId: number, add?: AddChain): Promise<void> {
  if ((await chainIdOf(provider)) === chainId) return
  const hex = `0x${chainId.toString(16)}`
  try {
    await ask(provider, 'wallet_switchEthereumChain', [{ chainId: hex }])
  } catch (error) {
    const unknown = error instanceof Failure && error.walletCode === 4902
    if (!unknown || add === undefined) throw error
    await ask(provider, 'wallet_addEthereumChain', [{ chainId: hex, ...add }])
    await ask(provider, 'wallet_switchEthereumChain', [{ chainId: hex }])
  }
  if ((await chainIdOf(provider)) !== chainId) throw new Failure('wrong_chain')
}

/** What the account holds of a token, in atomic units, on the chain that the wallet is on. */
export async function balanceOf(provider: Eip1193, token: Address, account: Address): Promise<bigint> {
  const data = `0x70a08231${account.slice(2).padStart(64, '0')}`
  const answer = await ask(provider, 'eth_call', [{ to: token, data }, 'latest'])
  if (typeof answer !== 'string' || !/^0x[0-9a-f]{64}$/i.test(answer)) throw new Failure('wallet')
  return BigInt(answer)
}

function failureOf(error: unknown): Failure {
  const { code, message, data } = (error ?? {}) as { code?: unknown; message?: unknown; data?: unknown }
  if (code === 4001) return new Failure('rejected')
  // Some wallets wrap the code of the one that they speak for.
  const inner = (data as { originalError?: { code?: unknown } } | undefined)?.originalError?.code
  const walletCode = typeof inner === 'number' ? inner : typeof code === 'number' ? code : undefined
  return new Failure('wallet', { detail: typeof message === 'string' ? message.slice(0, 200) : '', walletCode })
}
