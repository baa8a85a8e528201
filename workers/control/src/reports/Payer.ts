/** What the reports of a payer have in common: whose money, which key, and when. */
import type { Address } from '@pbstream/core/Hex'
import type { Payer } from '@pbstream/db/PayerPayments'
import { chainById } from '../api/Chains.ts'
import { text, z } from '../api/Parts.ts'
import { type ApiContext, callerOf } from '../api/Types.ts'
import { sessionOf } from '../sentinel/Sessions.ts'
import { chainIdsOf } from '../sentinel/Whose.ts'

export const TAGS = ['Payer reports']

export const keyQuery = text(256)
  .optional()
  .openapi({ description: 'Of this key: its id (`sk_…`), or the session of any key that pays from your wallet.' })
export const fromQuery = z.iso.datetime().optional().openapi({ description: 'From this time on.' })
export const toQuery = z.iso.datetime().optional().openapi({ description: 'Before this time.' })

/** The wallet of the caller on the chains of the mode: every key that spends from it is the caller's. */
export function payerOf(c: ApiContext): Payer {
  return { payer: callerOf(c).address, chainIds: chainIdsOf(c) }
}

/** @throws {Refusal} not_found for a key that is not the caller's, and for one that is not there. */
export async function sessionAsked(c: ApiContext, key: string | undefined): Promise<string | undefined> {
  if (key === undefined) return undefined
  return (await sessionOf(c, { scope: 'owner', stored: '' }, key)).session
}

export type KeyNames = {
  publicId: string | null
  name: string | null
  owner: string | null
  mode: string | null
}

/** What the caller calls a key; a key that nobody manages has no name. */
export function namesOf(c: ApiContext, key: KeyNames | null): { keyId: string | null; keyName: string | null } {
  const { owner, mode } = callerOf(c)
  if (key === null || key.owner !== owner || key.mode !== mode) return { keyId: null, keyName: null }
  return { keyId: key.publicId, keyName: key.name }
}

/** Which of the chain's contracts holds the money. */
export function kindOf(c: ApiContext, chainId: number, contract: Address): 'escrow' | 'canonical' | 'other' {
  const chain = chainById(c.env, callerOf(c).mode, chainId)
  if (contract === chain?.escrow) return 'escrow'
  return contract === chain?.contract ? 'canonical' : 'other'
}
