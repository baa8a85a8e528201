/** What is answered while a chain is not. */
import type { KeyRefusal } from '@pbstream/core/message/KeyRelay'
import { RpcUnavailable } from '@pbstream/nonce-lane/ChainRpc'

/** While the node does not answer, nothing is known and nothing is done. */
export async function reachable<T>(work: () => Promise<T>): Promise<T | KeyRefusal> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof RpcUnavailable) return { kind: 'refused', code: 'temporarily_unavailable' }
    throw error
  }
}
