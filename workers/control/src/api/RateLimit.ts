/** Requests a minute, counted by the platform at each of its locations: a brake, not an exact count. */
import { addressBucket } from '@pbstream/core/AddressBucket'
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

/** What stands for the machine of a stranger. */
export function addressKey(request: Request): string {
  return addressBucket(request.headers.get('cf-connecting-ip'))
}
