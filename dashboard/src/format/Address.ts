/** `0x1234…abcd` of an address, a hash or any long id; what is short stays whole. */
export function short(address: string): string {
  if (address.length <= 18) return address
  const head = address.startsWith('0x') ? 6 : 10
  return `${address.slice(0, head)}…${address.slice(-4)}`
}

/** True for a 20-byte address in any case. */
export function isAddress(text: string): text is `0x${string}` {
  return /^0x[0-9a-fA-F]{40}$/.test(text)
}
