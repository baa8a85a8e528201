/** Puts a signed change of a session key on chain: tried first, journaled in a lane of its own, then seen mined. */
import { fromBytes, type Hex } from '@pbstream/core/Hex'
import type { KeyOnChain, KeyOrder, KeyRefusal, KeyReply } from '@pbstream/core/message/KeyRelay'
import * as SessionKey from '@pbstream/core/SessionKey'
import type { LaneOrder } from '@pbstream/nonce-lane/Order'
import type { ChannelContract } from './ChannelContract.ts'
import type { Chain, Deps } from './Deps.ts'
import { readKey, refusalOf } from './KeyRelayChain.ts'
import { prepare, type Prepared, unusable } from './KeyRelayOrder.ts'
import { reachable } from './KeyRelayReach.ts'
import { isSigned } from './KeyRelayWallet.ts'
import type { Signer } from './Keys.ts'
import { submit, transactionOf } from './Submit.ts'

/** Where changes are relayed to, and who pays. */
export type Site = { chain: Chain; escrow: ChannelContract; payer: Signer }

/** Seconds that a signature must still be good for, so that it can be mined. */
const MARGIN = 6
const HOUR = 3_600

/** The escrow of that chain; refused where there is none or nobody pays for relaying. */
export function siteOf(deps: Deps, chainId: unknown): Site | KeyRefusal {
  const chain = typeof chainId === 'number' ? deps.chain(chainId) : undefined
  const escrow = chain?.contracts.find(({ kind }) => kind === 'escrow')
  const payer = deps.keys.relayGas
  if (chain === undefined || escrow === undefined || payer === undefined) {
    return { kind: 'refused', code: 'relay_unavailable' }
  }
  return { chain, escrow, payer }
}

/** Makes the change once, however often it is asked for; one that is on chain already is done. */
export async function relay(deps: Deps, order: KeyOrder): Promise<KeyReply> {
  const site = siteOf(deps, order?.chainId)
  if ('code' in site) return site
  const prepared = prepare(order.change, site.escrow.domain)
  if ('code' in prepared) return prepared
  return reachable(() => make(deps, site, prepared, waitOf(order.waitMs)))
}

/** Freezes a key by our own signature. Asked again within the hour it is the same transaction. */
export async function freezeAsFreezer(
  deps: Deps,
  order: { chainId: number; keyId: Hex; waitMs: number },
): Promise<KeyReply> {
  const site = siteOf(deps, order?.chainId)
  if ('code' in site) return site
  const { keyId } = order
  if (!SessionKey.isKeyId(keyId)) return unusable('keyId')
  const { freezer } = deps.keys
  if (freezer === undefined) return { kind: 'refused', code: 'relay_unavailable' }
  return reachable<KeyReply>(async () => {
    const { chain, escrow } = site
    const key = await readKey(chain.rpc, escrow.address, keyId)
    if (key === undefined) return { kind: 'refused', code: 'key_not_registered' }
    if (key.freezer !== freezer.address) return { kind: 'refused', code: 'key_signature_invalid' }
    const deadline = (Math.floor((await chain.rpc.time()) / HOUR) + 2) * HOUR
    const { version } = key
    const signature = await freezer.sign(SessionKey.freezeDigest(escrow.domain, { keyId, version, deadline }))
    const change = { kind: 'freeze', keyId, signer: freezer.address, version, deadline, signature } as const
    const prepared = prepare(change, escrow.domain)
    return 'code' in prepared ? prepared : make(deps, site, prepared, waitOf(order.waitMs))
  })
}

async function make(deps: Deps, site: Site, change: Prepared, ms: number): Promise<KeyReply> {
  const { chain, escrow, payer } = site
  const before = await done(site, change)
  if (before !== undefined) return before
  if ((await chain.rpc.time()) + MARGIN > change.deadline) return { kind: 'refused', code: 'key_signature_expired' }
  const call = { from: payer.address, to: escrow.address, data: change.data, gas: change.maxGas }
  const refused = await refusalOf(chain.rpc, call)
  // Perhaps because it was mined in this moment.
  if (refused !== undefined) return (await done(site, change)) ?? refused
  const outcome = await submit(deps, chain, laneOrder(site, change), { ms, again: true })
  switch (outcome.kind) {
    case 'pending':
      return { kind: 'pending', keyId: change.keyId, ...transactionOf(outcome) }
    case 'unavailable':
      return { kind: 'refused', code: 'temporarily_unavailable', detail: outcome.message }
    default: {
      // Whoever made the change, it is the state that counts.
      const after = await done(site, change, outcome)
      return after ?? (await refusalOf(chain.rpc, call)) ?? { kind: 'refused', code: 'transaction_reverted' }
    }
  }
}

/** What is answered when the chain shows that the change was made. */
async function done(
  site: Site,
  change: Prepared,
  by: { transaction?: Hex } | object = {},
): Promise<KeyReply | undefined> {
  const key = await standing(site, change)
  if (key === undefined) return undefined
  const signed = change.proof === undefined || (await isSigned(site.chain, key.account, change.digest, change.proof))
  return signed ? { kind: 'done', key, ...transactionOf(by) } : { kind: 'refused', code: 'key_signature_invalid' }
}

/** The key when the chain shows that the change was made. */
async function standing({ chain, escrow }: Site, change: Prepared): Promise<KeyOnChain | undefined> {
  const key = await readKey(chain.rpc, escrow.address, change.keyId)
  if (key === undefined || !change.isDone(key)) return undefined
  if (change.revokes === undefined) return key
  const old = await readKey(chain.rpc, escrow.address, change.revokes)
  return old !== undefined && old.revokedAt !== 0 ? key : undefined
}

function laneOrder({ chain, escrow, payer }: Site, change: Prepared): LaneOrder {
  return {
    chainId: chain.chainId,
    signer: payer.address,
    id: `key:${fromBytes(change.digest)}`,
    purpose: 'key',
    to: escrow.address,
    data: change.data,
    acks: [],
    keys: [],
    maxGas: change.maxGas,
    channels: 0,
    amount: 0n,
  }
}

export function waitOf(ms: unknown): number {
  return typeof ms === 'number' && ms > 0 ? ms : 0
}
