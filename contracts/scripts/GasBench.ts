// An in-process chain with the escrow as it is built for public networks, and the operations whose gas is measured.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { network } from 'hardhat'
import {
  type Abi,
  type Address,
  concatHex,
  createTestClient,
  custom,
  encodeAbiParameters,
  encodeDeployData,
  encodeFunctionData,
  type Hex,
  keccak256,
  numberToHex,
  parseSignature,
  publicActions,
  serializeCompactSignature,
  signatureToCompactSignature,
  walletActions,
} from 'viem'
import { type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts'

const DELAY = 86_400
const DEPOSIT = 5_000_000n
const FOREVER = 2n ** 40n - 1n
const ZERO: Address = '0x0000000000000000000000000000000000000000'

const voucherTypes = {
  Voucher: [
    { name: 'channelId', type: 'bytes32' },
    { name: 'maxClaimableAmount', type: 'uint128' },
  ],
} as const
const batchTypes = {
  ClaimBatch: [{ name: 'claims', type: 'ClaimEntry[]' }],
  ClaimEntry: [
    { name: 'channelId', type: 'bytes32' },
    { name: 'maxClaimableAmount', type: 'uint128' },
    { name: 'totalClaimed', type: 'uint128' },
  ],
} as const
const consentTypes = {
  ReceiveWithAuthorization: [
    { name: 'from', type: 'address' },
    { name: 'to', type: 'address' },
    { name: 'value', type: 'uint256' },
    { name: 'validAfter', type: 'uint256' },
    { name: 'validBefore', type: 'uint256' },
    { name: 'nonce', type: 'bytes32' },
  ],
} as const

type Contract = { abi: Abi; address: Address }
type Config = {
  payer: Address
  payerAuthorizer: Address
  receiver: Address
  receiverAuthorizer: Address
  token: Address
  withdrawDelay: number
  salt: Hex
}

/** A funded channel. `total` is what was claimed of it. */
export type Channel = {
  config: Config
  id: Hex
  key: PrivateKeyAccount
  total: bigint
  depositGas: number
  registerGas: number
}

/** Keys that are the same in every run: figures must not depend on the zero bytes of an address. */
const account = (seed: number) => privateKeyToAccount(numberToHex(0x5eed_0000_0000 + seed, { size: 32 }))

async function connect() {
  const { provider } = await network.create()
  return createTestClient({ mode: 'hardhat', transport: custom(provider) })
    .extend(publicActions)
    .extend(walletActions)
}

export class GasBench {
  readonly #client: Awaited<ReturnType<typeof connect>>
  readonly #chainId: number
  readonly #escrow: Contract
  readonly #usdc: Contract
  readonly #relayer: Address
  readonly #payer = account(1)
  readonly #authorizer = account(2)
  readonly #receiver = account(3).address
  #opened = 0

  private constructor(
    client: Awaited<ReturnType<typeof connect>>,
    on: { chainId: number; relayer: Address; escrow: Contract; usdc: Contract },
  ) {
    this.#client = client
    this.#chainId = on.chainId
    this.#relayer = on.relayer
    this.#escrow = on.escrow
    this.#usdc = on.usdc
  }

  static async start(): Promise<GasBench> {
    const client = await connect()
    const [relayer] = await client.getAddresses()
    if (relayer === undefined) throw new Error('the chain has no account')
    const on = {
      chainId: await client.getChainId(),
      relayer,
      escrow: await deploy(client, relayer, 'StreamChannelEscrow'),
      usdc: await deploy(client, relayer, 'TestUSDC'),
    }
    const bench = new GasBench(client, on)
    await client.setBalance({ address: bench.#payer.address, value: 10n ** 20n })
    await client.impersonateAccount({ address: bench.#payer.address })
    await bench.#send(on.usdc, 'mint', [bench.#payer.address, 10n ** 15n])
    return bench
  }

  /** A new channel with 5 USDC in it, of a key of its own. */
  async open(underKey: boolean): Promise<Channel> {
    const number = ++this.#opened
    const key = account(1_000 + number)
    const registered = underKey ? await this.#register(key.address, number) : undefined
    const config = this.#config(key.address, registered?.keyId ?? numberToHex(number, { size: 32 }))
    const id = await this.#read<Hex>('getChannelId', [config])
    const depositGas = await this.#deposit(config, id, BigInt(number))
    return { config, id, key, total: 0n, depositGas, registerGas: registered?.gas ?? 0 }
  }

  /** Gas of one transaction that claims a little more of each channel. */
  async settleBatch(channels: readonly Channel[]): Promise<number> {
    const claims = []
    const rows: Hex[] = []
    for (const channel of channels) {
      channel.total += 2_345n
      const entry = { channelId: channel.id, maxClaimableAmount: channel.total + 54_321n, totalClaimed: channel.total }
      claims.push(entry)
      rows.push(row(channel, entry.maxClaimableAmount, await this.#voucher(channel, entry.maxClaimableAmount)))
    }
    const signature = await this.#authorizer.signTypedData({
      domain: this.#domain(),
      types: batchTypes,
      primaryType: 'ClaimBatch',
      message: { claims },
    })
    const terms = {
      receiver: this.#receiver,
      receiverAuthorizer: this.#authorizer.address,
      token: this.#usdc.address,
      withdrawDelay: DELAY,
    }
    return this.#send(this.#escrow, 'settleBatch', [terms, concatHex(rows), signature])
  }

  /** What else people and relayers pay for. */
  async operations(): Promise<Record<string, number>> {
    const channel = await this.open(true)
    const { config, id } = channel
    const keyId = config.salt
    const payer = this.#payer.address
    const send = (name: string, args: unknown[]) => this.#send(this.#escrow, name, args, payer)
    return {
      register_key: channel.registerGas,
      top_up_eip3009: await this.#deposit(config, id, 2n ** 64n),
      freeze_key: await send('freezeKey', [keyId]),
      unfreeze_key: await send('unfreezeKey', [keyId]),
      rotate_key: await send('rotateKey', [keyId, this.#permission(account(7).address, 7_777), DEPOSIT * 2n]),
      initiate_withdraw: await send('initiateWithdraw', [config, 1_000_000n]),
      cancel_withdraw: await send('cancelWithdraw', [config]),
    }
  }

  async #register(key: Address, number: number): Promise<{ keyId: Hex; gas: number }> {
    const permission = this.#permission(key, number)
    const keyId = await this.#read<Hex>('getKeyId', [permission])
    return { keyId, gas: await this.#send(this.#escrow, 'registerKey', [permission], this.#payer.address) }
  }

  /** With a period limit: the dearest kind of row. */
  #permission(key: Address, number: number) {
    return {
      account: this.#payer.address,
      key,
      token: this.#usdc.address,
      payees: [this.#receiver],
      spendCap: 50_000_000n,
      periodAmount: DEPOSIT,
      periodDuration: 86_400,
      perPaymentMax: 0n,
      start: 1,
      expiry: FOREVER,
      freezer: ZERO,
      salt: numberToHex(number, { size: 32 }),
    }
  }

  #config(key: Address, salt: Hex): Config {
    return {
      payer: this.#payer.address,
      payerAuthorizer: key,
      receiver: this.#receiver,
      receiverAuthorizer: this.#authorizer.address,
      token: this.#usdc.address,
      withdrawDelay: DELAY,
      salt,
    }
  }

  async #deposit(config: Config, id: Hex, salt: bigint): Promise<number> {
    const nonce = keccak256(encodeAbiParameters([{ type: 'bytes32' }, { type: 'uint256' }], [id, salt]))
    const to = this.#escrow.address
    const signature = await this.#payer.signTypedData({
      domain: { name: 'USDC', version: '2', chainId: this.#chainId, verifyingContract: this.#usdc.address },
      types: consentTypes,
      primaryType: 'ReceiveWithAuthorization',
      message: { from: config.payer, to, value: DEPOSIT, validAfter: 0n, validBefore: FOREVER, nonce },
    })
    const data = encodeAbiParameters(
      [{ type: 'uint256' }, { type: 'uint256' }, { type: 'uint256' }, { type: 'bytes' }],
      [0n, FOREVER, salt, signature],
    )
    return this.#send(this.#escrow, 'deposit', [config, DEPOSIT, to, data])
  }

  #voucher(channel: Channel, max: bigint): Promise<Hex> {
    const message = { channelId: channel.id, maxClaimableAmount: max }
    return channel.key.signTypedData({ domain: this.#domain(), types: voucherTypes, primaryType: 'Voucher', message })
  }

  #domain() {
    return {
      name: 'PB-Stream Escrow',
      version: '1',
      chainId: this.#chainId,
      verifyingContract: this.#escrow.address,
    } as const
  }

  #read<T>(functionName: string, args: unknown[]): Promise<T> {
    return this.#client.readContract({ ...this.#escrow, functionName, args }) as Promise<T>
  }

  /** Gas of a transaction, its calldata and refunds included. */
  async #send(to: Contract, functionName: string, args: unknown[], from = this.#relayer): Promise<number> {
    const data = encodeFunctionData({ abi: to.abi, functionName, args })
    const gas = 16_777_216n
    const hash = await this.#client.sendTransaction({ account: from, chain: null, to: to.address, data, gas })
    const receipt = await this.#client.getTransactionReceipt({ hash })
    if (receipt.status !== 'success') throw new Error(`${functionName} reverted`)
    return Number(receipt.gasUsed)
  }
}

/** The 160 bytes of a row. */
function row({ config, total }: Channel, max: bigint, signature: Hex): Hex {
  return concatHex([
    config.payer,
    config.payerAuthorizer,
    config.salt,
    numberToHex(max, { size: 12 }),
    numberToHex(total, { size: 12 }),
    serializeCompactSignature(signatureToCompactSignature(parseSignature(signature))),
  ])
}

async function deploy(client: Awaited<ReturnType<typeof connect>>, from: Address, name: string): Promise<Contract> {
  const path = join(import.meta.dirname, '../artifacts/src', `${name}.sol`, `${name}.json`)
  const { abi, bytecode } = JSON.parse(await readFile(path, 'utf8')) as { abi: Abi; bytecode: Hex }
  const hash = await client.sendTransaction({ account: from, chain: null, data: encodeDeployData({ abi, bytecode }) })
  const { contractAddress } = await client.getTransactionReceipt({ hash })
  if (contractAddress === null || contractAddress === undefined) throw new Error(`${name} was not deployed`)
  return { abi, address: contractAddress }
}
