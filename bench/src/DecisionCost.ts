/** What Sentinel's inline decision costs with fifty rules, and what share of a paid request that is. */
import { Child } from './Child.ts'
import type { Decided, DecisionOptions } from './Decisions.ts'
import type { Row } from './Report.ts'

/**
 * Microseconds of a decision. `node`: of each by itself. `workerd`, whose clock only ticks in milliseconds: of each as the mean of
 * its millisecond. `share`: of the CPU of a request, by the name of its row; empty where it is not known.
 */
export type DecisionCost = {
  rules: number
  node: Spread
  workerd: Spread
  share: Record<string, number>
}
/** Quantiles are by the clock. */
export type Spread = { cpu_us: number | null; p50_us: number; p99_us: number; decisions: number }

const rules = 50
/** Rows of requests that are decided on each. */
const decided = ['voucher', 'session-strict']

export async function decisionCost(seconds: number, rows: readonly Row[] = []): Promise<DecisionCost> {
  const child = Child.start('Decisions', 'server')
  try {
    const options: DecisionOptions = { rules, seconds }
    const node = spread(await child.call<Decided>('inNode', options))
    const workerd = spread(await child.call<Decided>('inWorkerd', options))
    const share = rows.flatMap(({ name, cpu_ms_per_request: cpu }) => {
      if (cpu === null || workerd.cpu_us === null || !decided.includes(name)) return []
      return [[name, round(workerd.cpu_us / 1_000 / cpu)] as const]
    })
    return { rules, node, workerd, share: Object.fromEntries(share) }
  } finally {
    await child.stop()
  }
}

function spread({ samples, cpu_us: cpu }: Decided): Spread {
  const sorted = samples.toSorted()
  const at = (share: number): number => round(sorted[Math.floor(share * (sorted.length - 1))] ?? 0)
  return { cpu_us: cpu === undefined ? null : round(cpu), p50_us: at(0.5), p99_us: at(0.99), decisions: sorted.length }
}

export function decisionLines({ rules: count, node, workerd, share }: DecisionCost): string[] {
  const line = (...cells: string[]): string =>
    cells.map((cell, i) => (i === 0 ? cell.padEnd(34) : cell.padStart(12))).join('')
  const cells = ({ cpu_us: cpu, p50_us: half, p99_us: most }: Spread): string[] => [cpu ?? '-', half, most].map(String)
  return [
    line(`Sentinel, ${count} rules, µs each`, 'CPU', 'p50', 'p99'),
    line('Node, each', ...cells(node)),
    line('workerd, mean of its millisecond', ...cells(workerd)),
    ...Object.entries(share).map(([name, part]) => line(`share of ${name}`, `${(100 * part).toFixed(1)} %`)),
    `aim: p99 < 100 µs: ${node.p99_us < 100 && workerd.p99_us < 100 ? 'met' : 'missed'}`,
  ]
}

function round(value: number): number {
  return Number(value.toPrecision(3))
}
