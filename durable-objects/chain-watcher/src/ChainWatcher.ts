/** The Durable Object of one chain, named by `watcherName`. Storage and alarm; the rest is `Watcher`. */
import { DurableObject } from 'cloudflare:workers'
import type { ChainWatcherApi, Config, Ports, Watched, WatchState } from './Port.ts'
import { Registry } from './Registry.ts'
import { ofStorage } from './Sql.ts'
import { LONGEST_PAUSE, Watcher } from './Watcher.ts'

/** How the hosting Worker connects a watcher to its chain and sessions. */
export type Connect<Env> = (env: Env, chainId: number) => { ports: Ports; config: Config }

const MAX_CHANNELS = 1_000
/** An alarm that is later than this is taken for lost. */
const LATE = 30_000

export class ChainWatcher<Env> extends DurableObject<Env> implements ChainWatcherApi {
  readonly #connect: Connect<Env>
  readonly #registry: Registry
  #watcher: Watcher | undefined

  constructor(ctx: DurableObjectState, env: Env, connect: Connect<Env>) {
    super(ctx, env)
    this.#connect = connect
    this.#registry = new Registry(ofStorage(ctx.storage))
  }

  async watch(_v: 1, chainId: number, channels: Watched[]): Promise<void> {
    this.#meet(chainId)
    this.#registry.add(channels.slice(0, MAX_CHANNELS), Date.now())
    await this.#arm()
  }

  async ensure(_v: 1, chainId: number): Promise<WatchState> {
    this.#meet(chainId)
    await this.#arm()
    return {
      channels: this.#registry.count(),
      place: this.#registry.place()?.number,
      waiting: this.#registry.waiting(),
      lookedAt: this.#registry.meta('looked'),
    }
  }

  override async alarm(): Promise<void> {
    const chainId = this.#registry.meta('chain')
    if (chainId === undefined) return
    // When it cannot even connect: its chain has left the configuration.
    let next: number | undefined = Date.now() + LONGEST_PAUSE
    try {
      const watcher = this.#running(chainId)
      await watcher.tick()
      next = watcher.nextTick()
    } catch (error) {
      const message = error instanceof Error ? error.message : 'unknown'
      console.error(JSON.stringify({ event: 'watcher_alarm', message }))
    }
    // Set here and not by a failure's retries, which end after six.
    if (next !== undefined) await this.ctx.storage.setAlarm(this.at(next))
  }

  /** When an alarm that is wanted at `time` is set: then. */
  protected at(time: number): number {
    return time
  }

  /** An alarm is lost after six failures: whoever comes by sets it again. */
  async #arm(): Promise<void> {
    if (this.#registry.isEmpty()) return
    const alarm = await this.ctx.storage.getAlarm()
    const now = Date.now()
    if (alarm === null || alarm < now - LATE) await this.ctx.storage.setAlarm(this.at(now))
  }

  #meet(chainId: number): void {
    const known = this.#registry.meta('chain')
    if (known === undefined) this.#registry.setMeta('chain', chainId)
    else if (known !== chainId) throw new Error('this watcher is another chain’s')
  }

  #running(chainId: number): Watcher {
    if (this.#watcher === undefined) {
      const { ports, config } = this.#connect(this.env, chainId)
      this.#watcher = new Watcher(this.#registry, ports, config)
    }
    return this.#watcher
  }
}
