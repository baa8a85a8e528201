/** The tests' own hands on the chain, and what payers sign. */
import * as Authorization from '@pbstream/core/Authorization'
import * as ChannelConfig from '@pbstream/core/ChannelConfig'
import { batchSettlementAbi } from '@pbstream/core/abi/BatchSettlement'
import { testUsdcAbi } from '@pbstream/core/abi/TestUSDC'
import { type Address, fromBytes, type Hex } from '@pbstream/core/Hex'
import { type SessionRef, sessionName } from '@pbstream/core/message/Session'
import type { ClaimMessage, DepositOrder } from '@pbstream/core/message/Settlement'
import * as NobleSigner from '@pbstream/core/NobleSigner'
import * as Voucher from '@pbstream/core/Voucher'
import { createTestClient, encodeAbiParameters, encodeFunctionData, http, publicActions, walletActions } from 'viem'
import { baseSepolia } from 'viem/chains'
import { inject } from 'vitest'
import { keys, receiver } from './keys.ts'

export const chainId = 84532
export const contract: Address = '0x4020074e9df2ce1dee5a9c1b5c3f541d02a10003'
export const collector: Address = '0x4020806089470a89826cb9fb1f4059150b550004'
export const token: Address = '0x036cbd53842c5426634e7929541ec2318f3dcf7e'

export const payer = NobleSigner.create(keys.payer)
export const sessionKey = NobleSigner.create(keys.sessionKey)
export const receiverAuthorizer = NobleSigner.create(keys.receiverAuthorizer)
export const gas = NobleSigner.create(keys.gas)
export const facilitatorGas = NobleSigner.create(keys.facilitatorGas)
export const stranger = NobleSigner.create(keys.stranger)

const domain = Voucher.domainSeparator(chainId, contract)
const tokenDomain = Authorization.domainSeparator({ chainId, token, tokenName: 'USDC', tokenVersion: '2' })

export const client = createTestClient({
  mode: 'anvil',
  chain: baseSepolia,
  transport: http(inject('rpcUrl' as never) as string),
  pollingInterval: 20,
})
  .extend(publicActions)
  .extend(walletActions)

export const random32 = (): Hex => fromBytes(crypto.getRandomValues(new Uint8Array(32)))

export type Channel = { config: ChannelConfig.ChannelConfig; id: Hex; session: SessionRef; name: string }

/** A channel of its own, not yet on chain. */
export function channel(over: Partial<ChannelConfig.ChannelConfig> = {}): Channel {
  const config = {
    payer: payer.address,
    payerAuthorizer: sessionKey.address,
    receiver,
    receiverAuthorizer: receiverAuthorizer.address,
    token,
    withdrawDelay: 900,
    salt: random32(),
    ...over,
  }
  const session = { chainId, contract, payer: config.payer, payerAuthorizer: config.payerAuthorizer }
  return { config, id: ChannelConfig.id(config, domain), session, name: sessionName(session) }
}

export async function voucher(of: Channel, max: bigint, signer = sessionKey): Promise<Hex> {
  return signer.sign(Voucher.digest(domain, of.id, max))
}

/** What a payer signs for a deposit. */
export async function depositAuthorization(of: Channel, amount: bigint, over: { validBefore?: bigint } = {}) {
  const { validBefore = inAnHour() } = over
  const salt = random32()
  const nonce = Authorization.depositNonce(of.id, salt)
  const digest = Authorization.receiveDigest(tokenDomain, {
    from: payer.address,
    to: collector,
    value: amount,
    validAfter: 0n,
    validBefore,
    nonce,
  })
  return { validAfter: 0n, validBefore, salt, signature: await payer.sign(digest) }
}

export async function depositOrder(of: Channel, amount: bigint): Promise<DepositOrder> {
  const authorization = await depositAuthorization(of, amount)
  const { id: channelId, config, session } = of
  return { v: 1, session, depositId: crypto.randomUUID(), channelId, config, amount, authorization, waitMs: 10_000 }
}

/** A transfer that a payer authorised. */
export async function transfer(value: bigint, over: Partial<Authorization.Unsigned> = {}) {
  const unsigned = {
    from: payer.address,
    to: receiver,
    value,
    validAfter: 0n,
    validBefore: inAnHour(),
    nonce: random32(),
    ...over,
  }
  return { ...unsigned, signature: await payer.sign(Authorization.transferDigest(tokenDomain, unsigned)) }
}

/** Money in the channel, put there by the payer himself and not by the Worker. */
export async function fundChannel(of: Channel, amount: bigint): Promise<void> {
  const { signature, salt, validAfter, validBefore } = await depositAuthorization(of, amount)
  const data = encodeAbiParameters(
    [{ type: 'uint256' }, { type: 'uint256' }, { type: 'uint256' }, { type: 'bytes' }],
    [validAfter, validBefore, BigInt(salt), signature],
  )
  await as(stranger.address, contract, {
    abi: batchSettlementAbi,
    functionName: 'deposit',
    args: [of.config, amount, collector, data],
  })
}

/** The payer takes the unclaimed money back: asked for, waited for, finalised. */
export async function withdraw(of: Channel, amount: bigint): Promise<void> {
  const call = { abi: batchSettlementAbi }
  await as(payer.address, contract, { ...call, functionName: 'initiateWithdraw', args: [of.config, amount] })
  await client.increaseTime({ seconds: of.config.withdrawDelay + 1 })
  await client.mine({ blocks: 1 })
  await as(payer.address, contract, { ...call, functionName: 'finalizeWithdraw', args: [of.config] })
}

type EncodeArgs = { abi: typeof batchSettlementAbi; functionName: never; args: never }

type Call = { abi: unknown; functionName: string; args: unknown[] }
let turn: Promise<unknown> = Promise.resolve()

/** Sends a transaction of an account whose key the tests need not use. One at a time: nonces are anvil's to choose. */
export function as(account: Address, to: Address, call: Call): Promise<Hex> {
  const mine = turn.then(() => sendAs(account, to, call))
  turn = mine.catch(() => undefined)
  return mine
}

async function sendAs(account: Address, to: Address, call: Call): Promise<Hex> {
  await client.setBalance({ address: account, value: 10n ** 20n })
  await client.impersonateAccount({ address: account })
  const data = encodeFunctionData(call as unknown as EncodeArgs)
  const hash = await client.sendTransaction({ account, to, data })
  const receipt = await client.waitForTransactionReceipt({ hash })
  if (receipt.status !== 'success') throw new Error(`the test's own ${call.functionName} reverted`)
  return hash
}

export async function claimMessage(of: Channel, max: bigint, total = max, over: Partial<ClaimMessage> = {}) {
  const message: ClaimMessage = {
    v: 1,
    kind: 'claim',
    session: of.session,
    channelId: of.id,
    config: of.config,
    max: max.toString(),
    signature: await voucher(of, max),
    total: total.toString(),
    reason: 'amount',
    attempt: 0,
    ...over,
  }
  return message
}

export async function balanceOf(address: Address): Promise<bigint> {
  return client.readContract({ address: token, abi: testUsdcAbi, functionName: 'balanceOf', args: [address] })
}

export async function channelState(id: Hex): Promise<{ balance: bigint; totalClaimed: bigint }> {
  const [balance, totalClaimed] = await client.readContract({
    address: contract,
    abi: batchSettlementAbi,
    functionName: 'channels',
    args: [id],
  })
  return { balance, totalClaimed }
}

/** Transactions that an account has had mined. */
export async function sent(address: Address): Promise<number> {
  return client.getTransactionCount({ address, blockTag: 'latest' })
}

export const domains = { channel: domain, token: tokenDomain }

function inAnHour(): bigint {
  // Tests move the chain's clock forward by quarters of an hour.
  return BigInt(Math.floor(Date.now() / 1000) + 86_400)
}
