// Measures what settlement costs in real transactions with cold slots, and writes `gas.json`: the figures that
// `README.md` shows. `--check` writes nothing and fails when a figure differs from the committed one.
//
// Rows are in their steady state: something of the channel was claimed before, and the receiver has been paid before.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { network } from 'hardhat'
import {
  type Address,
  concatHex,
  createTestClient,
  custom,
  encodeAbiParameters,
  encodeDeployData,
  encodeFunctionData,
  type Hex,
  hashTypedData,
  keccak256,
  numberToHex,
  parseSignature,
  publicActions,
  serializeCompactSignature,
  signatureToCompactSignature,
  walletActions,
} from 'viem'
import { privateKeyToAccount } from 'viem/accounts'

const SIZES = [1, 10, 100, 500]
const { provider } = await network.connect()
const client = createTestClient({ mode: 'hardhat', transport: custom(provider) })
  .extend(publicActions)
  .extend(walletActions)
const [relayer] = await client.getAddresses()
const chainId = await client.getChainId()
const account = (seed: number) => privateKeyToAccount(numberToHex(seed + 0x5eed_0000_0000, { size: 32 }))
const payer = account(1)
const authorizer = account(2)
const receiver = account(3).address
const freezer = account(4).address

async function artifact(name: string) {
  const path = join(import.meta.dirname, '../artifacts/src', `${name}.sol`, `${name}.json`)
  return JSON.parse(await readFile(path, 'utf8')) as { abi: readonly any[]; bytecode: Hex }
}

async function deploy(name: string) {
  const { abi, bytecode } = await artifact(name)
  const hash = await client.sendTransaction({ account: relayer!, chain: null, data: encodeDeployData({ abi, bytecode }) })
  const { contractAddress } = await client.getTransactionReceipt({ hash })
  return { abi, address: contractAddress! }
}

type Deployed = Awaited<ReturnType<typeof deploy>>
async function send(to: Deployed, functionName: string, args: unknown[], gas = 16_777_216n) {
  const data = encodeFunctionData({ abi: to.abi, functionName, args })
  const hash = await client.sendTransaction({ account: relayer!, chain: null, to: to.address, data, gas })
  const receipt = await client.getTransactionReceipt({ hash })
  if (receipt.status !== 'success') throw new Error(`${functionName} reverted`)
  return { gas: Number(receipt.gasUsed), bytes: (data.length - 2) / 2, data }
}

const escrow = await deploy('StreamChannelEscrow')
const usdc = await deploy('TestUSDC')
const domain = { name: 'PB-Stream Escrow', version: '1', chainId, verifyingContract: escrow.address }
await send(usdc, 'mint', [payer.address, 10n ** 15n])

const configType = [
  { name: 'payer', type: 'address' },
  { name: 'payerAuthorizer', type: 'address' },
  { name: 'receiver', type: 'address' },
  { name: 'receiverAuthorizer', type: 'address' },
  { name: 'token', type: 'address' },
  { name: 'withdrawDelay', type: 'uint40' },
  { name: 'salt', type: 'bytes32' },
] as const
const permissionOf = (i: number) => ({
  account: payer.address, key: account(100 + i).address, token: usdc.address, payees: [receiver],
  spendCap: 50_000_000n, periodAmount: 5_000_000n, periodDuration: 86400, perPaymentMax: 0n, start: 1, expiry: 2 ** 40 - 1,
  freezer, salt: numberToHex(i, { size: 32 }),
})
const channels: any[] = []
async function open(i: number, governed: boolean) {
  const key = account(100 + i)
  let salt: Hex = numberToHex(i, { size: 32 })
  let registered = 0
  if (governed) {
    const permission = permissionOf(i)
    salt = await client.readContract({ ...escrow, functionName: 'getKeyId', args: [permission] }) as Hex
    await client.impersonateAccount({ address: payer.address })
    await client.setBalance({ address: payer.address, value: 10n ** 20n })
    const hash = await client.sendTransaction({ account: payer.address, chain: null, to: escrow.address, data: encodeFunctionData({ abi: escrow.abi, functionName: 'registerKey', args: [permission] }) })
    registered = Number((await client.getTransactionReceipt({ hash })).gasUsed)
  }
  const config = { payer: payer.address, payerAuthorizer: key.address, receiver, receiverAuthorizer: authorizer.address, token: usdc.address, withdrawDelay: 86400, salt }
  const id = hashTypedData({ domain, types: { ChannelConfig: configType }, primaryType: 'ChannelConfig', message: config })
  const authSalt = BigInt(i)
  const nonce = keccak256(encodeAbiParameters([{ type: 'bytes32' }, { type: 'uint256' }], [id, authSalt]))
  const signature = await payer.signTypedData({
    domain: { name: 'USDC', version: '2', chainId, verifyingContract: usdc.address },
    types: { ReceiveWithAuthorization: [
      { name: 'from', type: 'address' }, { name: 'to', type: 'address' }, { name: 'value', type: 'uint256' },
      { name: 'validAfter', type: 'uint256' }, { name: 'validBefore', type: 'uint256' }, { name: 'nonce', type: 'bytes32' }] },
    primaryType: 'ReceiveWithAuthorization',
    message: { from: payer.address, to: escrow.address, value: 5_000_000n, validAfter: 0n, validBefore: 2n ** 48n, nonce },
  })
  const data = encodeAbiParameters([{ type: 'uint256' }, { type: 'uint256' }, { type: 'uint256' }, { type: 'bytes' }], [0n, 2n ** 48n, authSalt, signature])
  const { gas } = await send(escrow, 'deposit', [config, 5_000_000n, escrow.address, data])
  return { config, id, key, total: 0n, gas, registered }
}
async function settle(list: any[]) {
  const entries: any[] = []
  const rows: Hex[] = []
  for (const c of list) {
    c.total += 12_345n
    const max = c.total + 54_321n
    entries.push({ channelId: c.id, maxClaimableAmount: max, totalClaimed: c.total })
    const signature = await c.key.signTypedData({ domain, types: { Voucher: [{ name: 'channelId', type: 'bytes32' }, { name: 'maxClaimableAmount', type: 'uint128' }] }, primaryType: 'Voucher', message: { channelId: c.id, maxClaimableAmount: max } })
    rows.push(concatHex([c.config.payer, c.config.payerAuthorizer, c.config.salt, numberToHex(max, { size: 12 }), numberToHex(c.total, { size: 12 }), serializeCompactSignature(signatureToCompactSignature(parseSignature(signature)))]))
  }
  const signature = await authorizer.signTypedData({ domain, types: { ClaimBatch: [{ name: 'claims', type: 'ClaimEntry[]' }], ClaimEntry: [{ name: 'channelId', type: 'bytes32' }, { name: 'maxClaimableAmount', type: 'uint128' }, { name: 'totalClaimed', type: 'uint128' }] }, primaryType: 'ClaimBatch', message: { claims: entries } })
  return send(escrow, 'settleBatch', [{ receiver, receiverAuthorizer: authorizer.address, token: usdc.address, withdrawDelay: 86400 }, concatHex(rows), signature])
}
for (const governed of [false, true]) {
  const list = []
  for (let i = 0; i < 500; i++) list.push(await open(i + (governed ? 10_000 : 0), governed))
  console.log(governed ? 'governed' : 'plain', 'deposits', list.slice(0, 3).map((c) => [c.gas, c.registered]))
  await settle(list)
  for (const n of SIZES) {
    const { gas, bytes } = await settle(list.slice(0, n))
    console.log(governed ? 'governed' : 'plain', n, Math.round(gas / n), (bytes / n).toFixed(0))
  }
}
