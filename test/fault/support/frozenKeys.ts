import { lower } from '@pbstream/core/Hex'
import { type SessionRef, sessionName } from '@pbstream/core/message/Session'
import { Chain } from '@pbstream/local/Chain'
import { addressOf } from '@pbstream/local/Keys'
import { usdc } from '../../support/keysApi.ts'
import { paymentOf } from '../../support/payment.ts'
import type { World } from './World.ts'

type Status = 'active' | 'frozen'

/** The session key that a paid request is of. */
export function keyOf(request: Request): SessionRef {
  const { payer, payerAuthorizer } = paymentOf(request).payload.channelConfig
  const contract = lower(Chain.addresses.batchSettlement)
  return { chainId: Chain.id, contract, payer: lower(payer), payerAuthorizer: lower(payerAuthorizer) }
}

/** What the session of a key goes by; nobody else hears of it. Versions rise. */
export async function setKey({ stack }: World, key: SessionRef, status: Status, version: number): Promise<void> {
  const session = await stack.system.session(sessionName(key))
  const second = Math.floor(Date.now() / 1_000)
  const reply = await session.setPolicy(1, key, {
    version,
    status,
    token: usdc,
    payees: [lower(addressOf(stack.keys.provider))],
    spendCap: 10n ** 12n,
    periodAmount: 0n,
    periodDuration: 0,
    perPaymentMax: 0n,
    start: second - 86_400,
    expiry: second + 86_400,
    routes: null,
  })
  if (!reply.applied) throw new Error(`version ${version} of the key was not taken`)
}

/** What the database says of a key, whatever its session knows: also what was true once. `at`: Unix milliseconds. */
export async function tellDatabase(
  { stack }: World,
  key: SessionRef,
  { status, version, at = Date.now() }: { status: Status; version: number; at?: number },
): Promise<void> {
  const { orm, tables } = stack.system.database
  const { chainId, contract, payer, payerAuthorizer } = key
  const id = sessionName(key)
  const change = { status, version, updatedAt: new Date(at) }
  await orm
    .insert(tables.sessionKey)
    .values({ id, session: id, chainId, contract, payer, key: payerAuthorizer, ...change })
    .onConflictDoUpdate({ target: tables.sessionKey.id, set: change })
}
