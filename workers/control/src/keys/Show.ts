/** Session keys as callers see them. */
import type { KeyStatus } from '@pbstream/core/KeyStatus'
import type { KeyOnChain } from '@pbstream/core/message/KeyRelay'
import type { PolicyStanding } from '@pbstream/core/message/Session'
import type { ManagedKey } from '@pbstream/db/SessionKeys'
import type { z } from '../api/Parts.ts'
import { kindOf } from './Model.ts'
import type * as Schemas from './Schemas.ts'

export function show(row: ManagedKey, now: Date): z.infer<typeof Schemas.SessionKey> {
  const { permission, registered } = row
  return {
    id: row.publicId,
    mode: row.mode,
    name: row.name,
    chainId: row.chainId,
    contract: kindOf(row),
    contractAddress: row.contract,
    account: row.payer,
    key: row.key,
    token: permission.token,
    status: statusOf(row, now),
    version: row.version,
    payees: [...permission.payees],
    spendCap: permission.spendCap,
    periodAmount: permission.periodAmount,
    periodDuration: permission.periodDuration,
    perPaymentMax: permission.perPaymentMax,
    start: permission.start,
    expiry: permission.expiry,
    routes: row.routes,
    keyId: row.keyId,
    // While a stop is brought to the chain the key is registered there.
    registration: registered === 'pending' && row.status !== 'draft' ? 'registered' : shown(registered),
    freezer: permission.freezer,
    salt: permission.salt,
    madeBy: row.madeBy,
    replaces: row.replaces,
    replacedBy: row.replacedBy,
    graceUntil: row.graceUntil?.toISOString() ?? null,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  }
}

/** Nobody has to write down that time has passed. */
function statusOf({ status, permission }: ManagedKey, now: Date): KeyStatus {
  return status === 'active' && permission.expiry * 1_000 <= now.getTime() ? 'expired' : status
}

function shown(registered: ManagedKey['registered']): 'none' | 'pending' | 'registered' {
  return registered === 'failed' ? 'none' : registered
}

export function showUsage({ policy, usage, inFlight }: PolicyStanding) {
  const { spent, reserved, periodStart, periodSpent } = usage
  const left = (limit: bigint, used: bigint) => (limit > used ? limit - used : 0n).toString()
  const window = {
    start: periodStart,
    end: periodStart + policy.periodDuration,
    spent: periodSpent.toString(),
    left: left(policy.periodAmount, periodSpent),
  }
  return {
    spent: spent.toString(),
    reserved: reserved.toString(),
    left: left(policy.spendCap, spent + reserved),
    inFlight,
    window: policy.periodDuration === 0 ? null : window,
  }
}

export function showChain({ version, usage, spendCap, frozenAt, revokedAt, stoppedAt }: KeyOnChain) {
  return { version, usage: usage.toString(), spendCap: spendCap.toString(), frozenAt, revokedAt, stoppedAt }
}
