/** What is done with a key, through the API and, where needed, the wallet. */
import type { Hex } from '@pbstream/core/Hex'
import { api, ApiProblem, data, dataAndEtag } from '../../api/Client.ts'
import { confirmed } from '../../api/Confirmed.ts'
import type { components } from '../../api/Schema.d.ts'
import { signTypedData } from '../../Wallet.ts'
import type { Detail, Key, Made } from './Key.ts'
import { succession, type TypedData } from './Succession.ts'

type Schemas = components['schemas']
export type { TypedData } from './Succession.ts'
export type Headers = Record<string, string>
/** What a wallet signed for the chain. */
export type Signed = { signature: Hex; deadline: number; version: number }

const path = (id: string) => ({ path: { id } })

export function detail(id: string, signal?: AbortSignal): Promise<{ data: Detail; etag: string }> {
  return dataAndEtag(api.GET('/session-keys/{id}', { params: path(id), ...(signal === undefined ? {} : { signal }) }))
}

export function create(body: Schemas['NewSessionKey'], headers: Headers): Promise<Made> {
  return data(api.POST('/session-keys', { headers, body }))
}

/** In force when it answers; `onChain`: its account also freezes it in the contract. */
export function freeze(id: string, onChain?: Signed): Promise<Key> {
  const body = onChain === undefined ? {} : { onChain }
  return data(api.POST('/session-keys/{id}/freeze', { params: path(id), body }))
}

/**
 * Asks the wallet. A key that is frozen on chain is unfrozen there: then the wallet signs `UnfreezeKey`, which the service
 * relays; for all others it confirms the change. `why`: for what rules have stopped.
 */
export function unfreeze(id: string, why: { reason?: string; snoozeSeconds?: number } = {}): Promise<Key> {
  const send = (headers: Headers, body: Schemas['SessionKeyUnfreezing']) =>
    data(api.POST('/session-keys/{id}/unfreeze', { params: path(id), headers, body }))
  return confirmed(async (headers) => {
    try {
      return await send(headers, why)
    } catch (error) {
      const signed = await signedForChain(error, 'UnfreezeKey')
      if (signed === undefined) throw error
      // Another body is another request: it has an Idempotency-Key of its own.
      return send({}, { ...why, onChain: signed })
    }
  })
}

/** The signature that a refusal asks for, if it asks for this form. @throws what the wallet throws. */
async function signedForChain(error: unknown, form: string): Promise<Signed | undefined> {
  if (!(error instanceof ApiProblem) || error.code !== 'signature_required') return undefined
  const asked = (error.typedData ?? {}) as Partial<TypedData>
  return asked.primaryType === form ? sign(asked as TypedData) : undefined
}

/** Stops a key for good; `onChain`: its account also revokes it in the contract. */
export function revoke(id: string, onChain?: Signed): Promise<Key> {
  const body = onChain === undefined ? {} : { onChain }
  return data(api.POST('/session-keys/{id}/revoke', { params: path(id), body }))
}

/** What the account signs to change a registered key on chain, signed. */
export async function signForChain(id: string, action: 'freeze' | 'revoke'): Promise<Signed> {
  const params = { ...path(id), query: { action } }
  return sign((await data(api.GET('/session-keys/{id}/signing-request', { params }))) as TypedData)
}

/** A draft's permission, to be signed anew: a signature is good for an hour. */
export async function registration(row: Key): Promise<TypedData> {
  if (row.replaces !== null) return succession(row, (await detail(row.replaces)).data)
  const params = { ...path(row.id), query: { action: 'register' as const } }
  return (await data(api.GET('/session-keys/{id}/signing-request', { params }))) as TypedData
}

/** Hands in a signed permission; of a rotation with what was signed of the old key. Waits for the block, up to 15 s. */
export function register(id: string, typed: TypedData, signature: Hex, graceSeconds?: number): Promise<Key> {
  const { deadline, version, maxUsage } = typed.message
  const body = {
    signature,
    deadline: Number(deadline),
    ...(version === undefined ? {} : { version: Number(version) }),
    ...(typeof maxUsage === 'string' ? { maxUsage } : {}),
    ...(graceSeconds === undefined ? {} : { graceSeconds }),
  }
  return data(api.POST('/session-keys/{id}/register', { params: path(id), body }))
}

export function rotate(id: string, body: Schemas['SessionKeyRotation'], headers: Headers): Promise<Made> {
  return data(api.POST('/session-keys/{id}/rotate', { params: path(id), headers, body }))
}

/** @throws {ApiProblem} precondition_failed when the key has changed since `etag`. */
export function edit(id: string, etag: string, body: Schemas['EditSessionKey']): Promise<Key> {
  return confirmed((headers) =>
    data(api.PATCH('/session-keys/{id}', { params: path(id), headers: { ...headers, 'If-Match': etag }, body })),
  )
}

async function sign(typed: TypedData): Promise<Signed> {
  const signature = await signTypedData(typed)
  const { deadline, version } = typed.message
  return { signature, deadline: Number(deadline), version: Number(version ?? 0) }
}
