// Programs that are run: those of the Python environment, and Hardhat.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { contracts, programs } from './places.ts'

export interface Ended {
  code: number
  /** stdout and stderr as they came. */
  output: string
}

/** The path of a program of the Python environment. */
export function fromEnvironment(name: string): string {
  const path = join(programs, name)
  if (!existsSync(path)) throw new Error(`${name} is not installed. Run scripts/setup-extras and try again.`)
  return path
}

/**
 * Runs a program in `contracts` to its end.
 * @param options `first`: a folder that comes first on PATH; `line` gets every line of output as it comes
 */
export function run(
  program: string,
  args: string[],
  { first = programs, line = () => {} }: { first?: string; line?: (text: string) => void } = {},
): Promise<Ended> {
  const PATH = [first, process.env.PATH ?? ''].join(delimiter)
  const env = { ...process.env, PATH, NO_COLOR: '1', NO_UPDATE_NOTIFIER: '1' }
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: contracts, env, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    let rest = ''
    const take = (text: string) => {
      output += text
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      for (const each of lines) line(each)
    }
    child.stdout.setEncoding('utf8').on('data', take)
    child.stderr.setEncoding('utf8').on('data', take)
    child.on('error', reject)
    child.on('close', (code, signal) => {
      if (signal !== null) output += `\n${program} was ended by ${signal}\n`
      resolve({ code: code ?? 1, output })
    })
  })
}
