/** Freeze, unfreeze and revoke: the service says what to sign, the wallet signs it. */
import type { Address } from '@pbstream/core/Hex'
import { Failure } from '../Failure.ts'
import { type Eip1193, toChain } from '../wallet/Provider.ts'
import { requireAccount, signed } from './Grant.ts'
import type { Action, Grant, Service } from './Service.ts'

const FORMS: Readonly<Record<Action, string>> = { freeze: 'FreezeKey', unfreeze: 'UnfreezeKey', revoke: 'RevokeKey' }

/**
 * @throws {Failure} `other_form` when the service asks for a signature of something else: what is signed here changes
 *   this key, and moves nothing.
 */
export async function change(
  { provider, account, service }: { provider: Eip1193; account: Address; service: Service },
  grant: Grant,
  token: string,
  action: Action,
): Promise<void> {
  const typedData = await service.signingRequest(grant.id, token, action)
  if (typedData['primaryType'] !== FORMS[action]) throw new Failure('other_form')
  await toChain(provider, grant.chainId)
  await requireAccount(provider, account)
  const signature = await signed(provider, account, typedData)
  const { version, deadline } = typedData.message
  await service.change(grant.id, token, action, { signature, deadline: Number(deadline), version: Number(version) })
}
