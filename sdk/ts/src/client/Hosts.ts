/** Who may be paid at all. */

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/

/**
 * Whether a URL's host may be paid. `allow`: host names, with or without a port; `*.example.com` for all below
 * example.com; left out: every host. Plain http is for this machine only, unless the list says `http://host`.
 */
export function mayPay({ protocol, host, hostname }: URL, allow: readonly string[] | undefined): boolean {
  const isPlain = protocol !== 'https:' && !LOOPBACK.test(hostname)
  const names = (allow ?? (isPlain ? [] : ['*'])).map((name) => name.toLowerCase())
  return names.some((name) => {
    const plain = name.startsWith('http://')
    const bare = name.replace(/^https?:\/\//, '').replace(/\/$/, '')
    if (isPlain && !plain) return false
    if (bare === '*') return true
    return bare.startsWith('*.') ? hostname.endsWith(bare.slice(1)) : bare === host || bare === hostname
  })
}

/** The origin of a gateway that may open sessions. @throws {TypeError} for anything else, plain http to other machines among it. */
export function gatewayOrigin(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isSafe = url !== undefined && mayPay(url, undefined) && /^https?:$/.test(url.protocol)
  if (!isSafe || `${url.origin}/` !== url.href)
    throw new TypeError('gateways takes origins such as https://gateway.example')
  return url.origin
}
