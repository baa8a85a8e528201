/**
 * What goes wrong between two commands of a history. Each strikes what comes next, and `stop` ends them all. What has
 * struck is told: an object that is not there any more, a write or a call that has failed, blocks that are gone.
 */
import { abortAllDurableObjects, evictDurableObject, runInDurableObject } from 'cloudflare:test'
import { BlockNotFoundError } from 'viem'
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
  'two blocks are reorganised',
] as const
export type Fault = (typeof faults)[number]

type Stub = () => DurableObjectStub

export class Faults {
  readonly #session: Stub
  readonly #lane: Stub
  /** Calls to the node that fail, by what becomes of them. */
  readonly #node = { down: 0, lost: 0, unheard: 0 }
  readonly #struck: (fault: Fault) => void
  #spies: { mockRestore(): void }[] = []

  constructor(session: Stub, lane: Stub, struck: (fault: Fault) => void) {
    this.#session = session
    this.#lane = lane
    this.#struck = struck
    queues.onRefusal = () => struck('queue refuses')
    const real = globalThis.fetch
    this.#spies.push(
      vi.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
        // The tests' own hands on the chain are never hit: they do not send what a lane signs.
        const body = typeof init?.body === 'string' ? init.body : ''
        const broadcast = body.includes('"eth_sendRawTransaction"')
        const ours = broadcast || body.includes('"eth_blockNumber"') || body.includes('"eth_getTransactionCount"')
        if (ours && this.#node.down-- > 0) this.#fail('node is down')
        if (broadcast && this.#node.lost-- > 0) this.#fail('broadcast is lost')
        const answer = await real(input, init)
        if (broadcast && this.#node.unheard-- > 0) this.#fail('answer to a broadcast is lost')
        return answer
      }),
    )
  }

  async strike(fault: Fault): Promise<void> {
    switch (fault) {
      case 'session evicted':
        return this.#end(fault, this.#session, evictDurableObject)
      case 'session aborted':
        return this.#end(fault, this.#session, aborted)
      case 'lane evicted':
        return this.#end(fault, this.#lane, evictDurableObject)
      case 'lane aborted':
        return this.#end(fault, this.#lane, aborted)
      case 'all aborted':
        return this.#end(fault, this.#session, abortAllDurableObjects)
      case 'write fails':
        return runInDurableObject(this.#session(), (_, { storage }) => {
          vi.spyOn(storage, 'transactionSync').mockImplementationOnce(() => {
            this.#struck(fault)
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
        return this.#reorganise(fault, 1)
      case 'two blocks are reorganised':
        return this.#reorganise(fault, 2)
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

  #fail(fault: Fault): never {
    this.#struck(fault)
    throw new TypeError('connection lost')
  }

  /** Ends an object. It has ended when another stands in its place: what one leaves behind is only on disk. */
  async #end(fault: Fault, stub: Stub, end: (stub: DurableObjectStub) => Promise<void>): Promise<void> {
    const before = await instance(stub())
    await end(stub())
    if ((await instance(stub())) === before) throw new Error(`${fault}: it goes on as if nothing had happened`)
    this.#struck(fault)
  }

  async #reorganise(fault: Fault, depth: number): Promise<void> {
    const newest = await client.getBlock()
    await client.request({ method: 'anvil_reorg' as never, params: [depth, []] as never })
    // There may be none yet in its place.
    const instead = await client.getBlock({ blockNumber: newest.number }).catch((error: unknown) => {
      if (error instanceof BlockNotFoundError) return undefined
      throw error
    })
    // An empty block may be replaced by its like.
    if (instead?.hash !== newest.hash) this.#struck(fault)
  }
}

/** Which object of this name is in memory, by identity. Makes one if there is none. */
function instance(stub: DurableObjectStub): Promise<object> {
  return runInDurableObject(stub, (object: object) => object)
}

async function aborted(stub: DurableObjectStub): Promise<void> {
  await runInDurableObject(stub, (_, state) => state.abort('fault')).catch(() => undefined)
}
