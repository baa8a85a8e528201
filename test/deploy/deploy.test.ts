// Runs docs/runbooks/deploy-contracts.md, command by command, against fresh local chains.
import { localDeployment } from '@pbstream/contracts/deployments/local.ts'
import type { Deployment } from '@pbstream/contracts/deployments/Build.ts'
import { create2 } from '@pbstream/contracts/deployments/create2.ts'
import { createTestClient, type Hex, http, keccak256, parseEther, publicActions } from 'viem'
import { generatePrivateKey, privateKeyToAddress } from 'viem/accounts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type AnvilProcess, startAnvil } from '../../local/src/AnvilProcess.ts'
import { runbook, Workspace } from './Workspace.ts'

const { address, runtimeCode } = localDeployment.contracts.StreamChannelEscrow
const [deploy, verify, ...more] = await runbook('deploy-contracts')
const verifyOnly = (rest: string) => `npm run --silent verify -w @pbstream/contracts -- ${rest}`

let workspace: Workspace
const chains: AnvilProcess[] = []
/** CreateX as Ignition places it on a development chain. */
let factory: Hex

/** A chain with nothing on it, and somebody who can pay for a deployment. */
async function freshChain(chainId: number) {
  const anvil = await startAnvil([
    '--host',
    '127.0.0.1',
    '--port',
    '0',
    '--chain-id',
    String(chainId),
    '--accounts',
    '0',
  ])
  chains.push(anvil)
  const url = `http://127.0.0.1:${anvil.port}`
  const client = createTestClient({ mode: 'anvil', transport: http(url) }).extend(publicActions)
  const key = generatePrivateKey()
  await client.setBalance({ address: privateKeyToAddress(key), value: parseEther('1') })
  return { client, url, env: { DEPLOY_RPC_URL: url, DEPLOYER_KEY: key } }
}

/** A fresh chain that has CreateX, as public ones do. */
async function publicChain(chainId: number) {
  const chain = await freshChain(chainId)
  await chain.client.setCode({ address: create2.factory, bytecode: factory })
  return chain
}

/** Stands for Base Sepolia: everything of the runbook was done on it. */
let deployed: Awaited<ReturnType<typeof publicChain>>

beforeAll(async () => {
  expect(more).toEqual([])
  workspace = await Workspace.create()
  const development = await freshChain(31337)
  await succeeds(deploy!, development.env)
  factory = (await development.client.getCode({ address: create2.factory }))!
  deployed = await publicChain(84532)
  await succeeds(deploy!, deployed.env)
})

afterAll(async () => {
  await Promise.all(chains.map((chain) => chain.kill()))
  await workspace.remove()
})

async function succeeds(command: string, env: Record<string, string>): Promise<string> {
  const { code, output } = await workspace.run(command, env)
  expect(code, output).toBe(0)
  return output
}

test('the runbook puts the escrow where the local chain has it', async () => {
  expect(await deployed.client.getCode({ address })).toBe(runtimeCode)
})

test('the verification of the runbook passes', async () => {
  expect(await succeeds(verify!, deployed.env)).not.toContain('DIFFERS')
})

test('the record says what is where and from which build', async () => {
  const record = await workspace.readJson<Deployment>('deployments/84532.json')
  expect(record).toMatchObject({ chainId: 84532, contract: 'StreamChannelEscrow', address })
  expect(record.runtimeCodeHash).toBe(keccak256(runtimeCode))
  expect(record.compiler.version).toMatch(/^0\.8\./)
  const receipt = await deployed.client.getTransactionReceipt({ hash: record.transaction! })
  expect(receipt).toMatchObject({ status: 'success', blockNumber: BigInt(record.block!) })
})

test('a second run deploys nothing', async () => {
  const sent = () => deployed.client.getTransactionCount({ address: privateKeyToAddress(deployed.env.DEPLOYER_KEY) })
  const before = await sent()
  await succeeds(deploy!, deployed.env)
  expect(await sent()).toBe(before)
})

test('verification finds code that differs in one byte', async () => {
  const { client, url } = await freshChain(1002)
  await client.setCode({ address, bytecode: `${runtimeCode.slice(0, -2)}01` as Hex })
  const run = await workspace.run(verifyOnly(`--rpc ${url} --json`))
  expect(run.code, run.output).toBe(1)
  const { ok, checks } = JSON.parse(run.output.slice(run.output.indexOf('{'))) as Report
  expect(ok).toBe(false)
  expect(checks.filter((check) => !check.ok).map(({ check }) => check)).toEqual(['code'])
})

test('verification finds that nothing is there', async () => {
  const { url } = await freshChain(1003)
  const run = await workspace.run(verifyOnly(`--rpc ${url}`))
  expect(run).toMatchObject({ code: 1, output: expect.stringContaining('there is no code') as string })
})

test('verification finds the right code at the wrong address', async () => {
  const { client, url } = await freshChain(1004)
  const elsewhere = '0x00000000000000000000000000000000000000e5'
  await client.setCode({ address: elsewhere, bytecode: runtimeCode })
  const run = await workspace.run(verifyOnly(`--rpc ${url} --address ${elsewhere} --json`))
  expect(run.code, run.output).toBe(1)
  const { checks } = JSON.parse(run.output.slice(run.output.indexOf('{'))) as Report
  expect(checks.filter((check) => !check.ok).map(({ check }) => check)).toEqual(['address'])
})

test.each([
  ['no endpoint', '', 'Say which chain'],
  ['an endpoint that does not answer', '--rpc http://127.0.0.1:9', 'failed'],
  ['a word that is no address', '--rpc http://127.0.0.1:9 --address 0x12', 'is not an address'],
  ['an unknown option', '--chain base', 'Unknown option'],
])('verification ends with 2 for %s', async (_name, words, message) => {
  const run = await workspace.run(verifyOnly(words))
  expect(run).toMatchObject({ code: 2, output: expect.stringContaining(message) as string })
})

test('a chain without CreateX is refused before anything is sent', async () => {
  const { client, env } = await freshChain(1005)
  const run = await workspace.run(deploy!, env)
  expect(run.code, run.output).not.toBe(0)
  expect(run.output).toContain('CreateX')
  expect(await client.getTransactionCount({ address: privateKeyToAddress(env.DEPLOYER_KEY) })).toBe(0)
})

type Report = { ok: boolean; checks: { check: string; ok: boolean }[] }
