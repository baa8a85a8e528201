/** What the chain says, by the wallet's own node: balances, and how a channel stands. Nobody of ours is asked. */
import type { Address, Hex } from '@pbstream/core/Hex'
import { account, onChain, receipt, request, sendTransaction } from '../../Wallet.ts'
import * as Abi from './Abi.ts'
import { configOf, type Known } from './Channel.ts'
import type { Token } from './Deposit.ts'
import { type Position, position } from './Position.ts'
import { w } from './words.ts'

/** A channel as the chain has it, and the time of its newest block in Unix seconds. */
export type Seen = Position & { time: number }

/** Switches the wallet to the chain of the channel, then asks. @throws {WalletError | TypeError} */
export async function look(channel: Known): Promise<Seen> {
  await onChain(channel.chainId)
  const [contract, channelId] = [channel.contract as Address, channel.id as Hex]
  const [state, pending, time] = await Promise.all([
    call(contract, Abi.channels(channelId)),
    call(contract, Abi.pendingWithdrawals(channelId)),
    now(),
  ])
  const [balance = 0n, claimed = 0n] = Abi.words(state, 2)
  const [amount = 0n, at = 0n] = Abi.words(pending, 2)
  const withdrawal = at === 0n ? undefined : { amount, initiatedAt: Number(at) }
  const where = { escrow: channel.kind === 'escrow', config: configOf(channel) }
  return { ...position(where, { balance, claimed, withdrawal }, time), time }
}

/** Asks the payer's wallet to begin a withdrawal, and waits until it is mined. @throws {WalletError | Error} */
export function begin(channel: Known, amount: bigint): Promise<Hex> {
  return send(channel, Abi.initiateWithdraw(configOf(channel), amount))
}

export function finish(channel: Known): Promise<Hex> {
  return send(channel, Abi.finalizeWithdraw(configOf(channel)))
}

/** Only our escrow lets a payer think better of it. */
export function cancel(channel: Known): Promise<Hex> {
  return send(channel, Abi.cancelWithdraw(configOf(channel)))
}

async function send({ contract, chainId }: Known, data: Hex): Promise<Hex> {
  const hash = await sendTransaction({ to: contract as Address, data, chainId })
  const { status } = await receipt(hash, chainId)
  if (status === 'reverted') throw new Error(w.reverted())
  return hash
}

/**
 * The balance of a token, if that can be said without asking anybody: undefined when no wallet is connected, or it is on
 * another chain.
 */
export async function balance(chainId: number, token: Address, owner: Address): Promise<bigint | undefined> {
  if (account.value === undefined) return undefined
  if (Number(await request<string>('eth_chainId')) !== chainId) return undefined
  return Abi.words(await call(token, Abi.balanceOf(owner)), 1)[0]
}

/** Under which name and version a token checks signatures. Switches the wallet to its chain. @throws {WalletError} */
export async function tokenOf(chainId: number, address: Address): Promise<Token> {
  await onChain(chainId)
  const [name, version] = await Promise.all([call(address, Abi.view('name')), call(address, Abi.view('version'))])
  return { address, name: Abi.text(name), version: Abi.text(version) }
}

function call(to: Address, data: Hex): Promise<Hex> {
  return request<Hex>('eth_call', [{ to, data }, 'latest'])
}

/** The time of the newest block: the one that contracts go by. */
async function now(): Promise<number> {
  const block = await request<{ timestamp: string }>('eth_getBlockByNumber', ['latest', false])
  return Number(block.timestamp)
}
