/** A permission as it is signed: what the wallet is asked, and the id that the key then has. Loaded when it is needed. */
import type { Address, Hex } from '@pbstream/core/Hex'
import * as SessionKey from '@pbstream/core/SessionKey'
import * as Voucher from '@pbstream/core/Voucher'
import * as WalletRequest from '@pbstream/core/WalletRequest'

export type Sealed = { keyId: Hex; typedData: WalletRequest.TypedData; permission: SessionKey.PermissionJson }

/**
 * @param deadline Unix seconds until which the signature can be handed in.
 * @throws {SessionKey.InvalidPermissionError} for what the contract would refuse.
 */
export function seal(
  json: SessionKey.PermissionJson,
  { chainId, escrow, deadline }: { chainId: number; escrow: Address; deadline: number },
): Sealed {
  const permission = SessionKey.parse(json)
  const domain = Voucher.escrowDomain(chainId, escrow)
  return {
    permission: SessionKey.toJson(permission),
    typedData: WalletRequest.typedData(domain, 'RegisterKey', { permission, deadline }),
    keyId: SessionKey.keyId(permission, Voucher.escrowDomainSeparator(chainId, escrow)),
  }
}
