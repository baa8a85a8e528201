/** The watcher objects that this Worker hosts, connected to its chains, and the watchdog that keeps them going. */
import { ChainWatcher as Base } from '@pbstream/chain-watcher/ChainWatcher'
import { type ChainWatcherApi, type Config, type Ports, watcherName } from '@pbstream/chain-watcher/Port'
import { deps } from './Deps.ts'
import type { Env } from './Env.ts'
import { gasSigners } from './Keys.ts'
import { look } from './Look.ts'

export class ChainWatcher extends Base<Env> {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env, connect)
  }
}

function connect(env: Env, chainId: number): { ports: Ports; config: Config } {
  const on = deps(env)
  const chain = on.chain(chainId)
  if (chain === undefined) throw new Error('a watcher of an unknown chain')
  const { rpc, contracts, confirmations, watchMs } = chain
  return {
    ports: { chain: rpc, observe: (channels) => look(on, chain, channels), now: on.now, log: on.log },
    config: { contracts: contracts.map(({ address }) => address), confirmations, pollMs: watchMs },
  }
}

/**
 * Asks every watcher and lane whether it is at work: an object that lost its alarm sets it again when it is woken.
 * Never throws: one that does not answer is asked the next time.
 */
export async function watchdog(env: Env): Promise<void> {
  const { chains, keys, lane, log } = deps(env)
  const asked = chains.flatMap(({ chainId }) => {
    const watcher = env.CHAIN_WATCHER.getByName(watcherName(chainId)) as unknown as ChainWatcherApi
    return [watcher.ensure(1, chainId), ...gasSigners(keys).map(({ address }) => lane(chainId, address).status(1, ''))]
  })
  for (const { status, ...rest } of await Promise.allSettled(asked)) {
    if (status === 'fulfilled') continue
    const { reason } = rest as { reason: unknown }
    log('watchdog_unanswered', { message: reason instanceof Error ? reason.message : 'unknown' })
  }
}
