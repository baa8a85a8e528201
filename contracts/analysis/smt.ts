/** Proofs by the compiler's model checker about the models in formal. `--help` tells more. */
import { globSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { compile, type Message } from './lib/compile.ts'
import { contracts } from './lib/places.ts'
import { tool, type Counts, type Progress } from './lib/progress.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { planted: { type: 'boolean' }, help: { type: 'boolean' } },
})

/** What is proved of a model: that none of these ever happens. */
const targets = ['assert', 'underflow', 'overflow', 'divByZero']

/** At a time. */
const PARALLEL = 2

/** An entry of smt.json: a target that the solver gives up on, and why it holds all the same. */
interface Explanation {
  /** `File.sol:Contract`. */
  model: string
  /** As the report names it: `Overflow`, `Assertion violation`. */
  target: string
  /** The text of the expression. */
  code: string
  reason: string
}

/** Part of a syntax tree. */
interface Definition {
  nodeType: string
  name: string
  contractKind: string
  abstract: boolean
}

interface Model {
  file: string
  contract: string
  /** `File.sol:Contract`. */
  name: string
}

interface Target {
  target: string
  code: string
  place: string
  outcome: 'proved' | 'not proved' | 'counterexample'
  /** With a counterexample: the calls that lead there. */
  trace: string
}

const OUTCOMES: Record<string, Target['outcome']> = {
  'check is safe': 'proved',
  'might happen here': 'not proved',
  'happens here': 'counterexample',
}

if (values.help === true) {
  console.log(`node analysis/smt.ts [options] [model file …]

Every assertion and every arithmetic operation of the models (default: all of formal) has to be proved, or be explained
in analysis/smt.json. A model in a folder planted has a fault, which has to be found.

  --planted   only those with a planted fault`)
} else {
  const files = positionals.length > 0 ? positionals : globSync('formal/**/*.sol', { cwd: contracts }).toSorted()
  await tool('smt', (progress) => smt(progress, values.planted === true ? files.filter(isPlanted) : files))
}

async function smt({ say, during }: Progress, files: string[]): Promise<Counts> {
  const models = await during('reading the models', modelsOf(files))
  if (models.length === 0) throw new Error('there are no models')
  const explanations = JSON.parse(readFileSync(join(import.meta.dirname, 'smt.json'), 'utf8')) as Explanation[]
  const unused = new Set(explanations.filter(({ model }) => models.some(({ name }) => name === model)))
  const counts = { passed: 0, failed: 0 }

  const queue = [...models]
  const prove = async () => {
    for (let model = queue.shift(); model !== undefined; model = queue.shift()) {
      const { file, contract, name } = model
      const { found, kept } = await check(file, contract)
      const since = kept ? ', as before: nothing changed' : ''
      if (isPlanted(file)) {
        const caught = found.some(({ outcome }) => outcome === 'counterexample')
        say(`${name}: the planted fault was ${caught ? 'found' : 'NOT found'}${since}`)
        counts[caught ? 'passed' : 'failed']++
        continue
      }
      const open = found.filter((target) => {
        const explanation = explanations.find(
          (each) => each.model === name && each.target === target.target && each.code === target.code,
        )
        if (target.outcome !== 'not proved' || explanation === undefined) return target.outcome !== 'proved'
        unused.delete(explanation)
        return false
      })
      const proved = found.filter(({ outcome }) => outcome === 'proved').length
      const explained = found.length - proved - open.length
      say(`${name}: ${proved} proved${explained > 0 ? `, ${explained} explained` : ''}, ${open.length} open${since}`)
      for (const { target, code, place, outcome, trace } of open) {
        console.log(`  ${outcome}: ${target}\n    ${place}: ${code}${trace}`)
      }
      if (found.length === 0) say(`${name}: there is nothing to prove, which cannot be meant`)
      counts.passed += found.length - open.length
      counts.failed += open.length + (found.length === 0 ? 1 : 0)
    }
  }
  await during(`proving ${models.length} models`, Promise.all(Array.from({ length: PARALLEL }, prove)))
  for (const { model, target, code } of unused)
    console.log(`explained but proved or gone: ${model}: ${target}: ${code}`)
  counts.failed += unused.size
  return counts
}

function isPlanted(file: string): boolean {
  return basename(dirname(file)) === 'planted'
}

/** The contracts of the files; libraries and abstract contracts are proved where they are used. */
async function modelsOf(files: string[]): Promise<Model[]> {
  if (files.length === 0) return []
  const { output } = await compile(files, { outputSelection: { '*': { '': ['ast'] } } })
  return files.flatMap((file) => {
    const ast = output.sources?.[file]?.ast as { nodes: Definition[] } | undefined
    return (ast?.nodes ?? [])
      .filter((node) => node.nodeType === 'ContractDefinition' && node.contractKind === 'contract' && !node.abstract)
      .map(({ name: contract }) => ({ file, contract, name: `${basename(file)}:${contract}` }))
  })
}

async function check(file: string, contract: string): Promise<{ found: Target[]; kept: boolean }> {
  // Without a `timeout`: the solver would start a thread for it, which the compiler's WASM build cannot. The built-in
  // limit counts steps instead, so that the outcome is the same on every machine.
  const modelChecker = {
    contracts: { [file]: [contract] },
    engine: 'chc',
    solvers: ['z3'],
    targets,
    showProvedSafe: true,
    showUnproved: true,
  }
  const { input, output, kept } = await compile([file], { modelChecker, outputSelection: {} })
  const messages = (output.errors ?? []).filter(({ message }) => message.startsWith('CHC: '))
  const found = messages.map((message): Target => {
    const [, target = '', words = ''] =
      /^CHC: (.+?) (check is safe|might happen here|happens here)/.exec(message.message) ?? []
    const outcome = OUTCOMES[words]
    if (outcome === undefined) throw new Error(`${file}: ${message.message}`)
    const { place, code } = quote(message, input.sources)
    const trace = outcome === 'counterexample' ? message.message.replace(/^.*\n/, '\n').replaceAll('\n', '\n    ') : ''
    return { target, code, place, outcome, trace }
  })
  return { found, kept }
}

/** The place that a message is about, and the text there. */
function quote(
  { sourceLocation }: Message,
  sources: Record<string, { content: string }>,
): { place: string; code: string } {
  if (sourceLocation === undefined) return { place: '?', code: '' }
  const { file, start, end } = sourceLocation
  // The compiler counts bytes.
  const bytes = Buffer.from(sources[file]?.content ?? '')
  const line = bytes.subarray(0, start).toString().split('\n').length
  return { place: `${file}:${line}`, code: bytes.subarray(start, end).toString().replaceAll(/\s+/g, ' ') }
}
