import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { availableParallelism, cpus } from 'node:os'
import { join } from 'node:path'
import { root } from '@pbstream/local/Bundle'
import { cores } from './Child.ts'
import type { Slice } from './Contestant.ts'
import { type DecisionCost, decisionLines } from './DecisionCost.ts'
import { Latency } from './Latency.ts'

/** One row: requests a second, milliseconds, and milliseconds of CPU of the server for each request. */
export type Row = { name: string; rps: number; p50_ms: number; p99_ms: number; cpu_ms_per_request: number | null }

/** Milliseconds until the first byte of a stream, beside a load of `load_rps` paid requests a second. */
export type FirstByte = { load_rps: number; unpaid: Quantiles; voucher: Quantiles; metered: Quantiles }
export type Quantiles = { p50_ms: number; p99_ms: number; samples: number }

/** Microseconds of CPU of the server for each chunk of a long stream; `metering`: what counting its tokens adds. */
export type ChunkCost = { chunks: number; unpaid: number; flat: number; metered: number; metering: number }

export type Report = {
  rows: Row[]
  /** Null where the CPU of the server is not known. */
  chunk_us: ChunkCost | null
  sentinel: DecisionCost
  /** Requests a second of one row over those of another; those that end in `-cpu`: of requests a second of CPU. */
  ratios: Record<string, number>
  first_byte: FirstByte
  facts: Record<string, string | number | boolean>
}

/** All slices of a row as one. */
export function row(name: string, slices: readonly Slice[]): Row {
  const latency = new Latency()
  for (const { latencies } of slices) latency.add(latencies)
  const sum = (of: (slice: Slice) => number) => slices.reduce((total, each) => total + of(each), 0)
  const cpu = slices.every((each) => each.cpu !== undefined) ? sum((each) => each.cpu ?? 0) : undefined
  return {
    name,
    rps: round(sum((each) => each.answered) / sum((each) => each.seconds)),
    p50_ms: round(latency.quantile(0.5)),
    p99_ms: round(latency.quantile(0.99)),
    cpu_ms_per_request: cpu === undefined ? null : round((1000 * cpu) / latency.count),
  }
}

export function quantiles(samples: Float64Array): Quantiles {
  const latency = new Latency()
  latency.add(samples)
  return { p50_ms: round(latency.quantile(0.5)), p99_ms: round(latency.quantile(0.99)), samples: latency.count }
}

/** What is compared: the ways to pay with the unpaid path, and with the official server. */
const compared = [
  ['voucher', 'unpaid'],
  ['voucher', 'x402-hono'],
  ['session-strict', 'unpaid'],
  ['session', 'unpaid'],
] as const

/** Requests a second and CPU of one row over those of another. */
export function ratios(rows: readonly Row[]): Record<string, number> {
  const find = (name: string) => rows.find((each) => each.name === name)
  const out: Record<string, number> = {}
  for (const [name, base] of compared) {
    const [row, other] = [find(name), find(base)]
    if (row === undefined || other === undefined) continue
    out[`${name}/${base}`] = round(row.rps / other.rps)
    if (row.cpu_ms_per_request === null || other.cpu_ms_per_request === null) continue
    out[`${name}/${base}-cpu`] = round(other.cpu_ms_per_request / row.cpu_ms_per_request)
  }
  return out
}

/** What the numbers were measured on. */
export async function facts(directory: string, loadBefore: number): Promise<Report['facts']> {
  const version = (name: string) => {
    const manifest = readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8')
    return (JSON.parse(manifest) as { version: string }).version
  }
  const git = (...args: string[]) => {
    try {
      return execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
    } catch {
      return undefined
    }
  }
  return {
    date: new Date().toISOString(),
    commit: git('rev-parse', 'HEAD') ?? 'unknown',
    changed: git('status', '--porcelain') !== '',
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    // Much above 0.5, and others were at work: then only ratios mean something.
    load_before: round(loadBefore),
    pinned:
      cores === undefined
        ? 'no: rows share their cores with the load'
        : `servers on core ${cores.server}, load on core ${cores.load}`,
    disk: fileSystem((await statfs(directory)).type),
    node: process.version,
    workerd: version('workerd'),
    'x402-hono': version('@x402/hono'),
  }
}

export function table({
  rows,
  ratios: all,
  first_byte: first,
  chunk_us: cost,
  sentinel,
  facts: about,
}: Report): string {
  const line = (...cells: string[]) => cells.map((cell, i) => (i === 0 ? cell.padEnd(22) : cell.padStart(12))).join('')
  return [
    '',
    line('', 'requests/s', 'p50 ms', 'p99 ms', 'CPU ms each'),
    ...rows.map((each) =>
      line(each.name, number(each.rps), number(each.p50_ms), number(each.p99_ms), number(each.cpu_ms_per_request)),
    ),
    '',
    ...Object.entries(all).map(([name, value]) => line(name, number(value))),
    aims(all),
    '',
    line(`first SSE byte at ${number(first.load_rps)}/s`, 'samples', 'p50 ms', 'p99 ms'),
    line('unpaid', String(first.unpaid.samples), number(first.unpaid.p50_ms), number(first.unpaid.p99_ms)),
    line('voucher', String(first.voucher.samples), number(first.voucher.p50_ms), number(first.voucher.p99_ms)),
    line('metered', String(first.metered.samples), number(first.metered.p50_ms), number(first.metered.p99_ms)),
    ...(cost === null ? [] : chunkLines(cost, line)),
    '',
    ...decisionLines(sentinel),
    '',
    ...Object.entries(about).map(([name, value]) => `${name}: ${value}`),
  ].join('\n')
}

function chunkLines({ chunks, unpaid, flat, metered, metering }: ChunkCost, line: (...cells: string[]) => string) {
  return [
    '',
    line('CPU µs a chunk', 'unpaid', 'flat', 'by tokens', 'metering'),
    line(`${chunks} chunks`, number(unpaid), number(flat), number(metered), number(metering)),
  ]
}

function aims(all: Record<string, number>): string {
  const verdict = (name: string, least: number) => `${name} ≥ ${least}: ${(all[name] ?? 0) >= least ? 'met' : 'missed'}`
  const aim = [verdict('voucher/x402-hono', 5), verdict('voucher/unpaid', 0.25), verdict('session/unpaid', 0.6)]
  return `aims: ${aim.join(', ')}`
}

/** Magic numbers of statfs(2). */
function fileSystem(type: number): string {
  const names: Record<number, string> = {
    0xef53: 'ext4',
    0x58465342: 'xfs',
    0x9123683e: 'btrfs',
    0x794c7630: 'overlay',
  }
  if (type === 0x01021994) return 'tmpfs: durable does not mean anything here'
  return names[type] ?? `0x${type.toString(16)}`
}

function number(value: number | null): string {
  if (value === null || Number.isNaN(value)) return '-'
  return value >= 100 ? value.toFixed(0) : value.toFixed(2)
}

function round(value: number): number {
  return Number(value.toPrecision(4))
}
