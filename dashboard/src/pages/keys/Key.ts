/** A session key as the API shows it, and what follows from its status. */
import { isOver, type KeyStatus } from '@pbstream/core/KeyStatus'
import type { components } from '../../api/Schema.d.ts'
import { statusWords } from './words.ts'

export type Key = components['schemas']['SessionKey']
export type Detail = components['schemas']['SessionKeyDetail']
export type Made = components['schemas']['MadeSessionKey']
export type Status = Key['status']
export type Tone = 'info' | 'warn' | 'bad' | 'good'

export const STATUSES = ['draft', 'active', 'freezing', 'frozen', 'revoked', 'rotated', 'expired'] as const

export function isStatus(value: string | undefined): value is Status {
  return STATUSES.some((status) => status === value)
}

const tones: Record<KeyStatus, Tone> = {
  draft: 'info',
  active: 'good',
  freezing: 'warn',
  frozen: 'warn',
  revoked: 'bad',
  rotated: 'info',
  expired: 'info',
}

export function toneOf(status: Status): Tone {
  return tones[status]
}

export function statusText(status: Status): string {
  return statusWords[status]()
}

/** What an owner can do with a key in this status. */
export type Act = 'register' | 'freeze' | 'unfreeze' | 'rotate' | 'edit' | 'revoke' | 'fund'

export function actsOf(key: Pick<Key, 'status' | 'contract' | 'replacedBy' | 'registration'>): Act[] {
  const { status, contract, replacedBy, registration } = key
  const registering = registration === 'pending'
  if (status === 'draft') return [...(registering ? [] : (['register'] as const)), 'edit', 'revoke']
  if (isOver(status)) return status === 'revoked' ? [] : ['revoke']
  if (status === 'frozen' || status === 'freezing') return ['unfreeze', 'edit', 'revoke']
  const rotate = replacedBy === null ? (['rotate'] as const) : []
  const fund = contract === 'escrow' ? (['fund'] as const) : []
  return ['freeze', ...fund, ...rotate, 'edit', 'revoke']
}

export function can(key: Parameters<typeof actsOf>[0], act: Act): boolean {
  return actsOf(key).includes(act)
}

/**
 * The platform's rules, or the owner's, hold a key that its owner did not stop: unfreezing lets it go on. What a provider
 * holds is its own channels only, and for the provider to release.
 */
export function isHeld({ stops, breakers }: Pick<Detail, 'stops' | 'breakers'>): boolean {
  const whole = ({ scope }: { scope: string }) => !scope.startsWith('provider:')
  const stopped = (stops ?? []).some((stop) => stop.releasedAt === null && whole(stop))
  return stopped || (breakers ?? []).some((breaker) => breaker.phase === 'open' && whole(breaker))
}

/** What the key may spend right now in atomic units: the smallest of what cap and period leave; 0 while it is stopped. */
export function spendable({ status, usage }: Pick<Detail, 'status' | 'usage'>): bigint | undefined {
  if (status !== 'active') return 0n
  if (usage === null) return undefined
  const left = BigInt(usage.left)
  if (usage.window === null) return left
  const window = BigInt(usage.window.left)
  return window < left ? window : left
}

/** Unix milliseconds at which a running period ends and its amount is free again; undefined where there are none. */
export function resetAt({ usage }: Pick<Detail, 'usage'>, nowMs: number): number | undefined {
  const window = usage?.window
  if (window === undefined || window === null) return undefined
  const length = window.end - window.start
  if (length <= 0) return undefined
  // The object moves its window on with the next payment: what it says may be a window that has ended.
  const ends = window.end * 1_000
  if (ends > nowMs) return ends
  const passed = Math.floor((nowMs - ends) / (length * 1_000)) + 1
  return ends + passed * length * 1_000
}
