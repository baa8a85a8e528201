/** Whose rules, decisions and alerts a call is about: the caller's own, or those of one of the caller's providers. */
import type { Address } from '@pbstream/core/Hex'
import { providerOf } from '@pbstream/db/Providers'
import { chainsOf } from '../api/Chains.ts'
import { text } from '../api/Parts.ts'
import { type ApiContext, callerOf } from '../api/Types.ts'
import { judged } from '../providers/Making.ts'

/** Put it into the query of an operation. */
export const whoseQuery = {
  provider: text(64)
    .optional()
    .openapi({ description: 'Of this provider of yours; left out: your own, for the keys that you manage.' }),
}

/** `scope`: as sessions and decisions call it. `stored`: as the tables of rules call it, different for each owner. */
export type Whose = { scope: 'owner' | `provider:${string}`; stored: string }

/** @throws {Refusal} not_found for a provider that is not the caller's. */
export async function whoseOf(c: ApiContext, { provider }: { provider?: string | undefined }): Promise<Whose> {
  const caller = callerOf(c)
  if (provider === undefined) return { scope: 'owner', stored: ownerScope(caller) }
  await judged(() => providerOf(c.var.database, caller, provider))
  return { scope: `provider:${provider}`, stored: `provider:${provider}` }
}

/** The rules of an owner in a mode. */
export function ownerScope({ owner, mode }: { owner: string; mode: string }): string {
  return `owner:${mode}:${owner}`
}

/** The chains on which the caller's address is the owner's, in the mode: whatever else has this address is not. */
export function chainIdsOf(c: ApiContext): number[] {
  const { mode, chainId } = callerOf(c)
  const ids = chainsOf(c.env, mode).map((chain) => chain.chainId)
  return ids.filter((each) => chainId === null || each === chainId)
}

/** Whose decisions and stops: those of a provider's rules; or of the keys that the caller pays with. */
export function rowsOf(c: ApiContext, { scope }: Whose): { scope: string } | { payer: Address; chainIds: number[] } {
  if (scope !== 'owner') return { scope }
  return { payer: callerOf(c).address, chainIds: chainIdsOf(c) }
}
