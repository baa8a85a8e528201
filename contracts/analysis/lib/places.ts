// Where things are.
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

export const contracts = join(import.meta.dirname, '../..')

/** Ignored by git; everything that a tool writes goes below. */
export const cache = join(contracts, 'analysis/.cache')

/** The programs of the Python environment that scripts/setup-extras makes. */
export const programs = join(contracts, 'analysis/.venv/bin')

const { resolve } = createRequire(join(contracts, 'package.json'))

/** The text of a source by the name it is imported under: a file of `contracts`, or of a package of npm. */
export function readSource(name: string): string | undefined {
  try {
    const own = join(contracts, name)
    return readFileSync(existsSync(own) ? own : resolve(name), 'utf8')
  } catch {
    return undefined
  }
}
