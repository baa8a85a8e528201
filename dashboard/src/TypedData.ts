/** EIP-712 typed data as wallets want it. */

const DOMAIN_FIELDS = [
  ['name', 'string'],
  ['version', 'string'],
  ['chainId', 'uint256'],
  ['verifyingContract', 'address'],
  ['salt', 'bytes32'],
] as const

/**
 * The JSON for `eth_signTypedData_v4`, with the type of the domain, which wallets need and viem's form leaves out, and
 * the chain that the domain names: a wallet on another chain would refuse.
 */
export function prepareTypedData(typed: unknown): { text: string; chainId: number | undefined } {
  const data = typed as { domain?: Record<string, unknown>; types?: Record<string, unknown> }
  const domain = data.domain ?? {}
  const fields = DOMAIN_FIELDS.filter(([name]) => domain[name] !== undefined).map(([name, type]) => ({ name, type }))
  const text = JSON.stringify(
    { ...data, domain, types: { EIP712Domain: fields, ...data.types } },
    (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value),
  )
  const chainId = domain['chainId'] === undefined ? undefined : Number(domain['chainId'])
  return { text, chainId }
}
