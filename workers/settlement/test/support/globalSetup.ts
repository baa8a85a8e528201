import * as NobleSigner from '@pbstream/core/NobleSigner'
import { localDeployment } from '@pbstream/contracts/deployments/local.ts'
import { Chain } from '@pbstream/local/Chain'
import type { TestProject } from 'vitest/node'
import { unstable_readConfig as readConfig } from 'wrangler'
import { keys } from './keys.ts'

/** One real chain for all files, with every account of the tests funded. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const accounts = Object.values(keys).map((key) => NobleSigner.create(key).address)
  const chain = await Chain.start({ accounts, funds: { usdc: 10_000_000_000n } })
  const { batchSettlement, erc3009Collector, usdc } = Chain.addresses
  const escrow = localDeployment.contracts.StreamChannelEscrow.address.toLowerCase()
  const config = {
    chainId: Chain.id,
    network: `eip155:${Chain.id}`,
    contract: batchSettlement,
    collector: erc3009Collector,
    escrow,
    token: usdc,
    tokenName: 'USDC',
    tokenVersion: '2',
    withdrawDelay: 900,
    maxTimeoutSeconds: 60,
    rpcUrl: chain.rpcUrl,
    testnet: true,
    confirmations: 2,
    pollMs: 50,
    rebroadcastMs: 100,
    stallMs: 60_000,
  }
  project.provide('rpcUrl' as never, chain.rpcUrl as never)
  project.provide('escrow' as never, escrow as never)
  project.provide('chains' as never, JSON.stringify([config]) as never)
  const shipped = readConfig({ config: new URL('../../wrangler.toml', import.meta.url).pathname })
  project.provide('shippedChains' as never, shipped.vars['CHAINS'] as never)
  return () => chain.stop()
}
