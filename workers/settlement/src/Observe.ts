/** Reads a channel from the chain for a StreamSession that does not know it, or has waited long for a refund of it. */
import type { ChannelConfig } from '@pbstream/core/ChannelConfig'
import type { Hex } from '@pbstream/core/Hex'
import { type SessionRef, sessionName } from '@pbstream/core/message/Session'
import { RpcUnavailable } from '@pbstream/nonce-lane/ChainRpc'
import * as ChannelContract from './ChannelContract.ts'
import * as Check from './Check.ts'
import type { Deps } from './Deps.ts'
import { fateOf } from './Fate.ts'
import { isOver } from './Refund.ts'

/** Tells the session what the newest block says of its channel. `ok` is false when nothing could be told. */
export async function observe(
  deps: Deps,
  session: SessionRef,
  channelId: Hex,
  config: ChannelConfig,
): Promise<{ ok: boolean }> {
  const chain = deps.chain(session.chainId)
  const contract = ChannelContract.find(chain, session.contract)
  if (chain === undefined || contract === undefined) return { ok: false }
  if (session.payer !== config.payer || session.payerAuthorizer !== config.payerAuthorizer) return { ok: false }
  if (!Check.isChannel(contract, config, channelId)) return { ok: false }
  try {
    const name = sessionName(session)
    const refund = (await deps.standing(name, channelId))?.refundUnheard
    // Before the chain is read: what the lane gives up now, no later block will have.
    const over = refund !== undefined && (await isOver(deps, chain, refund.refundId))
    const state = await Check.standing(chain, contract, config, channelId)
    const stop = await Check.keyStop(chain, contract, config)
    const fate = refund === undefined ? [] : fateOf(channelId, refund, { over, nonce: state.refundNonce })
    await deps.acknowledge(name, [...fate, { kind: 'observed', channelId, config, ...state, ...stop }])
    await deps.watch(session.chainId, [{ session, channelId, config }])
    return { ok: true }
  } catch (error) {
    if (!(error instanceof RpcUnavailable)) throw error
    deps.log('rpc_unavailable', { message: error.message })
    return { ok: false }
  }
}
