import { execFileSync } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'

/**
 * CPU seconds, user and system, that a process and all its children have used. `undefined` where there is no /proc.
 *
 * The system counts in ticks (10 ms as a rule): good for windows of a second and more.
 */
export function cpuSeconds(pid: number): number | undefined {
  const table = processes()
  if (!table.has(pid)) return undefined
  let ticks = 0
  for (const member of family(pid, table)) ticks += table.get(member)?.ticks ?? 0
  return ticks / ticksPerSecond()
}

/** A process and all its children, oldest first. */
export function processFamily(pid: number): number[] {
  return family(pid, processes())
}

type Process = { parent: number; ticks: number }

function family(pid: number, table: Map<number, Process>): number[] {
  const members = [pid]
  for (const member of members) {
    for (const [child, { parent }] of table) if (parent === member) members.push(child)
  }
  return members
}

function processes(): Map<number, Process> {
  const table = new Map<number, Process>()
  if (process.platform !== 'linux') return table
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const entry = readProcess(name)
    if (entry !== undefined) table.set(Number(name), entry)
  }
  return table
}

/** Fields of proc(5): 4 is the parent, 14 and 15 are user and system time. The name (2) may hold anything. */
function readProcess(pid: string): Process | undefined {
  let line: string
  try {
    line = readFileSync(`/proc/${pid}/stat`, 'latin1')
  } catch {
    // It ended while we were looking.
    return undefined
  }
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ')
  return { parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) }
}

let known: number | undefined

function ticksPerSecond(): number {
  known ??= Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))
  return known
}
