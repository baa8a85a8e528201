/** Addresses by network: a home or an office keeps its network when its address changes. */

const BYTE = /^(?:0|[1-9][0-9]{0,2})$/
const GROUP = /^[0-9a-f]{1,4}$/
const GROUPS = 8

/** The /24 of an IPv4 address (also of one that is mapped into IPv6), the /48 of an IPv6 one; undefined for another text. */
export function networkOf(address: string): string | undefined {
  if (!address.includes(':')) return ofBytes(address)
  const groups = groupsOf(address.toLowerCase())
  if (groups === undefined) return undefined
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff
  const [high = 0, low = 0] = groups.slice(6)
  if (isMapped) return `${high >> 8}.${high & 255}.${low >> 8}.0/24`
  return `${groups
    .slice(0, 3)
    .map((group) => group.toString(16))
    .join(':')}::/48`
}

function ofBytes(address: string): string | undefined {
  const bytes = bytesOf(address)
  return bytes === undefined ? undefined : `${bytes.slice(0, 3).join('.')}.0/24`
}

function bytesOf(address: string): number[] | undefined {
  const parts = address.split('.')
  if (parts.length !== 4 || !parts.every((part) => BYTE.test(part) && Number(part) < 256)) return undefined
  return parts.map(Number)
}

function groupsOf(address: string): number[] | undefined {
  const halves = address.split('::')
  if (halves.length > 2) return undefined
  const [head = '', tail] = halves
  const left = readGroups(head, tail === undefined)
  const right = tail === undefined ? [] : readGroups(tail, true)
  if (left === undefined || right === undefined) return undefined
  const missing = GROUPS - left.length - right.length
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined
  return [...left, ...Array.from({ length: missing }, () => 0), ...right]
}

/** `isLast`: the text may end in an IPv4 address. */
function readGroups(text: string, isLast: boolean): number[] | undefined {
  if (text === '') return []
  const parts = text.split(':')
  const last = parts.at(-1) ?? ''
  const bytes = isLast && last.includes('.') ? bytesOf(last) : undefined
  const plain = bytes === undefined ? parts : parts.slice(0, -1)
  if (!plain.every((part) => GROUP.test(part))) return undefined
  const groups = plain.map((part) => Number.parseInt(part, 16))
  if (bytes === undefined) return groups
  const [a = 0, b = 0, c = 0, d = 0] = bytes
  return [...groups, a * 256 + b, c * 256 + d]
}
