/** The chains that the API deals with. A test chain is reached in test mode only, a live one in live mode only. */
import { type Address, isAddress, lower } from '@pbstream/core/Hex'
import type { Mode } from '@pbstream/db/Mode'
import type { Env } from '../Env.ts'

export type Chain = {
  chainId: number
  /** The official batch-settlement contract. */
  contract: Address
  /** Ours, where there is one: keys can be registered there. */
  escrow: Address | null
  token: Address
  testnet: boolean
  /** Seconds, of channels whose provider says nothing else; undefined: the deployment does not say. */
  withdrawDelay: number | undefined
}

const parsed = new Map<string, Chain[]>()

/** @throws {TypeError} when CHAINS cannot be read: a mistake of the deployment. */
export function chains(env: Env): Chain[] {
  const text = env.CHAINS ?? '[]'
  const known = parsed.get(text)
  if (known !== undefined) return known
  const list = JSON.parse(text) as unknown
  if (!Array.isArray(list)) throw new TypeError('CHAINS has to be a list')
  const made = list.map(toChain)
  parsed.set(text, made)
  return made
}

export function chainsOf(env: Env, mode: Mode): Chain[] {
  return chains(env).filter(({ testnet }) => testnet === (mode === 'test'))
}

/** @returns undefined when the mode has no such chain. */
export function chainById(env: Env, mode: Mode, chainId: number): Chain | undefined {
  return chainsOf(env, mode).find((chain) => chain.chainId === chainId)
}

function toChain(value: unknown): Chain {
  const { chainId, contract, escrow = null, token, testnet, withdrawDelay } = value as Record<string, unknown>
  if (!Number.isSafeInteger(chainId) || !isAddress(contract) || !isAddress(token) || typeof testnet !== 'boolean') {
    throw new TypeError('a chain has to have chainId, contract, token and testnet')
  }
  if (escrow !== null && !isAddress(escrow)) throw new TypeError('the escrow of a chain has to be an address')
  return {
    chainId: chainId as number,
    contract: lower(contract),
    escrow: escrow === null ? null : lower(escrow),
    token: lower(token),
    testnet,
    withdrawDelay: typeof withdrawDelay === 'number' ? withdrawDelay : undefined,
  }
}
