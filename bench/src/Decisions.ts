/** Decisions in a process of its own: in workerd, and one by one in Node, whose clock is fine enough for that. */
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { root } from '@pbstream/local/Bundle'
import { build } from 'esbuild'
import { serve } from './Child.ts'
import { cpuSeconds } from './Cpu.ts'
import { decisions } from './DecisionLoad.ts'
import type { Stretch } from './DecisionWorker.ts'

export type DecisionOptions = { rules: number; seconds: number }

/** Microseconds of decisions, and of processor time for each of them, what the machine does beside it included. */
export type Decided = { samples: Float64Array; cpu_us: number | undefined }

/** Each decision by itself. */
function inNode({ rules, seconds }: DecisionOptions): Decided {
  const decide = decisions(rules)
  for (let i = 0; i < 20_000; i++) decide()
  const took: number[] = []
  const began = process.cpuUsage()
  const until = performance.now() + seconds * 1_000
  for (let now = performance.now(); now < until;) {
    decide()
    const then = performance.now()
    took.push((then - now) * 1_000)
    now = then
  }
  const { user, system } = process.cpuUsage(began)
  return { samples: Float64Array.from(took), cpu_us: (user + system) / took.length }
}

/** Each decision as the mean of those in its millisecond of the clock. */
async function inWorkerd({ rules, seconds }: DecisionOptions): Promise<Decided> {
  const directory = await mkdtemp(join(tmpdir(), 'decisions-'))
  let server: ChildProcess | undefined
  try {
    await build({
      entryPoints: [join(import.meta.dirname, 'DecisionWorker.ts')],
      bundle: true,
      format: 'esm',
      target: 'es2024',
      outfile: join(directory, 'worker.js'),
    })
    await writeFile(join(directory, 'config.capnp'), configuration)
    const bin = join(root, 'node_modules/.bin/workerd')
    server = spawn(bin, ['serve', join(directory, 'config.capnp'), '--control-fd=1'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const url = `http://127.0.0.1:${await portOf(server)}/?rules=${rules}&ms=`
    await (await fetch(`${url}2000`)).arrayBuffer()
    const before = cpuSeconds(server.pid ?? 0)
    const response = await fetch(`${url}${seconds * 1_000}`)
    const stretches = (await response.json()) as Stretch[]
    const after = cpuSeconds(server.pid ?? 0)
    const samples = stretches.flatMap(([count, ms]) => Array<number>(count).fill((1_000 * ms) / count))
    const isKnown = before !== undefined && after !== undefined
    return {
      samples: Float64Array.from(samples),
      cpu_us: isKnown ? ((after - before) * 1e6) / samples.length : undefined,
    }
  } finally {
    server?.kill()
    await rm(directory, { recursive: true, force: true })
  }
}

const configuration = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .worker)],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const worker :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed "worker.js")],
  compatibilityDate = "2026-07-01",
);
`

async function portOf({ stdout }: ChildProcess): Promise<number> {
  for await (const line of createInterface({ input: stdout! })) {
    const { event, port } = JSON.parse(line) as { event: string; port: number }
    if (event === 'listen') return port
  }
  throw new Error('workerd ended before it listened')
}

serve({ inNode, inWorkerd })
