/** The tests' own hands on the chain, and what payers sign. */
import * as Authorization from '@pbstream/core/Authorization'
import * as ChannelConfig from '@pbstream/core/ChannelConfig'
import { batchSettlementAbi } from '@pbstream/core/abi/BatchSettlement'
import { streamChannelEscrowAbi } from '@pbstream/core/abi/StreamChannelEscrow'
import { testUsdcAbi } from '@pbstream/core/abi/TestUSDC'
import { type Address, fromBytes, type Hex } from '@pbstream/core/Hex'
import { type SessionRef, sessionName } from '@pbstream/core/message/Session'
import type { ClaimMessage, DepositOrder } from '@pbstream/core/message/Settlement'
import * as NobleSigner from '@pbstream/core/NobleSigner'
import * as SessionKey from '@pbstream/core/SessionKey'
import * as Voucher from '@pbstream/core/Voucher'
import { createTestClient, encodeAbiParameters, encodeFunctionData, http, publicActions, walletActions } from 'viem'
import { baseSepolia } from 'viem/chains'
import { inject } from 'vitest'
import { keys, receiver } from './keys.ts'

export const chainId = 84532
export const contract: Address = '0x4020074e9df2ce1dee5a9c1b5c3f541d02a10003'
export const collector: Address = '0x4020806089470a89826cb9fb1f4059150b550004'
export const token: Address = '0x036cbd53842c5426634e7929541ec2318f3dcf7e'
export const escrow = inject('escrow' as never) as Address

export const payer = NobleSigner.create(keys.payer)
export const sessionKey = NobleSigner.create(keys.sessionKey)
export const receiverAuthorizer = NobleSigner.create(keys.receiverAuthorizer)
export const gas = NobleSigner.create(keys.gas)
export const facilitatorGas = NobleSigner.create(keys.facilitatorGas)
export const relayGas = NobleSigner.create(keys.relayGas)
export const freezer = NobleSigner.create(keys.freezer)
export const stranger = NobleSigner.create(keys.stranger)

const domain = Voucher.domainSeparator(chainId, contract)
const escrowDomain = Voucher.escrowDomainSeparator(chainId, escrow)
const tokenDomainOf = (address: Address) =>
  Authorization.domainSeparator({ chainId, token: address, tokenName: 'USDC', tokenVersion: '2' })
const tokenDomain = tokenDomainOf(token)

export const client = createTestClient({
  mode: 'anvil',
  chain: baseSepolia,
  transport: http(inject('rpcUrl' as never) as string),
  pollingInterval: 20,
})
  .extend(publicActions)
  .extend(walletActions)

export const random32 = (): Hex => fromBytes(crypto.getRandomValues(new Uint8Array(32)))

/** A contract that holds channels. */
type Place = { address: Address; collector: Address; domain: Uint8Array }
const canonical: Place = { address: contract, collector, domain }
const ours: Place = { address: escrow, collector: escrow, domain: escrowDomain }

export type Channel = {
  config: ChannelConfig.ChannelConfig
  id: Hex
  session: SessionRef
  name: string
  at: Place
}

/** A channel of its own in the canonical contract, not yet on chain. */
export function channel(over: Partial<ChannelConfig.ChannelConfig> = {}): Channel {
  return channelAt(canonical, over)
}

/** The same in our escrow. */
export function escrowChannel(over: Partial<ChannelConfig.ChannelConfig> = {}): Channel {
  return channelAt(ours, over)
}

function channelAt(at: Place, over: Partial<ChannelConfig.ChannelConfig>): Channel {
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
  const session = { chainId, contract: at.address, payer: config.payer, payerAuthorizer: config.payerAuthorizer }
  return { config, id: ChannelConfig.id(config, at.domain), session, name: sessionName(session), at }
}

export async function voucher(of: Channel, max: bigint, signer = sessionKey): Promise<Hex> {
  return signer.sign(Voucher.digest(of.at.domain, of.id, max))
}

/** What a payer signs for a deposit. */
export async function depositAuthorization(of: Channel, amount: bigint, over: { validBefore?: bigint } = {}) {
  const { validBefore = inAnHour() } = over
  const salt = random32()
  const nonce = Authorization.depositNonce(of.id, salt)
  const digest = Authorization.receiveDigest(tokenDomainOf(of.config.token), {
    from: payer.address,
    to: of.at.collector,
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
  await as(stranger.address, of.at.address, await depositCall(of, amount))
}

async function depositCall(of: Channel, amount: bigint): Promise<Call> {
  const { signature, salt, validAfter, validBefore } = await depositAuthorization(of, amount)
  const data = encodeAbiParameters(
    [{ type: 'uint256' }, { type: 'uint256' }, { type: 'uint256' }, { type: 'bytes' }],
    [validAfter, validBefore, BigInt(salt), signature],
  )
  return { abi: batchSettlementAbi, functionName: 'deposit', args: [of.config, amount, of.at.collector, data] }
}

/** Money in many channels of one contract, several in a transaction. */
export async function fundMany(channels: readonly Channel[], amount: bigint): Promise<void> {
  for (let i = 0; i < channels.length; i += 60) {
    const some = channels.slice(i, i + 60)
    const calls = await Promise.all(some.map(async (of) => encode(await depositCall(of, amount))))
    const call = { abi: batchSettlementAbi, functionName: 'multicall', args: [calls] }
    await as(stranger.address, some[0]?.at.address ?? contract, call)
  }
}

/** The payer takes the unclaimed money back: asked for, waited for, finalised. */
export async function withdraw(of: Channel, amount: bigint): Promise<void> {
  await initiateWithdraw(of, amount)
  await pass(of.config.withdrawDelay + 1)
  await as(payer.address, of.at.address, finalizeWithdraw(of))
}

export async function initiateWithdraw(of: Channel, amount: bigint): Promise<void> {
  const call = { abi: batchSettlementAbi, functionName: 'initiateWithdraw', args: [of.config, amount] }
  await as(payer.address, of.at.address, call)
}

export function finalizeWithdraw(of: Channel): Call {
  return { abi: batchSettlementAbi, functionName: 'finalizeWithdraw', args: [of.config] }
}

/** Lets time go by on the chain. */
export async function pass(seconds: number): Promise<void> {
  await client.increaseTime({ seconds })
  await client.mine({ blocks: 1 })
}

/** A session key that its owner has registered in the escrow; its id is the salt of the channels that it governs. */
export async function registeredKey(over: Partial<SessionKey.Permission> = {}): Promise<Hex> {
  const now = Number((await client.getBlock()).timestamp)
  const permission: SessionKey.Permission = {
    account: payer.address,
    key: sessionKey.address,
    token,
    payees: [receiver],
    spendCap: 10n ** 12n,
    periodAmount: 0n,
    periodDuration: 0,
    perPaymentMax: 0n,
    start: now,
    expiry: now + 30 * 86_400,
    freezer: stranger.address,
    salt: random32(),
    ...over,
  }
  await as(payer.address, escrow, { abi: streamChannelEscrowAbi, functionName: 'registerKey', args: [permission] })
  return SessionKey.keyId(permission, escrowDomain)
}

export async function freezeKey(keyId: Hex): Promise<void> {
  await as(payer.address, escrow, { abi: streamChannelEscrowAbi, functionName: 'freezeKey', args: [keyId] })
}

type EncodeArgs = { abi: typeof batchSettlementAbi; functionName: never; args: never }

export type Call = { abi: unknown; functionName: string; args: unknown[] }

export function encode(call: Call): Hex {
  return encodeFunctionData(call as unknown as EncodeArgs)
}

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
  const hash = await client.sendTransaction({ account, to, data: encode(call) })
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

export async function channelState(
  id: Hex,
  address: Address = contract,
): Promise<{ balance: bigint; totalClaimed: bigint }> {
  const [balance, totalClaimed] = await client.readContract({
    address,
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

export const domains = { channel: domain, escrow: escrowDomain, token: tokenDomain }

function inAnHour(): bigint {
  // Tests move the chain's clock forward by quarters of an hour.
  return BigInt(Math.floor(Date.now() / 1000) + 86_400)
}
