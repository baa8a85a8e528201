/** The little that is asked of a chain: code, and how a channel stands. */
import * as Eip712 from '@pbstream/core/Eip712'
import { type Address, fromBytes, type Hex } from '@pbstream/core/Hex'

/** Calls a method of an Ethereum node. */
export type Rpc = (method: string, params: unknown[]) => Promise<unknown>

/** A node behind a URL. Its errors do not hold the URL, in which there may be a key. */
export function httpRpc(url: string, send: typeof fetch): Rpc {
  return async (method, params) => {
    const response = await send(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    })
    const answer = (await response.json()) as { result?: unknown; error?: { message?: string } }
    if (answer.error !== undefined) throw new Error(`${method} failed: ${answer.error.message ?? 'no reason given'}`)
    return answer.result
  }
}

const CHANNELS = fromBytes(Eip712.typeHash('channels(bytes32)').subarray(0, 4))

/** What the contract has of a channel: its money, and what is recorded as claimed of it. */
export async function readChannel(
  rpc: Rpc,
  contract: Address,
  channelId: Hex,
): Promise<{ balance: bigint; totalClaimed: bigint }> {
  const data = `${CHANNELS}${channelId.slice(2)}`
  const result = await rpc('eth_call', [{ to: contract, data }, 'latest'])
  if (typeof result !== 'string' || !/^0x[0-9a-fA-F]{128}$/.test(result)) throw new Error('no such contract')
  return { balance: BigInt(result.slice(0, 66)), totalClaimed: BigInt(`0x${result.slice(66)}`) }
}
