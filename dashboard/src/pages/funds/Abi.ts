/**
 * The few calls of the channel contracts and the token that a wallet makes here. All their arguments are static, so each is
 * the selector and its words. Both channel contracts understand all but `cancelWithdraw`, which only our escrow has.
 */
import type { ChannelConfig } from '@pbstream/core/ChannelConfig'
import { keccak256 } from '@pbstream/core/Eip712'
import { type Address, fromBytes, type Hex, toBytes } from '@pbstream/core/Hex'

const CONFIG = '(address,address,address,address,address,uint40,bytes32)'
const WORD = 64
const encoder = new TextEncoder()

export function initiateWithdraw(config: ChannelConfig, amount: bigint): Hex {
  return call(`initiateWithdraw(${CONFIG},uint128)`, ...configWords(config), amount)
}

export function finalizeWithdraw(config: ChannelConfig): Hex {
  return call(`finalizeWithdraw(${CONFIG})`, ...configWords(config))
}

export function cancelWithdraw(config: ChannelConfig): Hex {
  return call(`cancelWithdraw(${CONFIG})`, ...configWords(config))
}

/** Answers (balance, claimed). */
export function channels(channelId: Hex): Hex {
  return call('channels(bytes32)', channelId)
}

/** Answers (amount, when it was begun in Unix seconds; 0: none). */
export function pendingWithdrawals(channelId: Hex): Hex {
  return call('pendingWithdrawals(bytes32)', channelId)
}

export function balanceOf(owner: Address): Hex {
  return call('balanceOf(address)', owner)
}

/** A view without arguments: `name()` and `version()` of a token. */
export function view(name: 'name' | 'version'): Hex {
  return call(`${name}()`)
}

/**
 * The words of an answer as unsigned integers.
 *
 * @throws {TypeError} when there are fewer: no such contract, or not this one.
 */
export function words(answer: Hex, count: number): bigint[] {
  if (answer.length < 2 + count * WORD) throw new TypeError('the contract gave no such answer')
  return Array.from({ length: count }, (_, i) => BigInt(`0x${answer.slice(2 + i * WORD, 2 + (i + 1) * WORD)}`))
}

/**
 * The one string of an answer.
 *
 * @throws {TypeError} when it is none.
 */
export function text(answer: Hex): string {
  const [offset] = words(answer, 1)
  const body = `0x${answer.slice(2 + 2 * Number(offset))}` as Hex
  const [length] = words(body, 1)
  const digits = body.slice(2 + WORD, 2 + WORD + 2 * Number(length))
  if (digits.length !== 2 * Number(length)) throw new TypeError('the contract gave no text')
  return new TextDecoder().decode(toBytes(`0x${digits}`))
}

function configWords(config: ChannelConfig): (Hex | bigint)[] {
  const { payer, payerAuthorizer, receiver, receiverAuthorizer, token, withdrawDelay, salt } = config
  return [payer, payerAuthorizer, receiver, receiverAuthorizer, token, BigInt(withdrawDelay), salt]
}

function call(signature: string, ...args: (Hex | bigint)[]): Hex {
  const selector = fromBytes(keccak256(encoder.encode(signature)).slice(0, 4))
  return `${selector}${args.map(word).join('')}` as Hex
}

function word(value: Hex | bigint): string {
  const digits = typeof value === 'bigint' ? value.toString(16) : value.slice(2).toLowerCase()
  return digits.padStart(WORD, '0')
}
