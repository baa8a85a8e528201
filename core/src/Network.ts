/** Names of chains: CAIP-2 (`eip155:84532`) in x402 v2, a word (`base-sepolia`) in v1. */

/** The chains that have a name in x402 v1. */
const V1_NAMES: readonly (readonly [chainId: number, name: string])[] = [
  [8453, 'base'],
  [84532, 'base-sepolia'],
]

const EIP155 = /^eip155:([1-9][0-9]{0,15})$/

/** The CAIP-2 name of an EVM chain. */
export function fromChainId(chainId: number): string {
  return `eip155:${chainId}`
}

/** The chain id of a CAIP-2 name; `undefined` when it names no EVM chain. */
export function chainId(network: string): number | undefined {
  const match = EIP155.exec(network)
  const id = match === null ? undefined : Number(match[1])
  return id !== undefined && Number.isSafeInteger(id) ? id : undefined
}

/** The x402 v1 name of a CAIP-2 network, if it has one. */
export function toV1(network: string): string | undefined {
  const id = chainId(network)
  return V1_NAMES.find(([known]) => known === id)?.[1]
}

/** The CAIP-2 name of an x402 v1 network, if it is known. */
export function fromV1(name: string): string | undefined {
  const row = V1_NAMES.find(([, known]) => known === name)
  return row === undefined ? undefined : fromChainId(row[0])
}
