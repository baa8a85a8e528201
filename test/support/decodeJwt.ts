/** The claims of a compact JWS, unverified. */
export function decodeJwt(text: string): Record<string, unknown> {
  const payload = text.split('.')[1] ?? ''
  return JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as Record<string, unknown>
}
