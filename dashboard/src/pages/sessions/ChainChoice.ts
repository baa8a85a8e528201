/** The chains that one can filter by. */
import { chainName } from '../../Chains.ts'

const KNOWN = [8453, 84532, 31337]

/** Options of the chains that we know, and the one of the address where it is another. */
export function chainsOf(asked: string | undefined): { value: string; label: string }[] {
  const other = asked !== undefined && /^[1-9]\d{0,14}$/.test(asked) && !KNOWN.includes(Number(asked))
  const ids = other ? [...KNOWN, Number(asked)] : KNOWN
  return ids.map((id) => ({ value: String(id), label: chainName(id) }))
}
