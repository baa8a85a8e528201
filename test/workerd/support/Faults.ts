/** What goes wrong between two commands of a history. Each strikes what comes next, and `stop` ends them all. */
import { abortAllDurableObjects, evictDurableObject, runInDurableObject } from 'cloudflare:test'
import { vi } from 'vitest'
import { client } from '../../../workers/settlement/test/support/chain.ts'
import { queues } from './host.ts'

export const faults = [
  'session evicted',
  'session aborted',
  'lane evicted',
  'lane aborted',
  'all aborted',
  'write fails',
  'queue refuses',
  'node is down',
  'broadcast is lost',
  'answer to a broadcast is lost',
  'newest block is reorganised',
] as const
export type Fault = (typeof faults)[number]

type Stub = () => DurableObjectStub

export class Faults {
  readonly #session: Stub
  readonly #lane: Stub
  /** Calls to the node that fail, by what becomes of them. */
  readonly #node = { down: 0, lost: 0, unheard: 0 }
  #spies: { mockRestore(): void }[] = []

  constructor(session: Stub, lane: Stub) {
    this.#session = session
    this.#lane = lane
    const real = globalThis.fetch
    this.#spies.push(
      vi.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
        // The tests' own hands on the chain are never hit: they do not send what a lane signs.
        const body = typeof init?.body === 'string' ? init.body : ''
        const broadcast = body.includes('"eth_sendRawTransaction"')
        const ours = broadcast || body.includes('"eth_blockNumber"') || body.includes('"eth_getTransactionCount"')
        if ((ours && this.#node.down-- > 0) || (broadcast && this.#node.lost-- > 0)) throw new TypeError('refused')
        const answer = await real(input, init)
        if (broadcast && this.#node.unheard-- > 0) throw new TypeError('connection lost')
        return answer
      }),
    )
  }

  async strike(fault: Fault): Promise<void> {
    switch (fault) {
      case 'session evicted':
        return evicted(this.#session())
      case 'session aborted':
        return aborted(this.#session())
      case 'lane evicted':
        return evicted(this.#lane())
      case 'lane aborted':
        return aborted(this.#lane())
      case 'all aborted':
        return abortAllDurableObjects()
      case 'write fails':
        return runInDurableObject(this.#session(), (_, { storage }) => {
          vi.spyOn(storage, 'transactionSync').mockImplementationOnce(() => {
            throw new Error('disk full')
          })
        })
      case 'queue refuses':
        queues.refuse = 2
        return
      case 'node is down':
        this.#node.down = 3
        return
      case 'broadcast is lost':
        this.#node.lost = 1
        return
      case 'answer to a broadcast is lost':
        this.#node.unheard = 1
        return
      case 'newest block is reorganised':
        await client.request({ method: 'anvil_reorg' as never, params: [1, []] as never })
    }
  }

  mine(): Promise<void> {
    return client.mine({ blocks: 1 })
  }

  async stop(): Promise<void> {
    queues.refuse = 0
    Object.assign(this.#node, { down: 0, lost: 0, unheard: 0 })
    for (const spy of this.#spies.splice(0)) spy.mockRestore()
  }
}

async function evicted(stub: DurableObjectStub): Promise<void> {
  // One that is not in memory cannot be evicted.
  await evictDurableObject(stub).catch(() => undefined)
}

async function aborted(stub: DurableObjectStub): Promise<void> {
  await runInDurableObject(stub, (_, state) => state.abort('fault')).catch(() => undefined)
}
