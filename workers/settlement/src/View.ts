/** Reads a view of somebody's contract for an oracle. Nothing is sent, and nobody's money is near it. */
import { isAddress } from '@pbstream/core/Hex'
import type { ViewCall, ViewReply } from '@pbstream/core/message/Operations'
import { RpcUnavailable } from '@pbstream/nonce-lane/ChainRpc'
import type { Deps } from './Deps.ts'

/** Hex digits of calldata, and of an answer. */
const DIGITS_MAX = 8_192
/** Nodes keep the state of so many blocks; depth beyond it is not looked for. */
const DEPTH_MAX = 100
/** No read of a price takes more; a node would compute for longer. */
const GAS = 2_000_000n

/** Input may be anything. */
export async function view(deps: Deps, { chainId, contract, data }: ViewCall): Promise<ViewReply> {
  const chain = deps.chain(chainId)
  if (chain === undefined) return { kind: 'unavailable' }
  if (!isAddress(contract) || !/^0x(?:[0-9a-f]{2})*$/i.test(data) || data.length > 2 + DIGITS_MAX)
    return { kind: 'reverted' }
  try {
    const head = await chain.rpc.blockNumber()
    const block = Math.max(0, head - Math.min(chain.confirmations - 1, DEPTH_MAX))
    const reply = await chain.rpc.call({ to: contract, data, gas: GAS }, block)
    if (reply.kind === 'reverted' || reply.data === '0x' || reply.data.length > 2 + DIGITS_MAX)
      return { kind: 'reverted' }
    return { kind: 'returned', data: reply.data, block }
  } catch (error) {
    if (!(error instanceof RpcUnavailable)) throw error
    deps.log('rpc_unavailable', { message: error.message })
    return { kind: 'unavailable' }
  }
}
