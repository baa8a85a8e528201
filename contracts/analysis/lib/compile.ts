// The compiler of npm under the settings of hardhat.config.ts. It runs off the main thread, so that progress can be
// printed, and what it gave is kept: an unchanged contract is not compiled twice.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Worker } from 'node:worker_threads'
import config from '../../hardhat.config.ts'
import { cache, readSource } from './places.ts'

export interface Message {
  severity: 'error' | 'warning' | 'info'
  formattedMessage: string
  message: string
  sourceLocation?: { file: string; start: number; end: number }
}

interface Code {
  object: string
  sourceMap: string
  linkReferences: object
}

export interface CompiledContract {
  evm: { bytecode: Code; deployedBytecode: Code; methodIdentifiers: Record<string, string> }
  metadata: string
  [key: string]: unknown
}

export interface Output {
  errors?: Message[]
  sources?: Record<string, { id: number; ast: unknown }>
  contracts?: Record<string, Record<string, CompiledContract>>
}

export interface Compilation {
  /** As in hardhat.config.ts. */
  version: string
  /** With everything that the given files import. */
  input: { language: 'Solidity'; sources: Record<string, { content: string }>; settings: object }
  output: Output
  /** Nothing changed since an earlier run, whose result this is. */
  kept: boolean
}

interface Compiler {
  version: string
  settings: object
}

/** The profile that everything is built with: one compiler, and other settings for some files. */
const profile = (
  config.solidity as { profiles: { default: { compilers: [Compiler]; overrides?: Record<string, Compiler> } } }
).profiles.default

const everything = {
  '*': {
    '*': ['abi', 'metadata', 'storageLayout', 'evm.bytecode', 'evm.deployedBytecode', 'evm.methodIdentifiers'],
    '': ['ast'],
  },
}

/**
 * Compiles files and all that they import.
 * @param files relative to `contracts`; hardhat.config.ts has the same settings for all of them
 * @param settings on top of those
 * @throws with the compiler's messages when there is an error among them
 */
export async function compile(files: string[], settings: object = {}): Promise<Compilation> {
  const [compiler, ...others] = new Set(files.map((file) => profile.overrides?.[file] ?? profile.compilers[0]))
  if (compiler === undefined || others.length > 0) throw new Error(`no settings for all of these: ${files.join(', ')}`)
  const workerData = { files, settings: { outputSelection: everything, ...compiler.settings, ...settings } }
  const question = createHash('sha256')
    .update(JSON.stringify([compiler.version, workerData]))
    .digest('hex')
  const file = join(cache, 'compiled', `${question}.json`)
  const kept = fresh(file)
  const result = kept ?? (await compileNow(workerData))
  const errors = result.output.errors?.filter(({ severity }) => severity === 'error') ?? []
  if (errors.length > 0) throw new Error(errors.map(({ formattedMessage }) => formattedMessage).join('\n'))
  if (kept === undefined) keep(file, result)
  return { version: compiler.version, kept: kept !== undefined, ...result }
}

type Result = Pick<Compilation, 'input' | 'output'>

/** Whole or not at all: another tool may read it at any time. */
function keep(file: string, result: Result): void {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(`${file}.${process.pid}`, JSON.stringify(result))
  renameSync(`${file}.${process.pid}`, file)
}

/** What is kept, if all its sources are still the same. */
function fresh(file: string): Result | undefined {
  if (!existsSync(file)) return undefined
  const result = JSON.parse(readFileSync(file, 'utf8')) as Result
  const same = Object.entries(result.input.sources).every(([name, { content }]) => readSource(name) === content)
  return same ? result : undefined
}

function compileNow(workerData: object): Promise<Result> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./solc-worker.ts', import.meta.url), { workerData })
    worker.once('message', resolve)
    worker.once('error', reject)
    worker.once('exit', (code) => reject(new Error(`the compiler ended with ${code}`)))
  })
}
