/** The text that a wallet signs to sign in: EIP-4361, and nothing beyond its fields. */
export type SignInTerms = {
  domain: string
  uri: string
  nonce: string
  chainId: number
  /** Any case; the text has it with the checksum of EIP-55. */
  address: string
  issuedAt: Date
}

export const STATEMENT = 'Sign in to PB-Stream. This costs nothing and moves no money.'

export async function signInMessage({ domain, uri, nonce, chainId, address, issuedAt }: SignInTerms): Promise<string> {
  const { getAddress } = await import('viem/utils')
  return [
    `${domain} wants you to sign in with your Ethereum account:`,
    getAddress(address),
    '',
    STATEMENT,
    '',
    `URI: ${uri}`,
    'Version: 1',
    `Chain ID: ${chainId}`,
    `Nonce: ${nonce}`,
    `Issued At: ${issuedAt.toISOString()}`,
  ].join('\n')
}
