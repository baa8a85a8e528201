/** The chains that keys can be made on, and what is needed to make and fund one: `GET /grants/terms`. */
import { type Address, isAddress, lower } from '@pbstream/core/Hex'
import { api, data } from '../../api/Client.ts'
import { type Loaded, useLoad } from '../../api/Load.ts'
import { mode, type Mode } from '../../Mode.ts'

export type Chain = {
  chainId: number
  /** x402's contract. */
  contract: Address
  /** Ours, where there is one. */
  escrow: Address | undefined
  token: { address: Address; symbol: string }
  /** This service's, that may freeze keys on chain. */
  freezer: Address | undefined
  /** Signs claims for the receivers of channels; undefined where the service does not say. */
  receiverAuthorizer: Address | undefined
  /** Seconds that a withdrawal takes; undefined where the service does not say. */
  withdrawDelay: number | undefined
  /** Atomic units. */
  minDeposit: bigint
}

/** Reads the answer: the chains of one mode. One without a contract or a token is left out. */
export function parse(answer: unknown, of: Mode): Chain[] {
  const { chains } = members(answer)
  return (Array.isArray(chains) ? chains : []).flatMap((one: unknown) => {
    const from = members(one)
    const token = members(from['token'])
    const { chainId } = from
    if (from['testnet'] !== (of === 'test')) return []
    const contract = address(from['contract'])
    const asset = address(token['address']) ?? address(from['token'])
    if (typeof chainId !== 'number' || contract === undefined || asset === undefined) return []
    const symbol = typeof token['symbol'] === 'string' ? token['symbol'] : 'USDC'
    const delay = from['withdrawDelay']
    const minimum = from['minDeposit']
    return [
      {
        chainId,
        contract,
        escrow: address(from['escrow']),
        token: { address: asset, symbol },
        freezer: address(from['freezer']),
        receiverAuthorizer: address(from['receiverAuthorizer']),
        withdrawDelay: typeof delay === 'number' ? delay : undefined,
        minDeposit: typeof minimum === 'string' && /^[0-9]{1,39}$/.test(minimum) ? BigInt(minimum) : 0n,
      },
    ]
  })
}

export function useChains(): Loaded<Chain[]> {
  return useLoad(async (signal) => parse(await data(api.GET('/grants/terms', { signal })), mode.value), [mode.value])
}

function members(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

function address(value: unknown): Address | undefined {
  return isAddress(value) ? lower(value) : undefined
}
