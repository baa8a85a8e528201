/** One chain behind a JSON-RPC endpoint: what is read from it, and how a transaction is sent and awaited. */
import * as Amount from '@pbstream/core/Amount'
import type { Address, Hex } from '@pbstream/core/Hex'
import { createPublicClient, createWalletClient, defineChain, erc20Abi, http, type PublicClient } from 'viem'
import type { PrivateKeyAccount } from 'viem/accounts'
import { Failure } from './Failure.ts'

export type Chain = { id: number; client: PublicClient; url: string }

/** A transaction that is in a block. */
export type Mined = { transaction: Hex; block: bigint; gasUsed: bigint }

/** @throws viem's error when the endpoint does not answer. */
export async function connect(url: string): Promise<Chain> {
  const client = createPublicClient({
    transport: http(url, { retryCount: 2, timeout: 30_000 }),
    pollingInterval: 1_000,
  })
  return { id: await client.getChainId(), client, url }
}

/** The time of the newest block, in Unix seconds: deadlines on chain are judged by it. */
export async function now({ client }: Chain): Promise<number> {
  return Number((await client.getBlock({ blockTag: 'latest' })).timestamp)
}

/**
 * Sends one transaction and waits until it is in a block.
 *
 * @throws {Failure} when the block says that it was reverted.
 */
export async function send(chain: Chain, account: PrivateKeyAccount, to: Address, data: Hex): Promise<Mined> {
  const { id, client, url } = chain
  const coin = { name: 'native coin', symbol: 'coin', decimals: 18 }
  const definition = defineChain({
    id,
    name: `chain ${id}`,
    nativeCurrency: coin,
    rpcUrls: { default: { http: [url] } },
  })
  const wallet = createWalletClient({ account, chain: definition, transport: http(url, { retryCount: 2 }) })
  const hash = await wallet.sendTransaction({ to, data })
  const receipt = await client.waitForTransactionReceipt({ hash })
  const { status, transactionHash, blockNumber, gasUsed } = receipt
  // A replacement by the owner of the account has another hash, and may do something else.
  if (status !== 'success' || transactionHash !== hash) {
    throw new Failure(
      `The transaction ${hash} did not go through. Run the same command again: what is done stays done.`,
    )
  }
  return { transaction: hash, block: blockNumber, gasUsed }
}

export type Token = { address: Address; symbol: string; decimals: number }

/** Name and decimals of a token; one that does not say them is shown by its address and in atomic units. */
export async function token({ client }: Chain, address: Address): Promise<Token> {
  const of = { address, abi: erc20Abi } as const
  const [symbol, decimals] = await Promise.all([
    client.readContract({ ...of, functionName: 'symbol' }).catch(() => undefined),
    client.readContract({ ...of, functionName: 'decimals' }).catch(() => undefined),
  ])
  // A token's name is anybody's text: nothing of it may steer the terminal.
  const name = symbol?.replace(/[^\w.$-]/g, '').slice(0, 12)
  return decimals === undefined
    ? { address, symbol: `atomic units of ${address}`, decimals: 0 }
    : { address, symbol: name === undefined || name === '' ? address : name, decimals }
}

/** `0.0045 USDC (4500 atomic units)`. */
export function money(amount: bigint, { symbol, decimals }: Token): string {
  return decimals === 0
    ? `${amount} ${symbol}`
    : `${Amount.format(amount, decimals)} ${symbol} (${amount} atomic units)`
}
