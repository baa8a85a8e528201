/** What the scripts of forecasts are given, and how they say that something is wrong with it. */
import { InvalidSeriesError } from '../../src/Forecast.ts'

/** Something that whoever called the script can put right. */
export class Mistake extends Error {
  override readonly name = 'Mistake'
}

/** What a script says, and how it ends. */
export type Outcome = { status: 0 | 1; stdout: string; stderr: string }

/** Runs a command; a mistake of the caller ends in one line and the usage on stderr, and in exit code 1. */
export function outcomeOf(usage: string, command: () => string): Outcome {
  try {
    return { status: 0, stdout: `${command()}\n`, stderr: '' }
  } catch (error) {
    const isTheirs = error instanceof Mistake || error instanceof InvalidSeriesError || isOfArguments(error)
    if (!isTheirs) throw error
    return { status: 1, stdout: '', stderr: `${error instanceof Error ? error.message : ''}\nusage: ${usage}\n` }
  }
}

/** Says it, and ends with that exit code once it is said. */
export function finish({ status, stdout, stderr }: Outcome): void {
  process.stdout.write(stdout)
  process.stderr.write(stderr)
  process.exitCode = status
}

/**
 * The values of options, of which some have to be there.
 *
 * @throws {Mistake} for those that are not
 */
export function required<Name extends string>(
  values: { [name in Name]?: string },
  names: readonly Name[],
): Record<Name, string> {
  const missing = names.filter((name) => values[name] === undefined)
  if (missing.length > 0) throw new Mistake(`missing: ${missing.map((name) => `--${name}`).join(', ')}`)
  return values as Record<Name, string>
}

function isOfArguments(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')
}

/** @throws {Mistake} */
export function numberOption(name: string, text: string): number {
  if (!/^[0-9]{1,9}$/.test(text)) throw new Mistake(`--${name} ${text} is not a whole number`)
  return Number(text)
}

/**
 * What is read from a file; what is wrong with it is said with its name.
 *
 * @throws {Mistake}
 */
export function ofFile<T>(file: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof InvalidSeriesError) throw new Mistake(`${file}: ${error.message}`)
    if (error instanceof Error && 'code' in error) throw new Mistake(`${file} cannot be read (${String(error.code)})`)
    throw error
  }
}
