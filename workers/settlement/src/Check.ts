/** What can be said about orders before they are sent, and why one would revert. */
import * as Authorization from '@pbstream/core/Authorization'
import * as ChannelConfig from '@pbstream/core/ChannelConfig'
import type { ErrorCode } from '@pbstream/core/Errors'
import type { Hex } from '@pbstream/core/Hex'
import type { DepositOrder } from '@pbstream/core/message/Settlement'
import { recover } from '@pbstream/core/NobleRecover'
import { type Block, RpcUnavailable } from '@pbstream/nonce-lane/ChainRpc'
import * as SessionKey from '@pbstream/core/SessionKey'
import * as Signature from '@pbstream/core/Signature'
import type { ChannelContract } from './ChannelContract.ts'
import * as Contract from './Contract.ts'
import type { Chain } from './Deps.ts'

export type Problem = { code: ErrorCode; detail?: string }

/** Seconds that an authorisation must still be good for, so that it can be mined. */
const MARGIN = 6n

/** True when the id is the hash of the config on this contract. */
export function isChannel(contract: ChannelContract, config: ChannelConfig.ChannelConfig, channelId: Hex): boolean {
  return ChannelConfig.id(config, contract.domain) === channelId
}

/** The channel in the newest block; `withdrawRequestedAt` is 0 for a request that has lapsed. */
export async function standing(
  chain: Chain,
  contract: ChannelContract,
  config: ChannelConfig.ChannelConfig,
  channelId: Hex,
): Promise<Contract.FullChannelState & { block: number }> {
  const head = await chain.rpc.block('latest')
  if (head === undefined) throw new RpcUnavailable('no newest block')
  const state = await Contract.readChannel(chain.rpc, contract.address, channelId, head.number)
  return { ...current(contract, config, state, head.time), block: head.number }
}

/** The state as it counts at `now`, Unix seconds by the chain: without a request that has lapsed. */
export function current(
  contract: ChannelContract,
  config: ChannelConfig.ChannelConfig,
  state: Contract.FullChannelState,
  now: number,
): Contract.FullChannelState {
  const lapsed = contract.kind === 'escrow' && state.withdrawRequestedAt + lapsesAfter(config) <= now
  return lapsed ? { ...state, withdrawRequestedAt: 0 } : state
}

/** Seconds after which the escrow forgets a request for withdrawal. In the canonical contract none is forgotten. */
export function lapsesAfter({ withdrawDelay }: ChannelConfig.ChannelConfig): number {
  return 2 * withdrawDelay
}

/**
 * The stop of the session key that governs a channel: the earliest by the newest block, and whether it has bitten at
 * depth k, where no reorganisation lifts it. Nothing for a channel without a key.
 */
export async function keyStop(
  chain: Chain,
  contract: ChannelContract,
  config: ChannelConfig.ChannelConfig,
  at?: Block,
): Promise<{ keyStoppedAt?: number; keyOver?: boolean }> {
  if (contract.kind !== 'escrow' || !SessionKey.governs(config.salt)) return {}
  const { rpc, confirmations } = chain
  const keyStoppedAt = await Contract.readKeyStop(rpc, contract.address, config.salt, 'latest')
  if (keyStoppedAt === undefined) return {}
  const deep = at ?? (await rpc.block(Math.max(0, (await rpc.blockNumber()) - confirmations + 1)))
  if (deep === undefined || deep.time < keyStoppedAt + config.withdrawDelay) return { keyStoppedAt, keyOver: false }
  const final = await Contract.readKeyStop(rpc, contract.address, config.salt, deep.number)
  return { keyStoppedAt, keyOver: final !== undefined && deep.time >= final + config.withdrawDelay }
}

export type Times = { validAfter: bigint; validBefore: bigint }

/** Why an authorisation cannot be used now, by its times alone. */
export function times({ validAfter, validBefore }: Times, nowMs: number): 'early' | 'late' | undefined {
  const now = BigInt(Math.floor(nowMs / 1000))
  if (validAfter > now) return 'early'
  return validBefore < now + MARGIN ? 'late' : undefined
}

/** The form in which a signature goes into a contract call; what is not ECDSA goes in as it is. */
export function forContract(signature: Hex): Hex {
  return Signature.normalise(signature) ?? signature
}

/** A deposit as the contract takes it. */
export function depositCalldata(
  contract: ChannelContract,
  { config, amount, authorization }: Pick<DepositOrder, 'config' | 'amount' | 'authorization'>,
): Hex {
  const signature = forContract(authorization.signature)
  return Contract.deposit(config, amount, contract.collector, { ...authorization, signature })
}

/** The authorisation that a deposit's payer signed. */
export function depositAuthorization(
  contract: ChannelContract,
  order: Pick<DepositOrder, 'channelId' | 'config' | 'amount' | 'authorization'>,
) {
  const { validAfter, validBefore, salt, signature } = order.authorization
  return {
    from: order.config.payer,
    to: contract.collector,
    value: order.amount,
    validAfter,
    validBefore,
    nonce: Authorization.depositNonce(order.channelId, salt),
    signature,
  }
}

/** Why a deposit that would revert does so. */
export async function whyNoDeposit(
  chain: Chain,
  contract: ChannelContract,
  order: Parameters<typeof depositAuthorization>[1],
): Promise<Problem> {
  const authorization = depositAuthorization(contract, order)
  const why = await whyNotSpent(chain, authorization, Authorization.receiveDigest(chain.tokenDomain, authorization))
  if (why === 'used') return { code: 'deposit_authorization_invalid', detail: 'it was used or cancelled' }
  if (why === 'signature') return { code: 'deposit_authorization_invalid', detail: 'it is not signed by the payer' }
  if (why === 'funds') return { code: 'insufficient_funds' }
  // The escrow says what the terms of a session key forbid.
  const call = { to: contract.address, data: depositCalldata(contract, order) }
  const detail = contract.kind === 'escrow' ? await Contract.errorOf(chain.rpc, call) : undefined
  return { code: 'deposit_failed', ...(detail === undefined ? {} : { detail }) }
}

/** Why a transfer that would revert does so. */
export async function whyNoTransfer(chain: Chain, authorization: Authorization.Authorization): Promise<Problem> {
  const why = await whyNotSpent(chain, authorization, Authorization.transferDigest(chain.tokenDomain, authorization))
  if (why === 'used') return { code: 'exact_used' }
  if (why === 'signature') return { code: 'exact_signature_invalid' }
  return { code: why === 'funds' ? 'insufficient_funds' : 'transaction_reverted' }
}

type Why = 'used' | 'signature' | 'funds' | 'other'

async function whyNotSpent(chain: Chain, a: Authorization.Authorization, digest: Uint8Array): Promise<Why> {
  const [used, balance] = await Promise.all([
    Contract.authorizationUsed(chain.rpc, chain.token, a.from, a.nonce),
    Contract.balanceOf(chain.rpc, chain.token, a.from),
  ])
  if (used) return 'used'
  if (recover(digest, a.signature) !== a.from) return 'signature'
  return balance < a.value ? 'funds' : 'other'
}

/** True when an ECDSA signature over a 32-byte digest is by this address. */
export function signedBy(address: Hex, digest: Uint8Array, signature: Hex): boolean {
  return recover(digest, signature) === address
}
