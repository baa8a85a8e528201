/** Whether a wallet signed something: by its key, or, an account that is a contract, by what it answers (ERC-1271). */
import { type Address, type Hex, toBytes } from '@pbstream/core/Hex'
import { recover } from '@pbstream/core/NobleRecover'
import type { Env } from '../Env.ts'
import { log } from '../Log.ts'
import { Refusal } from '../Problem.ts'

export type Claim = { chainId: number; address: Address; hash: Hex; signature: Hex }

/**
 * Only a signature that is by no key is brought to the chain.
 *
 * @returns undefined when it is by neither.
 * @throws {Refusal} temporarily_unavailable when the chain cannot be asked.
 */
export async function walletSigned(env: Env, claim: Claim): Promise<'key' | 'contract' | undefined> {
  if (recover(toBytes(claim.hash), claim.signature) === claim.address) return 'key'
  if (env.KEY_RELAY === undefined) return undefined
  const reply = await env.KEY_RELAY.verifyWallet(1, claim).catch((error: unknown) => {
    log('wallet_not_asked', { error: error instanceof Error ? error.name : 'unknown' })
    throw new Refusal('temporarily_unavailable')
  })
  if (reply.kind === 'valid') return reply.by
  if (reply.kind === 'refused' && reply.code === 'temporarily_unavailable') throw new Refusal(reply.code)
  return undefined
}
