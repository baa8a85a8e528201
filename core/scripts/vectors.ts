/**
 * Writes the golden vectors, `core/vectors/*.json`; with `--check` it only says which files are stale, and fails.
 *
 * Each case states its result; the run fails when the code disagrees, so a vector is never just what the code did.
 * Digests and ids come from viem, everything else that is output from our own code.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runners } from '../test/support/runners.ts'
import { escrow } from './vectors/escrow.ts'
import { money } from './vectors/money.ts'
import { rates } from './vectors/rates.ts'
import { requests } from './vectors/requests.ts'
import { sessionKeys } from './vectors/sessionKeys.ts'
import { sessions } from './vectors/sessions.ts'
import { signing } from './vectors/signing.ts'
import { tokens } from './vectors/tokens.ts'
import type { Case, VectorFile } from './vectors/VectorFile.ts'
import { wire } from './vectors/wire.ts'

const folder = join(import.meta.dirname, '../vectors')
const check = process.argv.includes('--check')
const stale: string[] = []

const files = new Map<string, VectorFile>()
for (const group of [money, rates, signing, sessionKeys, sessions, escrow, wire, tokens, requests]) {
  for (const [name, file] of Object.entries(await group())) files.set(name, file)
}

for (const [name, file] of files) {
  const cases = []
  for (const [i, entry] of file.cases.entries()) cases.push({ id: i + 1, ...(await finished(name, entry)) })
  const text = `${JSON.stringify({ description: file.description, cases }, undefined, 2)}\n`
  const path = join(folder, `${name}.json`)
  if (existsSync(path) && readFileSync(path, 'utf8') === text) continue
  if (check) stale.push(`${name}.json`)
  else writeFileSync(path, text)
}
for (const name of readdirSync(folder)) {
  if (!files.has(name.replace(/\.json$/, ''))) stale.push(`${name} (nothing makes it)`)
}

if (stale.length > 0) {
  console.error(`core/vectors is stale: ${stale.join(', ')}. Run: node core/scripts/vectors.ts`)
  process.exitCode = 1
}

/** The case with its output, after our own code has agreed on result and, where it is stated, output. */
async function finished(name: string, entry: Case): Promise<Case> {
  const run = runners[name]
  if (run === undefined) throw new Error(`no runner for ${name}`)
  const outcome = await run(entry.input as never)
  const agrees =
    outcome.result === entry.result &&
    (entry.output === undefined || JSON.stringify(outcome.output) === JSON.stringify(entry.output))
  if (!agrees) throw new Error(`${name}, ${entry.comment}: the code says ${JSON.stringify(outcome)}`)
  return { ...entry, ...outcome }
}
