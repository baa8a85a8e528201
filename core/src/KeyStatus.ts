/** The life of a managed session key: which acts change its status to what. Pure; amounts and signatures are elsewhere. */
import type * as Policy from './Policy.ts'
import type { PermissionJson } from './SessionKey.ts'

/**
 * `draft`: its registration on chain is wanted, and until then it spends nothing. `freezing`: nothing new is granted, and
 * requests and leases that began before are ending. `rotated`: another key has taken its place and its grace is over. The last three
 * are for good.
 */
export type KeyStatus = 'draft' | 'active' | 'freezing' | 'frozen' | 'revoked' | 'rotated' | 'expired'

/**
 * `activate`: it is registered, or needs no registration. `settle`: nothing is being served any more. `succeed`: the grace
 * after a rotation is over. The rest is what owners ask for, and the clock.
 */
export type KeyAct = 'activate' | 'edit' | 'freeze' | 'settle' | 'unfreeze' | 'rotate' | 'succeed' | 'revoke' | 'expire'

const table: Record<KeyStatus, Partial<Record<KeyAct, KeyStatus>>> = {
  draft: { activate: 'active', edit: 'draft', revoke: 'revoked', expire: 'expired' },
  active: {
    activate: 'active',
    edit: 'active',
    freeze: 'freezing',
    rotate: 'active',
    succeed: 'rotated',
    revoke: 'revoked',
    expire: 'expired',
  },
  freezing: {
    edit: 'freezing',
    freeze: 'freezing',
    settle: 'frozen',
    unfreeze: 'active',
    succeed: 'rotated',
    revoke: 'revoked',
    expire: 'expired',
  },
  frozen: {
    edit: 'frozen',
    freeze: 'frozen',
    settle: 'frozen',
    unfreeze: 'active',
    succeed: 'rotated',
    revoke: 'revoked',
    expire: 'expired',
  },
  revoked: { revoke: 'revoked' },
  rotated: { succeed: 'rotated', revoke: 'revoked' },
  expired: { expire: 'expired', revoke: 'revoked' },
}

/** The status after an act; undefined: a key in this status cannot have it done. */
export function after(status: KeyStatus, act: KeyAct): KeyStatus | undefined {
  return table[status][act]
}

/** Whether nothing brings the key back. */
export function isOver(status: KeyStatus): boolean {
  return status === 'revoked' || status === 'rotated' || status === 'expired'
}

/** What goes on under a key that was stopped: requests being served, and up to when leases may begin others (0: none). */
export type Work = { inFlight: number; leasedUntil: number }

/** Whether a freeze is complete: nothing that began before it can be charged any more, nor anything begin (I10). */
export function isQuiet({ inFlight, leasedUntil }: Work): boolean {
  return inFlight === 0 && leasedUntil === 0
}

/** What the edge is told. A key that has expired is stopped by its expiry. */
export function policyStatus(status: KeyStatus): Policy.Status {
  switch (status) {
    case 'active':
    case 'expired':
      return 'active'
    case 'draft':
    case 'freezing':
    case 'frozen':
      return 'frozen'
    case 'revoked':
    case 'rotated':
      return 'revoked'
  }
}

/** The limits that the edge keeps, and an owner may change without a new signature for the chain. */
export type Limits = Pick<
  PermissionJson,
  'payees' | 'spendCap' | 'periodAmount' | 'periodDuration' | 'perPaymentMax' | 'expiry'
> & { routes: readonly string[] | null }

export type Limit = keyof Limits

/** Those members in which `next` lets the key do something that `old` did not. Windows of another length count as more. */
export function raised(old: Limits, next: Limits): Limit[] {
  const found: Limit[] = []
  if (!isWithin(next.payees, old.payees)) found.push('payees')
  if (BigInt(next.spendCap) > BigInt(old.spendCap)) found.push('spendCap')
  if (old.periodDuration !== 0) {
    if (next.periodDuration !== old.periodDuration) found.push('periodDuration')
    else if (BigInt(next.periodAmount) > BigInt(old.periodAmount)) found.push('periodAmount')
  }
  const [oldMax, nextMax] = [BigInt(old.perPaymentMax), BigInt(next.perPaymentMax)]
  if (oldMax !== 0n && (nextMax === 0n || nextMax > oldMax)) found.push('perPaymentMax')
  if (next.expiry > old.expiry) found.push('expiry')
  if (old.routes !== null && (next.routes === null || !isWithin(next.routes, old.routes))) found.push('routes')
  return found
}

function isWithin(inner: readonly string[], outer: readonly string[]): boolean {
  return inner.every((each) => outer.includes(each))
}
