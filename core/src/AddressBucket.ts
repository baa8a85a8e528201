/** What stands for the machine of a stranger where requests are counted. */

/** IPv6 by its /64: whoever has one address there has all of them. `ip`: as the platform names it, or nothing. */
export function addressBucket(ip: string | null): string {
  const text = ip ?? 'unknown'
  return `ip:${text.includes(':') ? network(text) : text}`
}

function network(ip: string): string {
  const [head = '', tail] = ip.toLowerCase().split('::', 2)
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length)
  const groups = [...left, ...Array.from({ length: zeros }, () => '0'), ...right]
  return groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')
}
