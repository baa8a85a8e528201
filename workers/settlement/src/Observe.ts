/** Reads a channel from the chain for a StreamSession that does not know it. */
import type { ChannelConfig } from '@pbstream/core/ChannelConfig'
import type { Hex } from '@pbstream/core/Hex'
import { type SessionRef, sessionName } from '@pbstream/core/message/Session'
import { RpcUnavailable } from '@pbstream/nonce-lane/ChainRpc'
import * as ChannelContract from './ChannelContract.ts'
import * as Check from './Check.ts'
import type { Deps } from './Deps.ts'

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
    const state = await Check.standing(chain, contract, config, channelId)
    const stop = await Check.keyStop(chain, contract, config)
    await deps.acknowledge(sessionName(session), [{ kind: 'observed', channelId, config, ...state, ...stop }])
    await deps.watch(session.chainId, [{ session, channelId, config }])
    return { ok: true }
  } catch (error) {
    if (!(error instanceof RpcUnavailable)) throw error
    deps.log('rpc_unavailable', { message: error.message })
    return { ok: false }
  }
}
