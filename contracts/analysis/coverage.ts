/** Lines and branches of the production contracts that the Solidity tests reach. `--help` tells more. */
import { cpSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { instrument, type Point } from './lib/instrument.ts'
import { compile } from './lib/compile.ts'
import { cache, contracts } from './lib/places.ts'
import { run } from './lib/program.ts'
import { tool, type Counts, type Progress } from './lib/progress.ts'
import { production } from './targets.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { minimum: { type: 'string', default: '98' }, help: { type: 'boolean' } },
})

if (values.help === true) {
  console.log(`node analysis/coverage.ts [options] [contract file …]

Fails when the tests reach too few lines or branches of these contracts and of what they import from src
(default: ${production.join(' ')}).

  --minimum N   percent of lines and of branches (98)`)
} else {
  const files = positionals.length > 0 ? positionals : production
  await tool('coverage', (progress) => coverage(progress, files, Number(values.minimum)))
}

async function coverage({ say, during }: Progress, files: string[], minimum: number): Promise<Counts> {
  const work = join(cache, 'coverage')
  const points = await during('marking the sources', mark(files, work))

  // Statements of an earlier run must not count.
  const hits = join(contracts, 'coverage/data')
  rmSync(hits, { recursive: true, force: true })
  const args = ['--config', 'analysis/coverage.config.ts', '--coverage', 'test', 'solidity']
  const { code, output } = await during('building and running the tests', run('hardhat', args))
  const tests = Number(/^\s*(\d+) passing/m.exec(output)?.[1] ?? 0)
  if (code !== 0 || tests === 0) {
    console.log(output)
    say('the tests failed on marked sources')
    return { passed: 0, failed: 1 }
  }
  say(`${tests} tests passed`)

  const reached = new Set(
    globSync('**/*.json', { cwd: hits }).flatMap((file) =>
      Object.keys(JSON.parse(readFileSync(join(hits, file), 'utf8')) as object),
    ),
  )
  const totals = report(points, reached)
  const enough = totals.map(({ covered, of }) => of > 0 && covered * 100 >= minimum * of)
  const failed = enough.filter((each) => !each).length
  if (failed > 0) say(`below ${minimum} %`)
  return { passed: enough.length - failed, failed }
}

/** Copies sources and tests to where the configuration expects them, those that count with marks. */
async function mark(files: string[], work: string): Promise<Map<string, Point[]>> {
  const { input, output } = await compile(files, { outputSelection: { '*': { '': ['ast'] } } })
  // What was built before stays, so that a second run compiles only what changed.
  for (const folder of ['src', 'test']) {
    rmSync(join(work, folder), { recursive: true, force: true })
    cpSync(join(contracts, folder), join(work, folder), {
      recursive: true,
      filter: (path) => !path.endsWith('/symbolic'),
    })
  }
  const points = new Map<string, Point[]>()
  for (const name of Object.keys(input.sources).sort()) {
    if (!name.startsWith('src/')) continue
    const marked = instrument(name, input.sources[name]?.content ?? '', output.sources?.[name]?.ast)
    if (marked.points.length > 0) points.set(name, marked.points)
    mkdirSync(dirname(join(work, name)), { recursive: true })
    writeFileSync(join(work, name), marked.source)
  }
  return points
}

interface Share {
  covered: number
  of: number
}

/** Prints the table and what was not reached. @returns lines and branches of all files together. */
function report(points: Map<string, Point[]>, reached: Set<string>): [lines: Share, branches: Share] {
  const rows = [...points].map(([file, all]) => ({
    file,
    lines: linesOf(all, reached),
    branches: shareOf(all.filter(({ kind }) => kind === 'branch').map(({ tag }) => reached.has(tag))),
  }))
  const sum = (shares: Share[]) =>
    shares.reduce((a, b) => ({ covered: a.covered + b.covered, of: a.of + b.of }), { covered: 0, of: 0 })
  const total = {
    file: 'all',
    lines: sum(rows.map((row) => row.lines)),
    branches: sum(rows.map((row) => row.branches)),
  }

  const width = Math.max(...rows.map(({ file }) => file.length))
  console.log(`\n${'file'.padEnd(width)}  ${'lines'.padStart(18)}  ${'branches'.padStart(18)}`)
  for (const { file, lines, branches } of [...rows, total]) {
    console.log(`${file.padEnd(width)}  ${inWords(lines)}  ${inWords(branches)}`)
  }
  for (const [file, all] of points) {
    const missed = all.filter(({ tag }) => !reached.has(tag))
    const lines = new Set(missed.filter(({ kind }) => kind === 'statement').map(({ line }) => line))
    if (lines.size > 0) console.log(`\n${file}: not reached: line ${[...lines].sort((a, b) => a - b).join(', ')}`)
    const branches = missed.filter(({ kind }) => kind === 'branch').toSorted((a, b) => a.line - b.line)
    for (const { line, text } of branches) console.log(`${file}:${line}: never ${text}`)
  }
  return [total.lines, total.branches]
}

/** A line counts when every statement that begins in it was reached. */
function linesOf(points: Point[], reached: Set<string>): Share {
  const lines = new Map<number, boolean>()
  for (const { kind, line, tag } of points) {
    if (kind === 'statement') lines.set(line, (lines.get(line) ?? true) && reached.has(tag))
  }
  return shareOf([...lines.values()])
}

function shareOf(each: boolean[]): Share {
  return { covered: each.filter(Boolean).length, of: each.length }
}

function inWords({ covered, of }: Share): string {
  const percent = of === 0 ? '–' : `${((covered / of) * 100).toFixed(1)} %`
  return `${`${covered}/${of}`.padStart(9)} ${percent.padStart(8)}`
}
