/** A wallet as pages see it: EIP-1193. */
export type Eip1193 = {
  request(args: { method: string; params?: unknown }): Promise<unknown>
  on?(event: string, listener: (value: never) => void): unknown
  removeListener?(event: string, listener: (value: never) => void): unknown
}

/** What the wallet could not, or the person would not, do. `message` says what to do. */
export class WalletError extends Error {
  override readonly name = 'WalletError'
  readonly reason: 'declined' | 'none' | 'other_account' | 'chain_unknown' | 'failed'

  constructor(reason: WalletError['reason'], message: string) {
    super(message)
    this.reason = reason
  }
}

/** The number of an EIP-1193 error, looked for where wallets put it. */
export function codeOf(error: unknown): number | undefined {
  const { code, data } = (typeof error === 'object' && error !== null ? error : {}) as {
    code?: unknown
    data?: { originalError?: { code?: unknown } }
  }
  const found = data?.originalError?.code ?? code
  return typeof found === 'number' ? found : undefined
}
