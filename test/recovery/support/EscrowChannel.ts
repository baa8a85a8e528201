/** Channels of our escrow on a chain without any Worker: opened by a payer, with vouchers as an export has them. */
import { randomBytes } from 'node:crypto'
import { localDeployment } from '@pbstream/contracts/deployments/local.ts'
import { streamChannelEscrowAbi as abi } from '@pbstream/core/abi/StreamChannelEscrow'
import * as Authorization from '@pbstream/core/Authorization'
import * as ChannelConfig from '@pbstream/core/ChannelConfig'
import { type Hex, lower } from '@pbstream/core/Hex'
import * as NobleSigner from '@pbstream/core/NobleSigner'
import * as SessionKey from '@pbstream/core/SessionKey'
import * as Voucher from '@pbstream/core/Voucher'
import type { ExportedChannel } from '@pbstream/core/VoucherExport'
import { Chain } from '@pbstream/local/Chain'
import { bytesToHex, encodeAbiParameters, encodeFunctionData } from 'viem'

export const escrow = lower(localDeployment.contracts.StreamChannelEscrow.address)
export const withdrawDelay = 900
const token = lower(Chain.addresses.usdc)
const domain = Voucher.escrowDomainSeparator(Chain.id, escrow)
const tokenDomain = Authorization.domainSeparator({ chainId: Chain.id, token, tokenName: 'USDC', tokenVersion: '2' })

/** Somebody with a key of their own. */
export type Person = NobleSigner.Signer & { key: Hex }

export function person(): Person {
  const key = bytesToHex(randomBytes(32))
  return { ...NobleSigner.create(key), key }
}

/** Terms of a session key that matter here; the rest is wide open. */
export type Limits = { periodAmount: bigint; periodDuration: number }

export class EscrowChannel {
  readonly config: ChannelConfig.ChannelConfig
  readonly id: Hex
  readonly #sessionKey: Person

  private constructor(config: ChannelConfig.ChannelConfig, sessionKey: Person) {
    this.config = config
    this.id = ChannelConfig.id(config, domain)
    this.#sessionKey = sessionKey
  }

  /** A new channel with `amount` in it. With `limits` a session key that the payer registers governs it. */
  static async open(
    chain: Chain,
    parties: { payer: Person; receiver: Person; receiverAuthorizer: Person },
    amount: bigint,
    limits?: Limits,
  ): Promise<EscrowChannel> {
    const { payer, receiver, receiverAuthorizer } = parties
    const sessionKey = person()
    const salt = bytesToHex(new Uint8Array([0, ...randomBytes(31)]))
    const now = Number((await chain.client.getBlock()).timestamp)
    const permission: SessionKey.Permission = {
      account: payer.address,
      key: sessionKey.address,
      token,
      payees: [receiver.address],
      spendCap: amount,
      periodAmount: 0n,
      periodDuration: 0,
      ...limits,
      perPaymentMax: 0n,
      start: now - 1,
      expiry: now + 10 ** 9,
      freezer: payer.address,
      salt,
    }
    const config = {
      payer: payer.address,
      payerAuthorizer: sessionKey.address,
      receiver: receiver.address,
      receiverAuthorizer: receiverAuthorizer.address,
      token,
      withdrawDelay,
      salt: limits === undefined ? salt : SessionKey.keyId(permission, domain),
    }
    const channel = new EscrowChannel(config, sessionKey)
    await chain.fund([payer.address])
    await chain.client.impersonateAccount({ address: payer.address })
    const calls = [await channel.#deposit(payer, amount)]
    if (limits !== undefined)
      calls.unshift(encodeFunctionData({ abi, functionName: 'registerKey', args: [permission] }))
    for (const data of calls) {
      const hash = await chain.client.sendTransaction({ account: payer.address, to: escrow, data })
      const { status } = await chain.client.waitForTransactionReceipt({ hash })
      if (status !== 'success') throw new Error('the channel was not opened')
    }
    return channel
  }

  /** As an export has it: `spent` charged, a voucher for `max`. */
  async exported(spent: bigint, max = spent): Promise<ExportedChannel> {
    const signature = await this.#sessionKey.sign(Voucher.digest(domain, this.id, max))
    const at = { chainId: Chain.id, contract: escrow, channelId: this.id, config: this.config }
    return { ...at, spent, claimed: 0n, settled: 0n, lost: 0n, voucher: { max, signature } }
  }

  async #deposit(payer: Person, amount: bigint): Promise<Hex> {
    const salt = bytesToHex(randomBytes(32))
    const times = { validAfter: 0n, validBefore: 2n ** 40n - 1n }
    const nonce = Authorization.depositNonce(this.id, salt)
    const unsigned = { from: payer.address, to: escrow, value: amount, nonce, ...times }
    const consent = encodeAbiParameters(
      [{ type: 'uint256' }, { type: 'uint256' }, { type: 'uint256' }, { type: 'bytes' }],
      [
        times.validAfter,
        times.validBefore,
        BigInt(salt),
        await payer.sign(Authorization.receiveDigest(tokenDomain, unsigned)),
      ],
    )
    return encodeFunctionData({ abi, functionName: 'deposit', args: [this.config, amount, escrow, consent] })
  }
}
