// Runs the compiler once, as a worker of compile.ts.
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'
import { contracts, readSource } from './places.ts'

interface Solc {
  compile(input: string, callbacks: { import(name: string): { contents: string } | { error: string } }): string
}

const solc = createRequire(join(contracts, 'package.json'))('solc') as Solc
const { files, settings } = workerData as { files: string[]; settings: object }
const sources: Record<string, { content: string }> = {}

function read(name: string): { contents: string } | { error: string } {
  const content = readSource(name)
  if (content === undefined) return { error: 'not there' }
  sources[name] = { content }
  return { contents: content }
}

for (const file of files) if ('error' in read(file)) throw new Error(`${file} is not there`)
const input = { language: 'Solidity', sources, settings }
const output: unknown = JSON.parse(solc.compile(JSON.stringify(input), { import: read }))
parentPort?.postMessage({ input, output })
