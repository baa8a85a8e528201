import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { root } from '@pbstream/local/Bundle'
import type { Stack } from './Stack.ts'

/** How `npm run ops` ended, and what it printed. */
export type Said = { code: number; out: string; err: string }

/** `npm run ops -- …args`, before this system, in a process of its own. */
export async function ops({ keys, system }: Stack, ...args: string[]): Promise<Said> {
  const env = {
    PATH: process.env.PATH ?? '',
    OPERATOR_KEY: keys.operator,
    PBSTREAM_CONTROL_URL: system.urls.control,
  }
  const command = [join(root, 'local/src/ops.ts'), ...args]
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, command, { env })
    return { code: 0, out: stdout, err: stderr }
  } catch (error) {
    const { code, stdout, stderr } = error as unknown as { code: number; stdout: string; stderr: string }
    return { code, out: stdout, err: stderr }
  }
}
