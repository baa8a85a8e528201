/** Contracts and tokens that money is entrusted to, by chain. What is not here is refused, unless `contracts` names it. */
import * as Eip712 from '@pbstream/core/Eip712'
import { type Address, fromBytes, type Hex, isAddress, lower, toBytes } from '@pbstream/core/Hex'
import * as Network from '@pbstream/core/Network'
import * as Voucher from '@pbstream/core/Voucher'
import { UnknownContractError } from '../errors/Payer.ts'
import type { Rpc } from './Rpc.ts'

/** A chain whose contract and tokens are trusted. */
export type Pin = {
  /** Holds the channels. */
  contract: string
  /** Pulls deposits by EIP-3009. */
  collector: string
  /** Tokens that may be spent: budgets count their atomic units alike. Left out: the USDC that is known there. */
  tokens?: string[]
  /** Keccak-256 of the contract's code: with `rpc` it has to be one of these. Left out: there has to be code. */
  codeHashes?: string[]
}

/** A pin in the form that is compared. */
export type Trusted = {
  chainId: number
  contract: Address
  collector: Address
  tokens: ReadonlySet<string>
  codeHashes?: ReadonlySet<string>
}

/** USDC as its issuer names it, on the chains where the canonical contract of x402 is known to be. */
const USDC: { readonly [network: string]: Address } = {
  'eip155:8453': '0x833589fcd6edb6e08f4c7c32d4f71b54bda02913',
  'eip155:84532': '0x036cbd53842c5426634e7929541ec2318f3dcf7e',
  'eip155:137': '0x3c499c542cef5e3811e1192ce70d8cc03d5c3359',
  'eip155:42161': '0xaf88d065e77c8cc2239327c5edb3a432268e5831',
}

/** What is trusted: the known chains, each replaced by what the user says of it. */
export class Pins {
  readonly #trusted = new Map<string, Trusted>()
  readonly #rpc: Rpc | undefined
  readonly #verified = new Map<string, Promise<void>>()

  /** @throws {TypeError} for a pin that names no chain or no addresses. */
  constructor(own: { [network: string]: Pin } = {}, rpc?: Rpc) {
    this.#rpc = rpc
    const { contract, collector } = Voucher.BATCH_SETTLEMENT
    for (const [network, token] of Object.entries(USDC)) {
      this.#trusted.set(network, parse(network, { contract, collector, tokens: [token] }))
    }
    for (const [network, pin] of Object.entries(own)) {
      const known = USDC[network]
      const tokens = pin.tokens ?? (known === undefined ? [] : [known])
      this.#trusted.set(network, parse(network, { ...pin, tokens }))
    }
  }

  /**
   * What is trusted on the chain of an offer.
   *
   * @throws {UnknownContractError} when the chain, its token, or a contract that the offer names is not known.
   */
  of(offer: { network: string; asset: string; extra: Record<string, unknown> }): Trusted {
    const trusted = this.#trusted.get(offer.network)
    if (trusted === undefined) throw new UnknownContractError(`no contract is known on ${offer.network}`)
    if (!trusted.tokens.has(offer.asset.toLowerCase())) {
      throw new UnknownContractError(`the token ${offer.asset} is not known on ${offer.network}`)
    }
    for (const name of ['contract', 'verifyingContract', 'escrow', 'escrowContract']) {
      const named = offer.extra[name]
      if (typeof named === 'string' && named.toLowerCase() !== trusted.contract) {
        throw new UnknownContractError(`the escrow ${named} is not known on ${offer.network}`)
      }
    }
    return trusted
  }

  /**
   * Looks at the contract's code on the chain, once, when there is an RPC endpoint.
   *
   * @throws {UnknownContractError} when it is not the one that is pinned.
   */
  async verify(trusted: Trusted): Promise<void> {
    if (this.#rpc === undefined) return
    const key = `${trusted.chainId}:${trusted.contract}`
    const checked = this.#verified.get(key) ?? verifyCode(this.#rpc, trusted)
    this.#verified.set(key, checked)
    try {
      await checked
    } catch (error) {
      this.#verified.delete(key)
      throw error
    }
  }
}

async function verifyCode(rpc: Rpc, { chainId, contract, codeHashes }: Trusted): Promise<void> {
  const [chain, code] = await Promise.all([rpc('eth_chainId', []), rpc('eth_getCode', [contract, 'latest'])])
  if (Number(chain) !== chainId) throw new UnknownContractError(`rpc is of chain ${Number(chain)}, not ${chainId}`)
  if (typeof code !== 'string' || code.length <= 2) throw new UnknownContractError(`there is no code at ${contract}`)
  const hash = fromBytes(Eip712.keccak256(toBytes(code as Hex)))
  if (codeHashes !== undefined && !codeHashes.has(hash)) {
    throw new UnknownContractError(`the code at ${contract} is another (${hash})`)
  }
}

function parse(network: string, { contract, collector, tokens = [], codeHashes }: Pin): Trusted {
  const chainId = Network.chainId(network)
  if (chainId === undefined) throw new TypeError(`contracts: ${network} is not a CAIP-2 name such as eip155:8453`)
  if (!isAddress(contract) || !isAddress(collector) || !tokens.every(isAddress)) {
    throw new TypeError(`contracts: ${network} names something that is not an address`)
  }
  return {
    chainId,
    contract: lower(contract),
    collector: lower(collector),
    tokens: new Set(tokens.map((token) => token.toLowerCase())),
    ...(codeHashes === undefined ? {} : { codeHashes: new Set(codeHashes.map((hash) => hash.toLowerCase())) }),
  }
}
