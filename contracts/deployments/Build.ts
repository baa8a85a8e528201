/** What this source tree builds for public networks, and where it goes. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Address, encodeAbiParameters, getCreate2Address, type Hex, keccak256 } from 'viem'
import { create2 } from './create2.ts'

export type Build = {
  contract: 'StreamChannelEscrow'
  /** The same on every chain: CreateX hashes a salt that names no deployer before it uses it. */
  address: Address
  creationCode: Hex
  runtimeCode: Hex
  /** Number of constructor arguments; the address depends on it being 0. */
  constructorArguments: number
  compiler: { version: string; settings: unknown }
}

const artifacts = join(import.meta.dirname, '../artifacts')

/**
 * Reads the build that `hardhat build` left.
 *
 * @throws Error when there is none, or when its code has holes that a constructor fills.
 */
export async function readBuild(): Promise<Build> {
  const contract = 'StreamChannelEscrow'
  const artifact = await readJson<Artifact>(join(artifacts, `src/${contract}.sol/${contract}.json`))
  if (Object.keys(artifact.immutableReferences ?? {}).length > 0) throw new Error(`${contract} has immutables`)
  const info = await readJson<BuildInfo>(join(artifacts, 'build-info', `${artifact.buildInfoId}.json`))
  const salt = keccak256(encodeAbiParameters([{ type: 'bytes32' }], [create2.salt]))
  const { outputSelection: _, ...settings } = info.input.settings
  return {
    contract,
    address: getCreate2Address({ from: create2.factory, salt, bytecode: artifact.bytecode }),
    creationCode: artifact.bytecode,
    runtimeCode: artifact.deployedBytecode,
    constructorArguments: artifact.abi.find(({ type }) => type === 'constructor')?.inputs?.length ?? 0,
    compiler: { version: info.solcLongVersion, settings },
  }
}

/** The record of a deployment, `deployments/<chainId>.json`. */
export type Deployment = {
  chainId: number
  contract: Build['contract']
  address: Address
  creationCodeHash: Hex
  runtimeCodeHash: Hex
  /** Absent when somebody else had deployed the same code there before. */
  transaction?: Hex
  block?: number
  compiler: Build['compiler']
  /** Of the source tree that was built. */
  commit: string
}

export function deploymentPath(chainId: number): string {
  return join(import.meta.dirname, `${chainId}.json`)
}

export async function readDeployment(chainId: number): Promise<Deployment | undefined> {
  try {
    return await readJson<Deployment>(deploymentPath(chainId))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

type Artifact = {
  abi: readonly { type: string; inputs?: readonly unknown[] }[]
  bytecode: Hex
  deployedBytecode: Hex
  immutableReferences?: Record<string, unknown>
  buildInfoId: string
}
type BuildInfo = { solcLongVersion: string; input: { settings: Record<string, unknown> } }

async function readJson<T>(path: string): Promise<T> {
  return JSON.parse(await readFile(path, 'utf8')) as T
}
