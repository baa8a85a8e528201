/** `0xcaca…caca`: enough to compare at a glance; the whole is always beside it. */
export function short(address: string): string {
  return address.length > 14 ? `${address.slice(0, 6)}…${address.slice(-4)}` : address
}

const NAMES: Readonly<Record<number, string>> = {
  1: 'Ethereum',
  10: 'OP Mainnet',
  137: 'Polygon',
  8453: 'Base',
  42161: 'Arbitrum One',
  84532: 'Base Sepolia',
  11155111: 'Sepolia',
  31337: 'Anvil',
}

/** A chain by its name; by its number where it has none here. */
export function chainName(chainId: number): string {
  return NAMES[chainId] ?? `eip155:${chainId}`
}
