/** What the wallet of an account signed for a grant: nothing is done that it did not. */
import { fromBytes, type Hex } from '@pbstream/core/Hex'
import * as SessionKey from '@pbstream/core/SessionKey'
import * as Voucher from '@pbstream/core/Voucher'
import { type Owner, ownerOf } from '@pbstream/db/Owners'
import type { ManagedKey } from '@pbstream/db/SessionKeys'
import type { Chain } from '../api/Chains.ts'
import { walletSigned } from '../auth/Wallet.ts'
import type { Env } from '../Env.ts'
import { domainOf } from '../keys/Model.ts'
import { signedOf, stateOf } from '../keys/OnChain.ts'
import { Refusal } from '../Problem.ts'

export type Act = 'freeze' | 'unfreeze' | 'revoke'
export type Signature = { signature: Hex; deadline: number }

const digests = {
  freeze: SessionKey.freezeDigest,
  unfreeze: SessionKey.unfreezeDigest,
  revoke: SessionKey.revokeDigest,
}

/**
 * Whose wallet signed this permission: its account.
 *
 * @throws {Refusal} signature_refused
 */
export async function granterOf(
  env: Env,
  { chainId, escrow }: Pick<Chain, 'chainId'> & { escrow: NonNullable<Chain['escrow']> },
  permission: SessionKey.Permission,
  { signature, deadline }: Signature,
): Promise<Owner> {
  requireTime(deadline)
  const separator = Voucher.escrowDomainSeparator(chainId, escrow)
  const hash = fromBytes(SessionKey.registerDigest(separator, { permission, deadline }))
  const { account } = permission
  const by = await walletSigned(env, { chainId, address: account, hash, signature })
  if (by === undefined) refused('it is not by the account of the permission, for this permission and deadline')
  return ownerOf(account, by === 'contract' ? chainId : null)
}

/**
 * Holds a signature against what it is to change. One that the chain has seen is for an earlier version.
 *
 * @throws {Refusal} signature_refused, session_key_conflict where the chain does not know the key.
 */
export async function requireSigned(
  env: Env,
  row: ManagedKey,
  act: Act,
  { signature, deadline, version }: Signature & { version: number },
): Promise<void> {
  requireTime(deadline)
  const state = await stateOf(env, row)
  if (state === undefined) throw new Refusal('session_key_conflict', { detail: 'it is not registered on chain' })
  if (version !== state.version) refused(`the version on chain is ${state.version}`)
  if (act === 'unfreeze' && state.frozenAt === 0) {
    throw new Refusal('session_key_conflict', {
      detail: 'it is not frozen on chain: its owner unfreezes it after signing in',
    })
  }
  const hash = fromBytes(digests[act](domainOf(row), { keyId: signedOf(row).keyId, version, deadline }))
  const by = await walletSigned(env, { chainId: row.chainId, address: row.payer, hash, signature })
  if (by === undefined) refused('it is not by the account of the key, for this change, version and deadline')
}

function requireTime(deadline: number): void {
  if (deadline * 1_000 <= Date.now()) refused('its deadline has passed')
}

function refused(detail: string): never {
  throw new Refusal('signature_refused', { detail })
}
