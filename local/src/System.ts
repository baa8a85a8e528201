import { join } from 'node:path'
import { Log, LogLevel, Miniflare, type V4MiniflareOptions, convertV4MiniflareOptions } from 'miniflare'
import { unstable_getMiniflareWorkerOptions } from 'wrangler'
import { localDeployment } from '@pbstream/contracts/deployments/local.ts'
import type { StreamSessionApi } from '@pbstream/core/message/Session'
import type { Database } from '@pbstream/db/Database'
import type { Bundle, WorkerName } from './Bundle.ts'
import { Chain } from './Chain.ts'
import { prepareD1, preparePostgres } from './Databases.ts'
import { type Keys, addressOf } from './Keys.ts'

export type SystemOptions = {
  /** The chain that settlement talks to. */
  rpcUrl: string
  bundles: Record<WorkerName, Bundle>
  keys: Keys
  /** Where objects and databases are kept; when left out they are gone at the end. */
  directory?: string
  /** Ports at 127.0.0.1; 0 or left out: the system picks free ones. */
  ports?: Partial<Record<WorkerName, number>>
  /** Blocks until a transaction counts as confirmed. 1, the default, is right for a chain that mines on demand. */
  confirmations?: number
  /** How long a caller may wait for a block; 60 when left out. */
  maxTimeoutSeconds?: number
  /** Replaces variables of every Worker that has them. */
  vars?: Record<string, string>
  /** Workers that the gateway reaches by service binding: the script of each by its binding's name, `UPSTREAM_…`. */
  upstreams?: Record<string, string>
  /** How many gateways there are, each with an isolate and an address of its own, on the same objects and database: 1. */
  gateways?: number
  /** A running Postgres for routes and projections instead of D1. */
  postgresUrl?: string
  /** Does every minute what cron does with deployed Workers. Off when left out: then `scheduled` is called by hand. */
  cron?: boolean
  /** Seconds for which a queue waits for more messages before it delivers: 1. A fraction will do. */
  batchSeconds?: number
  /** What the Workers print, a line each. */
  onLog?: (line: string, level: string) => void
}

/** The Workers that have something to do by the clock: `triggers` in their wrangler.toml. */
const CRON = ['settlement', 'control'] as const satisfies WorkerName[]

/** Seconds that a withdrawal takes on the local chain: the least that the contract allows. */
export const withdrawDelay = 900

/**
 * All Workers, objects, queues and databases in one workerd, each public Worker with a socket of its own.
 *
 * The same code, bundles and configuration as deployed; only addresses, secrets and the chain differ.
 */
export class System {
  readonly #miniflare: Miniflare
  readonly #cron: ReturnType<typeof setInterval> | undefined
  readonly urls: Record<WorkerName, string>
  /** The addresses of all gateways; the first is that of `urls`. */
  readonly gateways: readonly string[]
  /** The database that the Workers use. */
  readonly database: Database

  private constructor(
    miniflare: Miniflare,
    { gateways, ...urls }: Record<WorkerName, string> & { gateways: string[] },
    database: Database,
    cron: boolean,
  ) {
    this.#miniflare = miniflare
    this.gateways = [urls.gateway, ...gateways]
    // A run that fails is made up for by the next; what went wrong the Worker has said itself.
    const run = () => CRON.forEach((name) => void this.scheduled(name).catch(() => {}))
    this.#cron = cron ? setInterval(run, 60_000) : undefined
    this.urls = urls
    this.database = database
  }

  /** Resolves when every Worker listens and the database schema is in place. */
  static async start(options: SystemOptions): Promise<System> {
    const miniflare = new Miniflare(convertV4MiniflareOptions(miniflareOptions(options)))
    try {
      await miniflare.ready
      const { postgresUrl } = options
      const database =
        postgresUrl === undefined
          ? await prepareD1((await miniflare.getD1Database('DB', 'pbstream-gateway')) as unknown as D1Database)
          : await preparePostgres(postgresUrl)
      const url = async (name: string) => {
        const direct = await miniflare.unsafeGetDirectURL(`pbstream-${name}`)
        return String(direct).replace(/\/$/, '')
      }
      const urls = {
        gateway: await url('gateway'),
        settlement: await url('settlement'),
        control: await url('control'),
        sentinel: await url('sentinel'),
      }
      const gateways = await Promise.all(further(options).map((suffix) => url(`gateway${suffix}`)))
      return new System(miniflare, { ...urls, gateways }, database, options.cron ?? false)
    } catch (error) {
      await miniflare.dispose()
      throw error
    }
  }

  /** What cron does with a deployed Worker: runs its `scheduled` handler, once. */
  async scheduled(name: WorkerName): Promise<void> {
    const worker = await this.#miniflare.getWorker(`pbstream-${name}`)
    const { outcome } = await worker.scheduled({ cron: '* * * * *' })
    if (outcome !== 'ok') throw new Error(`the scheduled handler of ${name} failed: ${outcome}`)
  }

  /** The object of a session key, past the Workers: for tests of the objects themselves. */
  async session(name: string): Promise<Pick<StreamSessionApi, 'setPolicy' | 'policy' | 'view'>> {
    const objects = await this.#miniflare.getDurableObjectNamespace('STREAM_SESSION', 'pbstream-gateway')
    return objects.get(objects.idFromName(name)) as unknown as StreamSessionApi
  }

  /** Ends every Worker. Pending work stays on disk for the next start. */
  stop(): Promise<void> {
    clearInterval(this.#cron)
    return this.#miniflare.dispose()
  }
}

function miniflareOptions(options: SystemOptions): V4MiniflareOptions {
  const names = Object.keys(options.bundles) as WorkerName[]
  const upstreams = Object.entries(options.upstreams ?? {})
  return {
    host: '127.0.0.1',
    port: 0,
    cf: false,
    log: new Log(LogLevel.ERROR),
    ...(options.directory === undefined ? {} : { resourcePersistencePath: join(options.directory, 'workers') }),
    handleStructuredLogs: ({ level, message }) => options.onLog?.(message, level),
    workers: [
      ...names.map((name) => worker(name, options)),
      ...further(options).map((suffix) => anotherGateway(suffix, options)),
      ...upstreams.map(([binding, script]) => ({ name: binding.toLowerCase(), modules: true, script })),
    ],
  }
}

function worker(name: WorkerName, options: SystemOptions) {
  const { configPath, directory, modules } = options.bundles[name]
  const { workerOptions } = unstable_getMiniflareWorkerOptions(configPath)
  const hyperdrives = options.postgresUrl === undefined ? {} : { HYPERDRIVE: options.postgresUrl }
  const upstreams = name === 'gateway' ? Object.keys(options.upstreams ?? {}) : []
  const services = Object.fromEntries(upstreams.map((binding) => [binding, binding.toLowerCase()]))
  return {
    ...workerOptions,
    name: `pbstream-${name}`,
    modulesRoot: directory,
    modules,
    bindings: {
      ...(workerOptions.bindings as Record<string, string>),
      ...variables(name, options),
      ...secrets(name, options.keys),
    },
    serviceBindings: { ...(workerOptions.serviceBindings as Record<string, string>), ...services },
    queueConsumers: prompt(workerOptions.queueConsumers as Record<string, object>, options.batchSeconds),
    hyperdrives: name === 'settlement' ? {} : hyperdrives,
    unsafeDirectSockets: [{ host: '127.0.0.1', port: options.ports?.[name] ?? 0 }],
  }
}

/** What the names of gateways after the first end with. */
function further({ gateways = 1 }: SystemOptions): string[] {
  return Array.from({ length: gateways - 1 }, (_, i) => `-${i + 2}`)
}

/** A gateway like the first, whose objects it uses. */
function anotherGateway(suffix: string, options: SystemOptions) {
  const first = worker('gateway', options)
  const { durableObjects: own } = first as unknown as { durableObjects: Record<string, string | { className: string }> }
  const objects = Object.entries(own).map(([binding, object]) => {
    const className = typeof object === 'string' ? object : object.className
    return [binding, { className, scriptName: first.name }] as const
  })
  return {
    ...first,
    name: `${first.name}${suffix}`,
    durableObjects: Object.fromEntries(objects),
    unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }],
  }
}

/** Here nobody shares a transaction: a batch hardly waits for company. */
function prompt(consumers: Record<string, object>, maxBatchTimeout = 1): Record<string, object> {
  return Object.fromEntries(Object.entries(consumers).map(([queue, each]) => [queue, { ...each, maxBatchTimeout }]))
}

function variables(name: WorkerName, options: SystemOptions): Record<string, string> {
  const chain = {
    chainId: Chain.id,
    network: `eip155:${Chain.id}`,
    contract: Chain.addresses.batchSettlement.toLowerCase(),
    collector: Chain.addresses.erc3009Collector.toLowerCase(),
    token: Chain.addresses.usdc.toLowerCase(),
    tokenName: 'USDC',
    tokenVersion: '2',
    withdrawDelay,
    maxTimeoutSeconds: options.maxTimeoutSeconds ?? 60,
  }
  const escrow = localDeployment.contracts.StreamChannelEscrow.address.toLowerCase()
  const settled = {
    ...chain,
    escrow,
    rpcUrl: options.rpcUrl,
    confirmations: options.confirmations ?? 1,
    watchMs: 1_000,
  }
  const chains = [name === 'settlement' ? settled : { ...chain, testnet: true }]
  const local: Record<WorkerName, Record<string, string>> = {
    // The demo upstream is on this machine.
    gateway: { CHAINS: JSON.stringify(chains), INSECURE_UPSTREAMS: 'true' },
    settlement: { CHAINS: JSON.stringify(chains), FACILITATOR_OPEN: 'true' },
    control: {
      OVERVIEW: 'true',
      INSECURE_UPSTREAMS: 'true',
      CHAINS: JSON.stringify([{ ...chain, escrow, testnet: true }]),
      ...gatewayUrl(options),
    },
    sentinel: { INSECURE_UPSTREAMS: 'true' },
  }
  const database = options.postgresUrl === undefined ? 'd1' : 'postgres'
  return { ...local[name], DATABASE: database, ...options.vars }
}

/** Where the gateway will be; a port that is still to be picked nobody knows. */
function gatewayUrl({ ports }: SystemOptions): Record<string, string> {
  const port = ports?.gateway ?? 0
  return port === 0 ? {} : { GATEWAY_URL: `http://127.0.0.1:${port}` }
}

function secrets(name: WorkerName, keys: Keys): Record<string, string> {
  switch (name) {
    case 'gateway':
      return {
        GATEWAY_KEY: keys.gateway,
        UPSTREAM_SECRET: keys.upstreamSecret,
        SESSION_MASTER: keys.sessionMaster,
        PLACE_SECRET: keys.places,
      }
    case 'settlement':
      return {
        RECEIVER_AUTHORIZER_KEY: keys.receiverAuthorizer,
        GAS_KEY: keys.gas,
        FACILITATOR_GAS_KEY: keys.facilitatorGas,
        RELAY_GAS_KEY: keys.relayGas,
        FREEZER_KEY: keys.freezer,
      }
    case 'control':
      return {
        OPERATOR_KEY: keys.operator,
        AUTH_SECRET: keys.auth,
        WEBHOOK_SECRET: keys.webhooks,
        UPSTREAM_SECRET: keys.upstreamSecret,
        ALERT_SECRET: keys.alerts,
      }
    case 'sentinel':
      return { ALERT_SECRET: keys.alerts }
  }
}

/** The accounts that need money on the local chain before the system can run. */
export function fundedAccounts(keys: Keys): { gas: `0x${string}`[]; payers: `0x${string}`[] } {
  const gas = [keys.gas, keys.facilitatorGas, keys.relayGas].map(addressOf)
  return { gas, payers: [addressOf(keys.payer)] }
}
