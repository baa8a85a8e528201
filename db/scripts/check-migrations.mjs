// Fails when a schema has changed and its migration was not generated (`npm run generate -w db`).
import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
let stale = 0
for (const [dialect, schema, migrations] of [
  ['sqlite', 'src/schema.sqlite.ts', 'migrations/d1'],
  ['postgresql', 'src/schema.pg.ts', 'migrations/pg'],
]) {
  // Inside the package: drizzle-kit takes paths relative to its working directory only.
  const copy = mkdtempSync(join(root, '.migrations-'))
  try {
    cpSync(join(root, migrations), copy, { recursive: true })
    const out = copy.slice(root.length + 1)
    // Without a terminal drizzle-kit cannot ask whether a column was renamed: that fails too, and means stale.
    execFileSync('drizzle-kit', ['generate', '--dialect', dialect, '--schema', schema, '--out', out], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const count = (/** @type {string} */ folder) => readdirSync(folder).filter((name) => name.endsWith('.sql')).length
    if (count(copy) !== count(join(root, migrations))) throw new Error('a migration is missing')
  } catch (error) {
    stale++
    console.error(
      `${migrations} does not match ${schema}: npm run generate -w db (${/** @type {Error} */ (error).message})`,
    )
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
}
if (stale === 0) console.log('migrations match the schemas')
process.exitCode = stale > 0 ? 1 : 0
