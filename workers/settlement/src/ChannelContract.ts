/** The contracts that hold channels on a chain: x402's canonical one and, where it is deployed, our escrow. */
import type { Hash } from '@pbstream/core/Eip712'
import type { Address } from '@pbstream/core/Hex'
import * as Voucher from '@pbstream/core/Voucher'

export type ChannelContract = {
  kind: 'canonical' | 'escrow'
  address: Address
  /** To whom a deposit's EIP-3009 authorisation is made out. The escrow collects by itself. */
  collector: Address
  /** EIP-712 domain of its channels, vouchers, claims and refunds. */
  domain: Hash
}

export function canonical(chainId: number, address: Address, collector: Address): ChannelContract {
  return { kind: 'canonical', address, collector, domain: Voucher.domainSeparator(chainId, address) }
}

export function escrow(chainId: number, address: Address): ChannelContract {
  return { kind: 'escrow', address, collector: address, domain: Voucher.escrowDomainSeparator(chainId, address) }
}

/** The contract that a session or an order names; undefined when none of the chain's is meant. */
export function find(
  chain: { contracts: readonly ChannelContract[] } | undefined,
  address: Address,
): ChannelContract | undefined {
  return chain?.contracts.find((contract) => contract.address === address)
}
