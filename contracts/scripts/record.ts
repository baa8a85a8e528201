// Writes `deployments/<chainId>.json` after a deployment: what is where, built from what. The second half of
// `npm run deploy -w @pbstream/contracts`. DEPLOY_RPC_URL names the chain.
import { spawnSync } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createPublicClient, type Hex, http, keccak256 } from 'viem'
import { type Deployment, deploymentPath, readBuild } from '../deployments/Build.ts'

const url = process.env['DEPLOY_RPC_URL']
if (url === undefined) throw new Error('DEPLOY_RPC_URL is not set')
const client = createPublicClient({ transport: http(url) })
const chainId = await client.getChainId()
const build = await readBuild()
const code = await client.getCode({ address: build.address })
if (code !== build.runtimeCode) throw new Error(`chain ${chainId} does not have this build at ${build.address}`)

const transaction = await transactionOf(chainId)
const receipt = transaction === undefined ? undefined : await client.getTransactionReceipt({ hash: transaction })
const deployment: Deployment = {
  chainId,
  contract: build.contract,
  address: build.address,
  creationCodeHash: keccak256(build.creationCode),
  runtimeCodeHash: keccak256(build.runtimeCode),
  ...(receipt === undefined ? {} : { transaction: receipt.transactionHash, block: Number(receipt.blockNumber) }),
  compiler: build.compiler,
  commit: spawnSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8' }).stdout.trim() || 'unknown',
}
await writeFile(deploymentPath(chainId), `${JSON.stringify(deployment, undefined, 2)}\n`)
console.log(`Recorded ${build.contract} at ${build.address} on chain ${chainId} in deployments/${chainId}.json`)

/** The transaction that Ignition's journal has for the deployment; undefined when it sent none. */
async function transactionOf(chain: number): Promise<Hex | undefined> {
  const journal = join(import.meta.dirname, `../ignition/deployments/chain-${chain}/journal.jsonl`)
  const lines = await readFile(journal, 'utf8').catch(() => '')
  const confirmed = lines
    .split('\n')
    .filter((line) => line.includes('"TRANSACTION_CONFIRM"'))
    .map((line) => JSON.parse(line) as { hash: Hex })
  return confirmed.at(-1)?.hash
}
