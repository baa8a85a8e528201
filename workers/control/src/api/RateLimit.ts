/** Requests a minute, counted by the platform at each of its locations: a brake, not an exact count. */
import type { Env } from '../Env.ts'
import { Refusal } from '../Problem.ts'

/** `api` for each caller and each address, `sign_in` for strangers who want to become callers. */
export type Limit = 'api' | 'sign_in'

/** @throws {Refusal} rate_limited */
export async function limited(env: Env, limit: Limit, key: string): Promise<void> {
  const binding = limit === 'api' ? env.API_LIMIT : env.SIGN_IN_LIMIT
  if (binding === undefined) return
  const { success } = await binding.limit({ key })
  if (!success) throw new Refusal('rate_limited')
}

/** What stands for the machine of a stranger. IPv6 by its /64: whoever has one address there has all of them. */
export function addressKey(request: Request): string {
  const ip = request.headers.get('cf-connecting-ip') ?? 'unknown'
  return `ip:${ip.includes(':') ? network(ip) : ip}`
}

function network(ip: string): string {
  const [head = '', tail] = ip.toLowerCase().split('::', 2)
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length)
  const groups = [...left, ...Array.from({ length: zeros }, () => '0'), ...right]
  return groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')
}
