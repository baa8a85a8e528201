/** A new managed key: its row, its policy at the edge, and the refusal of the same key on the chain's other contract. */
import { type Address, type Hex, zeroAddress } from '@pbstream/core/Hex'
import type { KeyStatus } from '@pbstream/core/KeyStatus'
import * as SessionKey from '@pbstream/core/SessionKey'
import * as Voucher from '@pbstream/core/Voucher'
import * as Audit from '@pbstream/db/Audit'
import type { Orm, Statement } from '@pbstream/db/Database'
import { insertKey, keyOf, type ManagedKey, managed, type NewKey, rowOfSession } from '@pbstream/db/SessionKeys'
import { eventStatements } from '@pbstream/db/Webhooks'
import type { Chain } from '../api/Chains.ts'
import { Refusal } from '../Problem.ts'
import { type By, install, newsOf, spread } from './Change.ts'
import * as Edge from './Edge.ts'
import { type ContractKind, contractOf, nameOf, otherRef, refOf, refusingPolicy } from './Model.ts'

/** What is asked for. Amounts are decimal strings, times Unix seconds. */
export type Asked = {
  publicId: string
  chain: Chain
  kind: ContractKind
  account: Address
  key: Address
  madeBy: 'client' | 'service'
  name: string
  routes: string[] | null
  terms: Omit<SessionKey.PermissionJson, 'account' | 'key' | 'token'>
  replaces?: string
}

const ZERO_SALT: Hex = `0x${'00'.repeat(32)}`

/**
 * Makes the key once. `repeated`: it was there already, by the same request.
 *
 * @throws {Refusal} session_key_exists when the key is managed, on either contract of the chain.
 */
export async function create(
  by: By,
  asked: Asked,
  also?: (orm: Orm) => Statement[],
): Promise<{ row: ManagedKey; repeated: boolean }> {
  const { database, env, owner, mode } = by
  const fresh = toRow(by, asked)
  const made = await Audit.change(database, Audit.chainOf(owner, mode), async () => {
    const known = await keyOf(database, { owner, mode }, asked.publicId)
    if (known !== undefined) return { acts: [], statements: () => [], result: { row: known, repeated: true } }
    await requireFree(by, asked.chain, fresh)
    const row = managed({ ...emptyRow, ...fresh } as Parameters<typeof managed>[0])
    const detail = { chainId: row.chainId, contract: asked.kind, key: row.key, status: row.status, version: 1 }
    const act = { actor: by.actor, action: 'session_key.create', subject: asked.publicId, detail, at: row.createdAt }
    return {
      acts: [act],
      statements: (orm) => [
        insertKey(database, orm, fresh),
        ...(also?.(orm) ?? []),
        ...eventStatements(database, orm, owner, mode, 'session_key.created', newsOf(row), row.createdAt),
      ],
      result: { row, repeated: false },
    }
  })
  await secure(by, asked.chain, made.row)
  await spread(env, database, [made.row.id])
  return made
}

/** The policy of a new key in its object, and in that of the other contract one that refuses everything. */
export async function secure(by: Pick<By, 'env' | 'database'>, chain: Chain, row: ManagedKey): Promise<void> {
  await install(by, row)
  const other = otherRef(chain, refOf(row))
  if (other !== undefined) await Edge.setPolicy(by.env, other, refusingPolicy(row))
}

/** A key is managed once, on one contract. What was seen paying and nobody manages may be taken over. */
async function requireFree(by: By, chain: Chain, fresh: NewKey): Promise<void> {
  const ref = { chainId: fresh.chainId, contract: fresh.contract, payer: fresh.payer, payerAuthorizer: fresh.key }
  const other = otherRef(chain, ref)
  for (const each of other === undefined ? [ref] : [ref, other]) {
    const row = await rowOfSession(by.database, nameOf(each))
    if (row !== undefined && row.owner !== null) throw new Refusal('session_key_exists')
  }
  // The other contract's key may have been removed from the rows, never from its object.
  const held = await Edge.standing(by.env, ref)
  if (held !== undefined && held.status === 'revoked') throw new Refusal('session_key_exists')
}

function toRow(by: By, asked: Asked): NewKey {
  const { chain, kind, account, key } = asked
  const contract = contractOf(chain, kind)
  if (contract === undefined) throw new Refusal('relay_unavailable')
  const permission = permissionOf(asked)
  if (permission.expiry * 1_000 <= by.now().getTime()) {
    throw new Refusal('key_permission_invalid', { detail: 'expiry has passed' })
  }
  const domain = kind === 'escrow' ? Voucher.escrowDomainSeparator(chain.chainId, contract) : undefined
  const json = SessionKey.toJson(permission)
  const at = by.now()
  const status: KeyStatus = domain === undefined ? 'active' : 'draft'
  const id = nameOf({ chainId: chain.chainId, contract, payer: account, payerAuthorizer: key })
  return {
    id,
    session: id,
    chainId: chain.chainId,
    contract,
    payer: account,
    key,
    publicId: asked.publicId,
    owner: by.owner,
    mode: by.mode,
    name: asked.name,
    permission: domain === undefined ? json : { ...json, signed: json },
    routes: asked.routes,
    status,
    version: 1,
    keyId: domain === undefined ? null : SessionKey.keyId(permission, domain),
    registered: 'none',
    madeBy: asked.madeBy,
    replaces: asked.replaces ?? null,
    createdAt: at,
    updatedAt: at,
  }
}

/** @throws {Refusal} key_permission_invalid, as the contract would say. */
function permissionOf({ chain, kind, account, key, terms }: Asked): SessionKey.Permission {
  // Nobody signs the permission of a key of the canonical contract: there is no freezer and no salt to it.
  const unsigned = kind === 'canonical' ? { freezer: zeroAddress, salt: ZERO_SALT } : {}
  try {
    return SessionKey.parse({ ...terms, ...unsigned, account, key, token: chain.token })
  } catch (error) {
    if (!(error instanceof SessionKey.InvalidPermissionError)) throw error
    throw new Refusal('key_permission_invalid', { detail: error.message })
  }
}

const emptyRow = { replacedBy: null, graceUntil: null, firstSeenAt: null }
