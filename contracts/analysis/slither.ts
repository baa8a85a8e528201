/** Static analysis by Slither; every finding has a written explanation in slither.json. `--help` tells more. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { compile, type CompiledContract } from './lib/compile.ts'
import { cache } from './lib/places.ts'
import { fromEnvironment, run } from './lib/program.ts'
import { tool, type Counts, type Progress } from './lib/progress.ts'
import { production } from './targets.ts'

/** One entry of slither.json: findings of one check with one reason. A place with two findings is there twice. */
interface Explanation {
  check: string
  where: string[]
  reason: string
}

interface Element {
  type: string
  name: string
  source_mapping?: { filename_relative?: string }
  type_specific_fields?: { parent?: Element }
}

interface Finding {
  check: string
  impact: string
  description: string
  elements: Element[]
}

interface Report {
  success: boolean
  error: string | null
  results: { detectors?: Finding[] }
}

/** It works on syntax trees; generating code would take half a minute more. */
const outputSelection = { '*': { '*': ['abi', 'devdoc', 'userdoc'], '': ['ast'] } }
const NO_CODE: CompiledContract['evm'] = {
  bytecode: { object: '', sourceMap: '', linkReferences: {} },
  deployedBytecode: { object: '', sourceMap: '', linkReferences: {} },
  methodIdentifiers: {},
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { explanations: { type: 'string' }, help: { type: 'boolean' } },
})

if (values.help === true) {
  console.log(`node analysis/slither.ts [options] [contract file …]

Fails on a finding that the explanations do not name, and on an explanation without its finding
(default: ${production.join(' ')}).

  --explanations FILE   (analysis/slither.json)`)
} else {
  const files = positionals.length > 0 ? positionals : production
  const explanations = values.explanations ?? join(import.meta.dirname, 'slither.json')
  await tool('slither', (progress) => slither(progress, files, explanations))
}

async function slither({ say, during }: Progress, files: string[], explanations: string): Promise<Counts> {
  const program = fromEnvironment('slither')
  const work = join(cache, 'slither')
  const { version, input, output } = await during('compiling', compile(files, { outputSelection }))
  for (const contract of Object.values(output.contracts ?? {}).flatMap(Object.values)) contract.evm = NO_CODE
  rmSync(work, { recursive: true, force: true })
  mkdirSync(join(work, 'build-info'), { recursive: true })
  // The form in which Hardhat 2 left its builds, which Slither reads without asking for a compiler.
  writeFileSync(join(work, 'build-info/production.json'), JSON.stringify({ solcVersion: version, input, output }))

  const reportFile = join(work, 'report.json')
  const args = ['.', '--compile-force-framework', 'Hardhat', '--hardhat-ignore-compile', '--npx-disable']
  args.push('--hardhat-artifacts-directory', 'analysis/.cache/slither', '--filter-paths', 'node_modules')
  args.push('--fail-none', '--json', reportFile)
  const { code, output: printed } = await during('analysing', run(program, args))
  if (code !== 0 || !existsSync(reportFile)) throw new Error(printed)
  const { success, error, results } = JSON.parse(readFileSync(reportFile, 'utf8')) as Report
  if (!success) throw new Error(error ?? printed)

  const findings = results.detectors ?? []
  const explained = places(explanations)
  let unexplained = 0
  for (const finding of findings) {
    const place = `${finding.check} in ${whereOf(finding)}`
    const left = explained.get(place) ?? 0
    explained.set(place, left - 1)
    if (left > 0) continue
    unexplained++
    console.log(`\nnot explained: ${place} (impact: ${finding.impact.toLowerCase()})\n${finding.description.trim()}`)
  }
  const stale = [...explained].filter(([, left]) => left > 0)
  for (const [place, left] of stale)
    console.log(`\nexplained but not found${left > 1 ? ` (${left} times)` : ''}: ${place}`)
  if (unexplained === 0 && stale.length === 0) say(`${findings.length} findings, all explained`)
  // The run itself counts as one, so that code without findings passes something.
  return { passed: 1 + findings.length - unexplained, failed: unexplained + stale.length }
}

/** How many findings of which check are explained where. */
function places(file: string): Map<string, number> {
  const counted = new Map<string, number>()
  for (const { check, where, reason } of JSON.parse(readFileSync(file, 'utf8')) as Explanation[]) {
    if (reason.trim() === '') throw new Error(`${file}: no reason for ${check}`)
    for (const each of where) counted.set(`${check} in ${each}`, (counted.get(`${check} in ${each}`) ?? 0) + 1)
  }
  return counted
}

/** What a finding is about, without line numbers, which change with every edit: `Contract.function`, or a file. */
function whereOf({ elements }: Finding): string {
  const [first] = elements
  if (first === undefined) return '-'
  const { type, name, source_mapping: source } = first
  const parent = first.type_specific_fields?.parent
  if (type === 'node' && parent !== undefined) return whereOf({ elements: [parent] } as Finding)
  if (type === 'pragma') return source?.filename_relative ?? name
  return parent?.type === 'contract' ? `${parent.name}.${name}` : name
}
