/** Stops a session key at once, by the API of the control Worker. */
import { isAddress, lower } from '@pbstream/core/Hex'
import type { ControlApi } from './ControlApi.ts'
import { Failure, UsageError } from './Failure.ts'
import { isObject } from './validate/Offers.ts'

export type Frozen = { id: string; key: string; status: string }

const ID = /^sk_[0-9A-Za-z_-]{1,64}$/
/** Pages of 100: more keys than any owner has. */
const MAX_PAGES = 100

/**
 * Freezes a key. `which`: its id (`sk_…`) or its address. Freezing what is frozen changes nothing.
 *
 * @throws {UsageError | Failure}
 */
export async function freeze(api: ControlApi, which: string): Promise<Frozen> {
  const id = ID.test(which) ? which : await idOf(api, which)
  const { json } = await api.call('POST', `/session-keys/${id}/freeze`, {})
  return { id, key: String(json['key']), status: String(json['status']) }
}

async function idOf(api: ControlApi, address: string): Promise<string> {
  if (!isAddress(address)) throw new UsageError('Say which key: its id sk_…, its address, or its name in `keys list`.')
  let cursor: string | undefined
  for (let page = 0; page < MAX_PAGES; page++) {
    const query = cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`
    const { json } = await api.call('GET', `/session-keys?limit=100${query}`)
    const rows = Array.isArray(json['data']) ? (json['data'] as unknown[]) : []
    const found = rows.find((row) => isObject(row) && row['key'] === lower(address))
    if (isObject(found)) return String(found['id'])
    if (typeof json['nextCursor'] !== 'string') break
    cursor = json['nextCursor']
  }
  throw new Failure(`You have no session key ${address} there. The other mode may have it: --test, or without.`)
}
