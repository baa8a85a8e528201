/** What the operations on session keys have in common. */
import { type Address, type Hex, zeroAddress } from '@pbstream/core/Hex'
import * as NobleSigner from '@pbstream/core/NobleSigner'
import type { TypedData } from '@pbstream/core/WalletRequest'
import { keyOf, type ManagedKey } from '@pbstream/db/SessionKeys'
import type { z } from '../api/Parts.ts'
import { type ApiContext, callerOf } from '../api/Types.ts'
import { Refusal } from '../Problem.ts'
import type { By } from './Change.ts'
import { DEADLINE_S } from './OnChain.ts'
import type * as Schemas from './Schemas.ts'

export const TAGS = ['Session keys']

/** Who asks, for what is changed. */
export function by(c: ApiContext): By {
  const { owner, mode, actor } = callerOf(c)
  return { env: c.env, database: c.var.database, owner, mode, actor, now: () => new Date() }
}

/** @throws {Refusal} not_found */
export async function found(c: ApiContext, id: string): Promise<ManagedKey> {
  const row = await keyOf(c.var.database, callerOf(c), id)
  if (row === undefined) throw new Refusal('not_found')
  return row
}

/** A key that the caller made, or a new one with its secret. */
export function maker({ key }: { key?: Address | undefined }): {
  key: Address
  secret: Hex | null
  madeBy: 'client' | 'service'
} {
  if (key !== undefined) return { key, secret: null, madeBy: 'client' }
  const bytes = crypto.getRandomValues(new Uint8Array(32))
  const secret = `0x${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')}` as Hex
  return { key: NobleSigner.create(secret).address, secret, madeBy: 'service' }
}

export function inAnHour(): number {
  return Math.floor(Date.now() / 1_000) + DEADLINE_S
}

export function typed(data: TypedData): z.infer<typeof Schemas.TypedData> {
  return data as unknown as z.infer<typeof Schemas.TypedData>
}

/** Whom a permission names as freezer: who was asked for, or this service. */
export async function freezerOf(c: ApiContext, asked: Address | null | undefined): Promise<Address> {
  if (asked !== undefined) return asked ?? zeroAddress
  return (await relayAddresses(c)).freezer ?? zeroAddress
}

/** Of this service, as far as settlement says; all unknown without it. */
export async function relayAddresses(c: ApiContext): Promise<{ freezer?: Address; receiverAuthorizer?: Address }> {
  return (await c.env.KEY_RELAY?.addresses(1)) ?? {}
}

export function randomSalt(): Hex {
  return `0x${crypto.randomUUID().replaceAll('-', '')}${crypto.randomUUID().replaceAll('-', '')}`
}
