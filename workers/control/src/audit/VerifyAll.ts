/** Every chain of the audit, some at a time: for operators. */
import { type Flaw, chainsAfter, verifyChain } from '@pbstream/db/AuditVerify'
import type { Database } from '@pbstream/db/Database'

/** Where to go on: rows of `chain` after `seq`. */
export type Place = { chain: string; seq: number }

export type Findings = {
  ok: boolean
  /** Chains that were looked at to their end, with their heads: to be kept elsewhere. */
  chains: { chain: string; rows: number; head: { seq: number; hash: string } }[]
  flaws: ({ chain: string } & Flaw)[]
  next: Place | null
}

const CHAINS_AT_ONCE = 100
const ROWS_AT_ONCE = 5_000

export async function verifyAll(db: Database, from: Place): Promise<Findings> {
  const findings: Findings = { ok: true, chains: [], flaws: [], next: null }
  // The chain that was not finished comes again.
  const rest = await chainsAfter(db, from.chain, CHAINS_AT_ONCE)
  const names = from.seq > 0 ? [from.chain, ...rest] : rest
  let rows = 0
  for (const chain of names) {
    const after = chain === from.chain ? from.seq : 0
    const verdict = await verifyChain(db, chain, { after, limit: ROWS_AT_ONCE })
    rows += verdict.checked
    findings.flaws.push(...verdict.flaws.map((flaw) => ({ chain, ...flaw })))
    if (verdict.next !== null) return concluded(findings, { chain, seq: verdict.next })
    findings.chains.push({ chain, rows: after + verdict.checked, head: verdict.head })
    if (rows >= ROWS_AT_ONCE) return concluded(findings, { chain, seq: 0 })
  }
  const last = names.at(-1)
  return concluded(findings, rest.length === CHAINS_AT_ONCE && last !== undefined ? { chain: last, seq: 0 } : null)
}

function concluded(findings: Findings, next: Place | null): Findings {
  return { ...findings, ok: findings.flaws.length === 0, next }
}
