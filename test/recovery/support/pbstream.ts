import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { inject } from 'vitest'

/** What a command printed, and its exit code. `json` of its stdout. */
export type Ended = { code: number; out: string; err: string; json(): never }

/** Runs the tool as a person would: another process, with a key in its environment or on its stdin. */
export async function pbstream(
  args: readonly string[],
  { key, stdin = '' }: { key?: string; stdin?: string } = {},
): Promise<Ended> {
  const env = { PATH: process.env.PATH, ...(key === undefined ? {} : { PBSTREAM_KEY: key }) }
  const child = spawn(process.execPath, [inject('tool'), ...args], { env, stdio: 'pipe' })
  child.stdin.end(stdin)
  const exit = new Promise<number>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => resolve(code ?? -1))
  })
  const [code, out, err] = await Promise.all([exit, text(child.stdout), text(child.stderr)])
  return { code, out, err, json: () => JSON.parse(out) as never }
}
