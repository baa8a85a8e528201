/** A managed session key as its parts see it: the object that orders its charges, the policy there, its signed form. */
import type { Hash } from '@pbstream/core/Eip712'
import type { Address } from '@pbstream/core/Hex'
import * as KeyStatus from '@pbstream/core/KeyStatus'
import { type SessionRef, sessionName } from '@pbstream/core/message/Session'
import * as Policy from '@pbstream/core/Policy'
import * as SessionKey from '@pbstream/core/SessionKey'
import * as Voucher from '@pbstream/core/Voucher'
import type { ManagedKey, StoredPermission } from '@pbstream/db/SessionKeys'
import type { Chain } from '../api/Chains.ts'

/** Which of a chain's two contracts holds the channels of a key. A key belongs to one of them for good. */
export type ContractKind = 'canonical' | 'escrow'

export function contractOf(chain: Chain, kind: ContractKind): Address | undefined {
  return kind === 'canonical' ? chain.contract : (chain.escrow ?? undefined)
}

/** A key of the escrow has an id there. */
export function kindOf({ keyId }: Pick<ManagedKey, 'keyId'>): ContractKind {
  return keyId === null ? 'canonical' : 'escrow'
}

export function refOf({ chainId, contract, payer, key }: ManagedKey): SessionRef {
  return { chainId, contract, payer, payerAuthorizer: key }
}

/** The same key on the chain's other contract; undefined where there is only one. */
export function otherRef(chain: Chain, ref: SessionRef): SessionRef | undefined {
  const other = ref.contract === chain.contract ? chain.escrow : chain.contract
  return other === null ? undefined : { ...ref, contract: other }
}

export function nameOf(ref: SessionRef): string {
  return sessionName(ref)
}

/** What the object enforces. In the grace after a rotation the key ends by itself when the grace does. */
export function policyOf(row: ManagedKey): Policy.Policy {
  const permission = permissionOf(row.permission)
  const grace = row.graceUntil === null ? Infinity : Math.ceil(row.graceUntil.getTime() / 1_000)
  const expiry = Math.min(permission.expiry, grace)
  const { version, routes, status } = row
  return Policy.of({ ...permission, expiry }, { version, routes, status: KeyStatus.policyStatus(status) })
}

/** Refuses everything, for good. */
export function refusingPolicy(row: ManagedKey): Policy.Policy {
  return { ...policyOf(row), version: 1, status: 'revoked', payees: [], routes: [] }
}

export function permissionOf(stored: StoredPermission): SessionKey.Permission {
  return SessionKey.parse(stored)
}

/** The limits that can be edited. */
export function limitsOf({ permission, routes }: ManagedKey): KeyStatus.Limits {
  const { payees, spendCap, periodAmount, periodDuration, perPaymentMax, expiry } = permission
  return { payees, spendCap, periodAmount, periodDuration, perPaymentMax, expiry, routes }
}

/** What the account signs for: keys and channels of the escrow live in this domain. */
export function domainOf({ chainId, contract }: Pick<ManagedKey, 'chainId' | 'contract'>): Hash {
  return Voucher.escrowDomainSeparator(chainId, contract)
}
