/** What the name of a stream session says: `<chainId>:<contract>:<payer>:<key>`. */

export type SessionName = { chainId: number; contract: string; payer: string; key: string }

/** Undefined for any other text. */
export function sessionOf(name: string): SessionName | undefined {
  const [chain = '', contract = '', payer = '', key = '', ...more] = name.split(':')
  if (!/^[1-9]\d{0,15}$/.test(chain) || more.length > 0) return undefined
  if (![contract, payer, key].every((part) => /^0x[0-9a-f]{40}$/.test(part))) return undefined
  return { chainId: Number(chain), contract, payer, key }
}

/** The chain of a session; 0, which is none, for a text that is no session. */
export function chainOf(name: string): number {
  return sessionOf(name)?.chainId ?? 0
}

export function channelPath(provider: string, channel: string): string {
  return `/p/${encodeURIComponent(provider)}/sessions/${encodeURIComponent(channel)}`
}
