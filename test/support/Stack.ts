import { randomBytes } from 'node:crypto'
import type { RateRule } from '@pbstream/db/Catalog'
import { Chain, type Funds } from '@pbstream/local/Chain'
import { type Keys, addressOf, loadKeys } from '@pbstream/local/Keys'
import { type Payer, type PayerOptions, createPayer } from '@pbstream/local/Payer'
import { type SeedRoute, seed } from '@pbstream/local/Seed'
import { System, type SystemOptions, fundedAccounts } from '@pbstream/local/System'
import { type Hex, bytesToHex, parseAbi } from 'viem'
import { inject } from 'vitest'
import { Upstream } from './Upstream.ts'

export type StackOptions = {
  routes: (Pick<SeedRoute, 'path'> & Partial<SeedRoute> & { rate?: RateRule | null })[]
  vars?: Record<string, string>
  /** Keeps objects and databases here, for tests that restart the system. */
  directory?: string
  system?: Partial<SystemOptions>
}

export type StackPayer = Payer & { key: Hex; address: Hex }

/** The whole system on a chain of its own, with an upstream that a test scripts. */
export type Stack = {
  chain: Chain
  system: System
  upstream: Upstream
  keys: Keys
  gateway: string
  /** What the Workers printed. */
  logs: string[]
  /** A funded payer with the official client. Without a key each call makes another wallet. */
  payer(options?: Partial<PayerOptions> & { funds?: Funds }): Promise<StackPayer>
  /** Test USDC of an address, in atomic units. */
  usdc(address: Hex): Promise<bigint>
  /** Stops the Workers, runs `between`, and starts them again; their addresses change. Needs a `directory`. */
  restart(between: () => Promise<void>): Promise<void>
  stop(): Promise<void>
}

const flat = (amount: string): RateRule => ({ v: 1, kind: 'flat', amount })

export async function startStack(options: StackOptions): Promise<Stack> {
  const keys = await loadKeys(options.directory)
  const { gas, payers } = fundedAccounts(keys)
  const [chain, upstream] = await Promise.all([Chain.start({ accounts: [...gas, ...payers] }), Upstream.start()])
  const logs: string[] = []
  const startSystem = () =>
    System.start({
      rpcUrl: chain.rpcUrl,
      bundles: inject('bundles'),
      keys,
      ...(options.directory === undefined ? {} : { directory: options.directory }),
      // Tests deposit for a single call.
      vars: { MIN_DEPOSIT: '0', ...options.vars },
      onLog: (line) => logs.push(line),
      ...options.system,
    })
  const system = await startSystem()
  const routes = options.routes.map((route) => ({ methods: ['*'], rate: flat('1000'), ...route }))
  await seed(system.database, { payTo: addressOf(keys.provider), upstreamUrl: upstream.url, routes })
  const stack: Stack = {
    chain,
    system,
    upstream,
    keys,
    logs,
    gateway: system.urls.gateway,
    async payer({ funds, ...payerOptions } = {}) {
      const key = payerOptions.key ?? bytesToHex(randomBytes(32))
      const address = addressOf(key)
      await chain.fund([address], funds)
      return { ...createPayer({ rpcUrl: chain.rpcUrl, ...payerOptions, key }), key, address }
    },
    usdc: (address) =>
      chain.client.readContract({
        address: Chain.addresses.usdc,
        abi: parseAbi(['function balanceOf(address) view returns (uint256)']),
        functionName: 'balanceOf',
        args: [address],
      }),
    async restart(between) {
      await stack.system.stop()
      await between()
      stack.system = await startSystem()
      stack.gateway = stack.system.urls.gateway
    },
    async stop() {
      await stack.system.stop()
      await Promise.all([chain.stop(), upstream.stop()])
    },
  }
  return stack
}
