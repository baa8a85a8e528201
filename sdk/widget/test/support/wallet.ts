/** A wallet as a page sees it: EIP-1193, with one account, on one of two chains. */
import { privateKeyToAccount } from 'viem/accounts'
import type { Eip1193 } from '../../src/wallet/Provider.ts'

export const account = privateKeyToAccount(`0x${'a1'.repeat(32)}`)
export const ACCOUNT = account.address.toLowerCase() as `0x${string}`

type TypedData = Parameters<typeof account.signTypedData>[0]
type Options = {
  chainId?: number
  /** Chains that it knows. */
  knows?: readonly number[]
  /** Methods at which the person says no. */
  declines?: readonly string[]
  balance?: bigint
}

export type TestWallet = Eip1193 & { calls: string[]; declines: string[]; signed: Record<string, unknown>[] }

export function walletOf(options: Options = {}): TestWallet {
  let { chainId = 31337 } = options
  const knows = [...(options.knows ?? [31337, 84532])]
  const wallet: TestWallet = {
    calls: [],
    declines: [...(options.declines ?? [])],
    signed: [],
    async request({ method, params }) {
      wallet.calls.push(method)
      if (wallet.declines.includes(method)) throw failure(4001, 'User rejected the request.')
      const [first, second] = (params ?? []) as readonly unknown[]
      switch (method) {
        case 'eth_requestAccounts':
        case 'eth_accounts':
          return [account.address]
        case 'eth_chainId':
          return `0x${chainId.toString(16)}`
        case 'wallet_switchEthereumChain': {
          const wanted = Number((first as { chainId: string }).chainId)
          if (!knows.includes(wanted)) throw failure(4902, 'Unrecognized chain ID.')
          chainId = wanted
          return null
        }
        case 'wallet_addEthereumChain':
          knows.push(Number((first as { chainId: string }).chainId))
          return null
        case 'eth_call':
          return `0x${(options.balance ?? 12_500_000n).toString(16).padStart(64, '0')}`
        case 'eth_signTypedData_v4': {
          const typedData = JSON.parse(String(second)) as TypedData & Record<string, unknown>
          wallet.signed.push(typedData)
          return account.signTypedData(typedData)
        }
        default:
          throw failure(4200, `${method} is not supported`)
      }
    },
  }
  return wallet
}

function failure(code: number, message: string): Error {
  return Object.assign(new Error(message), { code })
}
