import type { WorkerName } from '@pbstream/local/Bundle'
import { Chain } from '@pbstream/local/Chain'
import { type Stack, type StackOptions, startStack } from '../../support/Stack.ts'
import { Caller } from './Caller.ts'
import { RpcProxy } from './RpcProxy.ts'

/** What a call costs, in atomic units. */
export const price = 1000n

export type Rows<T> = { name: string; rows: T[] }[]
type Binding = 'STREAM_SESSION' | 'NONCE_LANE'

/** Which Worker hosts the objects of a binding. */
const hosts: Record<Binding, WorkerName> = { STREAM_SESSION: 'gateway', NONCE_LANE: 'settlement' }

export type WorldOptions = {
  confirmations?: number
  routes?: StackOptions['routes']
  vars?: Record<string, string>
  directory?: string
  /** Other settings of the chain, in milliseconds. */
  chain?: { stallMs?: number }
  /** Payment is taken on a chain of this id too. The same node stands for it; nobody has money there. */
  secondChain?: number
  /** Seconds for which queues wait for more messages: hardly any, unless what comes together is what is tested. */
  batchSeconds?: number
}

/** A whole system whose parts fail when a test says so, between a chain and callers that keep count. */
export class World {
  readonly stack: Stack
  /** Between settlement and the chain. */
  readonly rpc: RpcProxy
  readonly callers: Caller[] = []

  private constructor(stack: Stack, rpc: RpcProxy) {
    this.stack = stack
    this.rpc = rpc
  }

  static async start(options: WorldOptions = {}): Promise<World> {
    const { confirmations = 1, routes, vars, directory, chain, batchSeconds = 0.05, secondChain } = options
    const rpc = await RpcProxy.start()
    const ids = [Chain.id, ...(secondChain === undefined ? [] : [secondChain])]
    const chains = ids.map((id) => ({ ...chainOf(rpc.url, id), confirmations, ...chain }))
    const stack = await startStack({
      routes: routes ?? [{ path: '/work' }],
      // Every charge is claimed soon, so that there are claims under way while faults strike.
      vars: {
        SETTLE_AGE_MS: '300',
        CHAINS: JSON.stringify(chains),
        ...vars,
      },
      ...(directory === undefined ? {} : { directory }),
      system: { rpcUrl: rpc.url, batchSeconds },
    })
    rpc.target = stack.chain.rpcUrl
    return new World(stack, rpc)
  }

  /** The next `times` passes through `point` of a Worker fail; `ms` is how long it hangs or how slow it is at most. */
  async arm(worker: WorkerName, point: string, times = 1, ms = 0): Promise<void> {
    await this.#ask(worker, 'arm', { point, times, ms })
  }

  /** How often each fault of a Worker has struck. */
  async struck(worker: WorkerName): Promise<Record<string, number>> {
    return (await this.#ask<{ struck: Record<string, number> }>(worker, 'struck')).struck
  }

  /** How often each point of a Worker was passed; of queues, as `…:bytes`, how large the largest message was. */
  async met(worker: WorkerName): Promise<Record<string, number>> {
    return (await this.#ask<{ met: Record<string, number> }>(worker, 'struck')).met
  }

  /** Ends all objects of a binding where they stand; what is not on disk is gone. */
  async abort(of: Binding): Promise<void> {
    const { ended } = await this.#ask<{ ended: number }>(hosts[of], `abort?of=${of}`)
    if (ended === 0) throw new Error(`no object of ${of} was there to abort`)
  }

  /** The same, and their alarms are gone too: nothing but a call brings them back. */
  async loseAlarms(of: Binding): Promise<void> {
    const { ended } = await this.#ask<{ ended: number }>(hosts[of], `abort?of=${of}&alarmless`)
    if (ended === 0) throw new Error(`no object of ${of} was there to abort`)
  }

  /**
   * Sets the clock of a Worker and its objects: off by so many milliseconds, standing at a Unix time in them, or going on
   * so many times as fast from where it is, with all timers and alarms that are set from then on.
   */
  async clock(worker: WorkerName, set: { skew: number } | { at: number } | { pace: number }): Promise<void> {
    await this.#ask(worker, 'clock', set)
  }

  /** What an operator asks of `/ops`. */
  async ops<T>(method: 'GET' | 'POST', path: string): Promise<T> {
    const headers = { authorization: `Bearer ${this.stack.keys.operator}` }
    const response = await fetch(`${this.stack.system.urls.control}/ops${path}`, { method, headers })
    if (!response.ok) throw new Error(`/ops${path}: ${response.status}`)
    return (await response.json()) as T
  }

  /** What is on the disks of the objects of a binding. */
  rows<T>(of: Binding, sql: string): Promise<Rows<T>> {
    return this.#ask(hosts[of], 'rows', { of, sql })
  }

  async caller(options: Parameters<Stack['payer']>[0] = {}): Promise<Caller> {
    const caller = await Caller.create(this.stack, options)
    this.callers.push(caller)
    return caller
  }

  /** Several payers with a channel each. Funded one after another: the chain's operator has one nonce at a time. */
  async crowd(count: number): Promise<Caller[]> {
    const crowd: Caller[] = []
    while (crowd.length < count) crowd.push(await this.caller())
    return crowd
  }

  async stop(): Promise<void> {
    await this.stack.stop()
    await this.rpc.stop()
  }

  async #ask<T>(worker: WorkerName, path: string, body?: object): Promise<T> {
    const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }
    const response = await fetch(`${this.stack.system.urls[worker]}/.fault/${path}`, init)
    if (!response.ok) throw new Error(`/.fault/${path} of ${worker}: ${response.status}`)
    return (await response.json()) as T
  }
}

/** The local chain as `System` configures it, with a node that is looked at often and given up soon. */
function chainOf(rpcUrl: string, chainId: number): object {
  return {
    chainId,
    testnet: true,
    network: `eip155:${chainId}`,
    contract: Chain.addresses.batchSettlement.toLowerCase(),
    collector: Chain.addresses.erc3009Collector.toLowerCase(),
    token: Chain.addresses.usdc.toLowerCase(),
    tokenName: 'USDC',
    tokenVersion: '2',
    withdrawDelay: 900,
    maxTimeoutSeconds: 60,
    rpcUrl,
    pollMs: 100,
    rebroadcastMs: 300,
    stallMs: 1_500,
    rpcTimeoutMs: 2_000,
    watchMs: 300,
  }
}
