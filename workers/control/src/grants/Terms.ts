/** What a wallet has to know to grant a key: the chains of this service, with their contracts and tokens. */
import { type Address, isAddress, lower } from '@pbstream/core/Hex'
import { type Chain, chains } from '../api/Chains.ts'
import type { z } from '../api/Parts.ts'
import type { Env } from '../Env.ts'
import type * as Schemas from './Schemas.ts'

type Terms = z.infer<typeof Schemas.Terms>['chains'][number]

/** `ours`: addresses of this deployment, as far as there are any. */
export function termsOf(
  env: Env,
  chainId: number | undefined,
  ours: { freezer?: Address; receiverAuthorizer?: Address },
): Terms[] {
  return chains(env)
    .filter((chain) => chainId === undefined || chain.chainId === chainId)
    .map((chain) => {
      const more = described(env, chain.chainId)
      const token = tokenOf(chain, more)
      return {
        chainId: chain.chainId,
        mode: chain.testnet ? ('test' as const) : ('live' as const),
        testnet: chain.testnet,
        contract: chain.contract,
        escrow: chain.escrow,
        freezer: chain.escrow === null ? null : (ours.freezer ?? null),
        receiverAuthorizer: ours.receiverAuthorizer ?? null,
        collector: isAddress(more['collector']) ? lower(more['collector']) : null,
        withdrawDelay: chain.withdrawDelay ?? null,
        tokens: [token],
        token,
      }
    })
}

function tokenOf(chain: Chain, more: Record<string, unknown>): Terms['token'] {
  const text = (name: string) => (typeof more[name] === 'string' ? more[name] : undefined)
  const { tokenDecimals } = more
  return {
    address: chain.token,
    symbol: text('tokenSymbol') ?? 'USDC',
    decimals: typeof tokenDecimals === 'number' ? tokenDecimals : 6,
    name: text('tokenName') ?? null,
    version: text('tokenVersion') ?? null,
  }
}

/** The chain's entry in `CHAINS`: it may say more than the API needs. */
function described(env: Env, chainId: number): Record<string, unknown> {
  const list = JSON.parse(env.CHAINS ?? '[]') as Record<string, unknown>[]
  return list.find((entry) => entry['chainId'] === chainId) ?? {}
}
