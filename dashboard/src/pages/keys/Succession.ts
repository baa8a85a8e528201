/** What the wallet signs to put a draft of the escrow in the place of another key, made again from what the API shows. */
import type { Address, Hex } from '@pbstream/core/Hex'
import * as SessionKey from '@pbstream/core/SessionKey'
import * as Voucher from '@pbstream/core/Voucher'
import * as WalletRequest from '@pbstream/core/WalletRequest'
import type { components } from '../../api/Schema.d.ts'
import type { Detail, Key } from './Key.ts'

export type TypedData = NonNullable<components['schemas']['TypedData']>

const DEADLINE_S = 3_600

/**
 * `RotateKey` at the version that the chain has of the old key now. `maxUsage` is its whole cap: what it spends until the
 * block comes does not undo the rotation.
 */
export function succession(next: Key, old: Detail, nowMs: number = Date.now()): TypedData {
  const domain = Voucher.escrowDomain(next.chainId, next.contractAddress as Address)
  const typed = WalletRequest.typedData(domain, 'RotateKey', {
    oldKeyId: (old.keyId ?? '0x') as Hex,
    newPermission: SessionKey.parse(next),
    maxUsage: BigInt(old.spendCap),
    version: old.onChain?.version ?? 0,
    deadline: Math.floor(nowMs / 1_000) + DEADLINE_S,
  })
  return typed as unknown as TypedData
}
