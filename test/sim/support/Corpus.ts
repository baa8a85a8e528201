/** Seeds that ever failed, one a line: world, seed, and after `#` what broke. */
import { appendFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export type Kept = { world: string; seed: number }

const file = join(import.meta.dirname, '..', 'seeds.txt')

export function keep({ world, seed }: Kept, failure: string): void {
  appendFileSync(file, `${world} ${seed} # ${failure}\n`)
}

export function corpus(): Kept[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim())
    .filter((line) => line !== '')
    .map((line) => {
      const [world = '', seed = ''] = line.split(/\s+/)
      return { world, seed: Number(seed) }
    })
}
