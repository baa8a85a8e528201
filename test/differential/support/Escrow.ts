/** One channel of its own in the real escrow on a local chain: who signs for it, what is sent, what is seen. */
import { localDeployment } from '@pbstream/contracts/deployments/local.ts'
import * as Authorization from '@pbstream/core/Authorization'
import { streamChannelEscrowAbi as abi } from '@pbstream/core/abi/StreamChannelEscrow'
import { testUsdcAbi } from '@pbstream/core/abi/TestUSDC'
import * as ChannelConfig from '@pbstream/core/ChannelConfig'
import { type Address, type Hex, lower } from '@pbstream/core/Hex'
import * as NobleSigner from '@pbstream/core/NobleSigner'
import * as PackedRows from '@pbstream/core/PackedRows'
import * as SessionKey from '@pbstream/core/SessionKey'
import * as Voucher from '@pbstream/core/Voucher'
import { Chain } from '@pbstream/local/Chain'
import { type ContractFunctionArgs, encodeAbiParameters, encodeFunctionData } from 'viem'

/** What the payer has when the channel opens. */
export const PAYER_FUNDS = 1_000_000_000n

const FOREVER = 2 ** 40 - 1
const escrow = lower(localDeployment.contracts.StreamChannelEscrow.address)
const token = lower(Chain.addresses.usdc)
const domain = Voucher.escrowDomainSeparator(Chain.id, escrow)
const tokenDomain = Authorization.domainSeparator({ chainId: Chain.id, token, tokenName: 'USDC', tokenVersion: '2' })

const keyOf = (n: number): Hex => `0x${n.toString(16).padStart(64, '0')}`
const sessionKey = NobleSigner.create(keyOf(0x5e55_10))
const receiverAuthorizer = NobleSigner.create(keyOf(0xa07_0a))
const stranger = NobleSigner.create(keyOf(0x57a_46e))

/** Sends what anybody may send. */
export const relayer = stranger.address

let opened = 0

export type Row = { max: bigint; total: bigint; signature: Hex }

/** Everything about the channel that has to do with money. */
export type Seen = {
  balance: bigint
  totalClaimed: bigint
  refundNonce: bigint
  withdrawRequestedAt: number
  payer: bigint
  receiver: bigint
  /** The tokens that the escrow holds, for all channels. */
  escrow: bigint
}

export class Escrow {
  readonly config: ChannelConfig.ChannelConfig
  readonly id: Hex
  readonly #chain: Chain
  readonly #payer: NobleSigner.Signer
  #deposits = 0

  private constructor(chain: Chain, payer: NobleSigner.Signer, config: ChannelConfig.ChannelConfig) {
    this.#chain = chain
    this.#payer = payer
    this.config = config
    this.id = ChannelConfig.id(config, domain)
  }

  /** A channel with a payer and a receiver of its own; `governed`: under a key that the payer registers. */
  static async open(chain: Chain, governed: boolean): Promise<Escrow> {
    const n = ++opened
    const payer = NobleSigner.create(keyOf(0x0b0e_0000_0000 + n))
    const receiver: Address = `0xca5e${n.toString(16).padStart(36, '0')}`
    await chain.fund([payer.address], { usdc: PAYER_FUNDS })
    await chain.client.impersonateAccount({ address: payer.address })
    const terms = { token, receiver, receiverAuthorizer: receiverAuthorizer.address, withdrawDelay: 900 }
    const parties = { payer: payer.address, payerAuthorizer: sessionKey.address }
    if (!governed) return new Escrow(chain, payer, { ...terms, ...parties, salt: keyOf(n) })
    const permission: SessionKey.Permission = {
      account: payer.address,
      key: sessionKey.address,
      token,
      payees: [receiver],
      spendCap: PAYER_FUNDS,
      periodAmount: 0n,
      periodDuration: 0,
      perPaymentMax: 0n,
      start: 1,
      expiry: FOREVER,
      freezer: stranger.address,
      salt: keyOf(n),
    }
    const of = new Escrow(chain, payer, { ...terms, ...parties, salt: SessionKey.keyId(permission, domain) })
    const data = encodeFunctionData({ abi, functionName: 'registerKey', args: [permission] })
    if (!(await of.send(data, payer.address))) throw new Error('the key was not registered')
    return of
  }

  /** A voucher's signature, of the session key or of a key that has no say. */
  voucher(max: bigint, own = true): Promise<Hex> {
    return (own ? sessionKey : stranger).sign(Voucher.digest(domain, this.id, max))
  }

  async deposit(amount: bigint): Promise<Hex> {
    const salt = keyOf(++this.#deposits)
    const times = { validAfter: 0n, validBefore: BigInt(FOREVER) }
    const nonce = Authorization.depositNonce(this.id, salt)
    const unsigned = { from: this.config.payer, to: escrow, value: amount, nonce, ...times }
    const signature = await this.#payer.sign(Authorization.receiveDigest(tokenDomain, unsigned))
    const consent = encodeAbiParameters(
      [{ type: 'uint256' }, { type: 'uint256' }, { type: 'uint256' }, { type: 'bytes' }],
      [times.validAfter, times.validBefore, BigInt(salt), signature],
    )
    return encodeFunctionData({ abi, functionName: 'deposit', args: [this.config, amount, escrow, consent] })
  }

  async settleBatch(row: Row, authorized = true): Promise<Hex> {
    const { terms, rows } = PackedRows.encode([{ config: this.config, ...row }])
    const args = [terms, rows, await this.#claimSignature(row, authorized)] as const
    return encodeFunctionData({ abi, functionName: 'settleBatch', args })
  }

  async claimWithSignature({ max, total, signature }: Row, authorized = true): Promise<Hex> {
    const voucher = { channel: this.config, maxClaimableAmount: max }
    const claims: ContractFunctionArgs<typeof abi, 'nonpayable', 'claimWithSignature'>[0] = [
      { voucher, signature, totalClaimed: total },
    ]
    const args = [claims, await this.#claimSignature({ max, total }, authorized)] as const
    return encodeFunctionData({ abi, functionName: 'claimWithSignature', args })
  }

  settle(): Hex {
    return encodeFunctionData({ abi, functionName: 'settle', args: [this.config.receiver, token] })
  }

  /** Claims first if there is something to claim, pays out, and gives `amount` back, in one transaction. */
  async refund(amount: bigint, nonce: bigint, claim?: Row): Promise<Hex> {
    const digest = Voucher.refundDigest(domain, { channelId: this.id, nonce, amount })
    const args = [this.config, amount, nonce, await receiverAuthorizer.sign(digest)] as const
    const refund = encodeFunctionData({ abi, functionName: 'refundWithSignature', args })
    const claims = claim === undefined ? [] : [await this.claimWithSignature(claim)]
    return encodeFunctionData({ abi, functionName: 'multicall', args: [[...claims, this.settle(), refund]] })
  }

  initiateWithdraw(amount: bigint): Hex {
    return encodeFunctionData({ abi, functionName: 'initiateWithdraw', args: [this.config, amount] })
  }

  finalizeWithdraw(): Hex {
    return encodeFunctionData({ abi, functionName: 'finalizeWithdraw', args: [this.config] })
  }

  /** Lets the withdrawal delay go by on the chain. */
  async pass(): Promise<void> {
    await this.#chain.client.increaseTime({ seconds: this.config.withdrawDelay })
  }

  /** Has the transaction mined, also when it reverts; true if it did not. */
  async send(data: Hex, from: Address = relayer): Promise<boolean> {
    const { client } = this.#chain
    const hash = await client.sendUnsignedTransaction({ from, to: escrow, data, gas: 1_000_000n })
    return (await client.waitForTransactionReceipt({ hash, pollingInterval: 5 })).status === 'success'
  }

  async see(): Promise<Seen> {
    const of = { address: escrow, abi } as const
    const usdc = { address: token, abi: testUsdcAbi, functionName: 'balanceOf' } as const
    const [[balance, totalClaimed], refundNonce, [, requestedAt], payer, receiver, held] =
      await this.#chain.client.multicall({
        allowFailure: false,
        contracts: [
          { ...of, functionName: 'channels', args: [this.id] },
          { ...of, functionName: 'refundNonce', args: [this.id] },
          { ...of, functionName: 'pendingWithdrawals', args: [this.id] },
          { ...usdc, args: [this.config.payer] },
          { ...usdc, args: [this.config.receiver] },
          { ...usdc, args: [escrow] },
        ],
      })
    return { balance, totalClaimed, refundNonce, withdrawRequestedAt: requestedAt, payer, receiver, escrow: held }
  }

  #claimSignature({ max, total }: Omit<Row, 'signature'>, authorized: boolean): Promise<Hex> {
    const digest = Voucher.claimBatchDigest(domain, [{ channelId: this.id, max, total }])
    return (authorized ? receiverAuthorizer : stranger).sign(digest)
  }
}
