/**
 * A Vitest of one folder that stays, in the copied tree: `node test/planted/warmHost.ts <root> [<config>]`. It is told which
 * file has changed and which tests to run, and answers what they printed. Each run has a process of its own for the tests,
 * or a workerd, as always: what stays is Vite, with what it made of the files that have not changed.
 */
import { resolve } from 'node:path'
import { Writable } from 'node:stream'
import { createVitest } from 'vitest/node'

export type Order = { changed: readonly string[]; file: string; only: string | null }
export type Reply = { failed: boolean; output: string }

const [root = '', config] = process.argv.slice(2)
const output: string[] = []
const sink = () =>
  new Writable({
    write(chunk, _encoding, done) {
      output.push(String(chunk))
      done()
    },
  })

const once = { watch: false, maxWorkers: 1, isolate: true, reporters: ['dot'] }
const options = { root, ...once, ...(config !== undefined && { config }) }
const vitest = await createVitest(options, {}, { stdout: sink(), stderr: sink() })
await vitest.standalone()

async function run({ changed, file, only }: Order): Promise<Reply> {
  output.splice(0)
  for (const path of changed) vitest.invalidateFile(resolve(path))
  if (only === null) vitest.resetGlobalTestNamePattern()
  else vitest.setGlobalTestNamePattern(new RegExp(only))
  const all = await vitest.globTestSpecifications([file])
  const path = resolve(root, file)
  const { testModules, unhandledErrors } = await vitest.runTestSpecifications(
    all.filter((one) => one.moduleId === path),
  )
  // Those of the runs before are among them, as they were.
  const failed = unhandledErrors.length > 0 || testModules.some((one) => one.moduleId === path && !one.ok())
  return { failed, output: output.join('') }
}

process.on('message', (order: Order) => {
  void run(order).then(
    (reply) => process.send?.(reply),
    (error: unknown) => {
      console.error(error)
      process.exit(1)
    },
  )
})
process.on('disconnect', () => void vitest.close().finally(() => process.exit()))
process.send?.('ready')
