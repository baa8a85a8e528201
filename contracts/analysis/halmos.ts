/** Symbolic tests by Halmos: what they assert holds for every input. `--help` tells more. */
import { chmodSync, globSync, mkdirSync, readFileSync, existsSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { parseArgs, stripVTControlCharacters } from 'node:util'
import { compile, type CompiledContract, type Output } from './lib/compile.ts'
import { cache, contracts } from './lib/places.ts'
import { fromEnvironment, run } from './lib/program.ts'
import { tool, type Counts, type Progress } from './lib/progress.ts'
import { production } from './targets.ts'

/** A test with this name has to fail: it shows that wrong code would be found out. */
const PLANTED = /^check_planted/

/** Halmos' own words for its exit codes. */
const OUTCOMES = ['passed', 'counterexample', 'time-out', 'stuck', 'every path reverts', 'error'] as const

interface Result {
  name: string
  exitcode: number
  /** Loops cut off at `--loop` turns: what comes after was not looked at. */
  num_bounded_loops: number | null
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { match: { type: 'string' }, help: { type: 'boolean' } },
})

if (values.help === true) {
  console.log(`node analysis/halmos.ts [options] [test file …]

Runs the functions check_* (default: all of test/symbolic). One that begins with check_planted has to find a
counterexample; every other one has to pass on all paths.

  --match REGEX   only functions whose names match`)
} else {
  const files = positionals.length > 0 ? positionals : globSync('test/symbolic/**/*.t.sol', { cwd: contracts })
  await tool('halmos', (progress) => halmos(progress, files, values.match))
}

async function halmos({ say, during }: Progress, files: string[], match: string | undefined): Promise<Counts> {
  const program = fromEnvironment('halmos')
  const solver = fromEnvironment('yices-smt2')
  if (files.length === 0) throw new Error('there are no symbolic tests')
  const work = join(cache, 'halmos')
  rmSync(work, { recursive: true, force: true })
  const { output } = await during('compiling the tests', compile(files.toSorted()))
  writeArtifacts(output, join(work, 'out'))
  // Their `vm.getCode` takes the production contracts from here: the bytes that go on public networks.
  for (const file of production) {
    writeArtifacts((await during(`compiling ${file}`, compile([file]))).output, join(work, 'out'))
  }
  const expected = testsOf(output, files).filter((name) => match === undefined || new RegExp(match).test(name))

  const reportFile = join(work, 'report.json')
  const args = ['--root', work, '--no-status', '--json-output', reportFile]
  args.push('--solver-command', `${solver} --smt2-model-format --bvconst-in-decimal`)
  // By the clock: a question takes a few seconds, but many more where much else runs.
  args.push('--solver-timeout-assertion', '5m')
  if (match !== undefined) args.push('--match-test', match)
  const { code } = await during(
    `running ${expected.length} tests`,
    run(program, args, { first: standIn(join(work, 'bin')), line: relay() }),
  )
  if (!existsSync(reportFile)) throw new Error(`it ended with ${code} and without a report`)
  const report = JSON.parse(readFileSync(reportFile, 'utf8')) as { test_results: Record<string, Result[]> }
  const results = new Map<string, Result>(
    Object.entries(report.test_results).flatMap(([contract, each]) =>
      each.map((result) => [`${contract.split(':').at(-1)}.${result.name}`, result] as const),
    ),
  )
  const wrong = expected.map((name) => faultOf(name, results.get(name))).filter((fault) => fault !== undefined)
  for (const fault of wrong) say(fault)
  return { passed: expected.length - wrong.length, failed: wrong.length }
}

/** Passes Halmos' lines on: one a test, with a counterexample before it, which is no news if it was planted. */
function relay(): (line: string) => void {
  let before: string[] = []
  return (line) => {
    // It colours what goes into a pipe, too.
    const text = stripVTControlCharacters(line).trimEnd()
    // It counts a planted fault as a failure.
    if (text === '' || text.startsWith('Symbolic test result')) return
    const planted = /^\[FAIL\] (check_planted.*)$/.exec(text)?.[1]
    before.push(planted === undefined ? text : `[FOUND] ${planted}`)
    if (!/^(?:\[\w+\]|Running)/.test(text)) return
    for (const each of planted === undefined ? before : before.slice(-1)) console.log(`  ${each}`)
    before = []
  }
}

/** Why a test counts as failed, if it does. */
function faultOf(test: string, result: Result | undefined): string | undefined {
  if (result === undefined) return `${test}: was not run`
  const outcome = OUTCOMES[result.exitcode] ?? `exit code ${result.exitcode}`
  if (PLANTED.test(result.name)) {
    return outcome === 'counterexample' ? undefined : `${test}: a planted fault was not found (${outcome})`
  }
  if (outcome !== 'passed') return `${test}: ${outcome}`
  const cut = result.num_bounded_loops ?? 0
  return cut === 0 ? undefined : `${test}: ${cut} loops were cut off; give the test a higher --loop`
}

/** `Contract.check_name(types)` of every test in these files. */
function testsOf(output: Output, files: string[]): string[] {
  return files.flatMap((file) =>
    Object.entries(output.contracts?.[file] ?? {})
      // An abstract contract has no code; its tests belong to those that inherit it.
      .filter(([, { evm }]) => evm.bytecode.object !== '')
      .flatMap(([name, { evm }]) =>
        Object.keys(evm.methodIdentifiers)
          .filter((method) => /^(?:check|invariant)_/.test(method))
          .map((method) => `${name}.${method}`),
      ),
  )
}

/** Lays compiled contracts out the way forge does, which is what Halmos reads. */
function writeArtifacts(output: Output, out: string): void {
  const withPrefix = (code: CompiledContract['evm']['bytecode']) => ({ ...code, object: `0x${code.object}` })
  for (const [file, inFile] of Object.entries(output.contracts ?? {})) {
    const source = output.sources?.[file]
    const folder = join(out, basename(file))
    mkdirSync(folder, { recursive: true })
    for (const [name, { evm, metadata, ...rest }] of Object.entries(inFile)) {
      const { bytecode, deployedBytecode, methodIdentifiers } = evm
      const artifact = {
        ...rest,
        bytecode: withPrefix(bytecode),
        deployedBytecode: withPrefix(deployedBytecode),
        methodIdentifiers,
        metadata: metadata === '' ? {} : (JSON.parse(metadata) as object),
        ...source,
      }
      writeFileSync(join(folder, `${name}.json`), JSON.stringify(artifact))
    }
  }
}

/** A `forge` that does nothing, successfully: Halmos calls it first, but everything is built already. */
function standIn(folder: string): string {
  mkdirSync(folder, { recursive: true })
  const file = join(folder, 'forge')
  writeFileSync(file, '#!/bin/sh\nexit 0\n')
  chmodSync(file, 0o755)
  return folder
}
