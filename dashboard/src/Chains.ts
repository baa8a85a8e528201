/** Chains by name, and what a wallet that does not know one has to be told. */
type Chain = { name: string; rpc?: string; explorer?: string }

const CHAINS: { readonly [chainId: number]: Chain } = {
  8453: { name: 'Base', rpc: 'https://mainnet.base.org', explorer: 'https://basescan.org' },
  84532: { name: 'Base Sepolia', rpc: 'https://sepolia.base.org', explorer: 'https://sepolia.basescan.org' },
  31337: { name: 'Local chain' },
}

export function chainName(chainId: number): string {
  return CHAINS[chainId]?.name ?? `Chain ${chainId}`
}

/** Where a transaction can be looked at; undefined for a chain without an explorer. */
export function transactionUrl(hash: string, chainId: number): string | undefined {
  const explorer = CHAINS[chainId]?.explorer
  return explorer === undefined ? undefined : `${explorer}/tx/${encodeURIComponent(hash)}`
}

/** For `wallet_addEthereumChain`. */
export function addChainParameters(chainId: number): Record<string, unknown> | undefined {
  const chain = CHAINS[chainId]
  if (chain?.rpc === undefined) return undefined
  return {
    chainId: `0x${chainId.toString(16)}`,
    chainName: chain.name,
    rpcUrls: [chain.rpc],
    ...(chain.explorer === undefined ? {} : { blockExplorerUrls: [chain.explorer] }),
    nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
  }
}
