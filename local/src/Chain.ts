import { localDeployment } from '@pbstream/contracts/deployments/local.ts'
import {
  type Address,
  createTestClient,
  defineChain,
  encodeFunctionData,
  http,
  multicall3Abi,
  parseAbi,
  parseEther,
  publicActions,
  walletActions,
} from 'viem'
import { type AnvilProcess, startAnvil } from './AnvilProcess.ts'
import { ChainState } from './ChainState.ts'

const { chainId, contracts } = localDeployment
const tokenAbi = parseAbi(['function balanceOf(address) view returns (uint256)', 'function mint(address, uint256)'])

/** Sends the transactions of the chain's own setup; anvil lets it, nobody has its key. */
const operator: Address = '0x00000000000000000000000000000000000010ca'

const saveInterval = 500

/** Money of an account on the local chain. */
export type Funds = {
  /** Wei; 100 ETH when left out. */
  eth?: bigint
  /** Atomic units of test USDC (6 decimals); 1,000 USDC when left out. */
  usdc?: bigint
}

export type ChainOptions = {
  /** Seconds between blocks; when left out every transaction is mined at once. */
  blockTime?: number
  /** File to keep the chain in and continue it from; when left out the chain is gone at the end. */
  statePath?: string
  /** Accounts to fund at the start, each with `funds`. */
  accounts?: readonly Address[]
  funds?: Funds
  /** Port at 127.0.0.1; when left out the system picks a free one. */
  port?: number
}

/**
 * The local chain: anvil with Base Sepolia's chain id and stand-ins at the addresses that x402 clients know
 * (settlement contract, ERC-3009 collector, USDC, Multicall3), so that official clients work with their defaults.
 */
export class Chain {
  static readonly id = chainId
  /** Where the contracts are. */
  static readonly addresses = {
    batchSettlement: contracts.BatchSettlement.address,
    erc3009Collector: contracts.ERC3009Collector.address,
    usdc: contracts.TestUSDC.address,
    multicall3: contracts.Multicall3.address,
  } as const

  readonly chainId = chainId
  /** `http://127.0.0.1:<port>` */
  readonly rpcUrl: string
  /** viem client with the public, wallet and anvil actions; it has no account of its own. */
  readonly client: ChainClient
  /** Settles when the chain has gone, also when it went unasked. */
  readonly exited: Promise<void>
  readonly #anvil: AnvilProcess
  readonly #state: ChainState | undefined
  #stopped: Promise<void> | undefined

  private constructor(anvil: AnvilProcess, statePath: string | undefined) {
    this.#anvil = anvil
    this.exited = anvil.exited
    this.rpcUrl = `http://127.0.0.1:${anvil.port}`
    const client = createChainClient(this.rpcUrl)
    this.client = client
    if (statePath !== undefined) {
      this.#state = new ChainState(statePath, {
        getBlockNumber: () => client.getBlockNumber({ cacheTime: 0 }),
        dumpState: () => client.dumpState(),
      })
    }
  }

  /**
   * Starts the chain and resolves when contracts and funds are in place. With a `statePath` that exists it continues
   * from there; the contracts get the current code, and accounts are only topped up to what was asked for.
   *
   * @throws Error with anvil's last output when it does not start.
   */
  static async start(options: ChainOptions = {}): Promise<Chain> {
    const anvil = await startAnvil([
      ...['--host', '127.0.0.1', '--port', String(options.port ?? 0), '--chain-id', String(chainId)],
      // No accounts with published keys: whoever needs money is funded by name.
      ...['--accounts', '0', '--color', 'never'],
      ...(options.blockTime === undefined ? [] : ['--block-time', String(options.blockTime)]),
      ...ChainState.loadArgs(options.statePath),
    ])
    const chain = new Chain(anvil, options.statePath)
    try {
      await chain.#placeContracts()
      await chain.fund(options.accounts ?? [], options.funds)
      await chain.#state?.save()
      chain.#state?.watch(saveInterval)
      return chain
    } catch (error) {
      await anvil.kill()
      throw error
    }
  }

  /** Raises every account to at least `funds`; an account that has more keeps it. Mines a block if USDC is minted. */
  async fund(accounts: readonly Address[], funds: Funds = {}): Promise<void> {
    const { eth = parseEther('100'), usdc = 1_000_000_000n } = funds
    const mints = await Promise.all(
      accounts.map(async (address) => {
        if ((await this.client.getBalance({ address })) < eth) await this.client.setBalance({ address, value: eth })
        const balance = await this.client.readContract({
          address: Chain.addresses.usdc,
          abi: tokenAbi,
          functionName: 'balanceOf',
          args: [address],
        })
        return { address, missing: usdc - balance }
      }),
    )
    const calls = mints
      .filter(({ missing }) => missing > 0n)
      .map(({ address, missing }) => ({
        target: Chain.addresses.usdc,
        allowFailure: false,
        callData: encodeFunctionData({ abi: tokenAbi, functionName: 'mint', args: [address, missing] }),
      }))
    if (calls.length > 0) await this.#mint(calls)
  }

  /** Saves the state if it is kept, ends the chain and waits until it has gone. Calling it again does no harm. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  async #stop(): Promise<void> {
    try {
      await this.#state?.close()
    } finally {
      await this.#anvil.kill()
    }
  }

  async #placeContracts(): Promise<void> {
    for (const { address, runtimeCode } of Object.values(contracts)) {
      await this.client.setCode({ address, bytecode: runtimeCode })
    }
  }

  async #mint(calls: readonly { target: Address; allowFailure: boolean; callData: `0x${string}` }[]): Promise<void> {
    await this.client.setBalance({ address: operator, value: parseEther('1') })
    await this.client.impersonateAccount({ address: operator })
    const hash = await this.client.writeContract({
      account: operator,
      address: Chain.addresses.multicall3,
      abi: multicall3Abi,
      functionName: 'aggregate3',
      args: [calls],
    })
    // With a block time the next block may be seconds away: do not wait for it.
    if (!(await this.client.getAutomine())) await this.client.mine({ blocks: 1 })
    const receipt = await this.client.waitForTransactionReceipt({ hash })
    if (receipt.status !== 'success') throw new Error(`Minting test USDC failed in ${hash}`)
  }
}

/** viem client of {@link Chain}: public, wallet and anvil actions on the local chain. */
export type ChainClient = ReturnType<typeof createChainClient>

function createChainClient(rpcUrl: string) {
  const chain = defineChain({
    id: chainId,
    name: 'PB-Stream local',
    nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
    rpcUrls: { default: { http: [rpcUrl] } },
    contracts: { multicall3: { address: contracts.Multicall3.address } },
  })
  // Blocks come at once here: look often.
  return createTestClient({ mode: 'anvil', chain, transport: http(rpcUrl), pollingInterval: 50 })
    .extend(publicActions)
    .extend(walletActions)
}
