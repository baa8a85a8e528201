/** `npm run bench`: what a paid request costs, in one run on one machine. */
import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { bench } from './src/Bench.ts'
import { table } from './src/Report.ts'
import { settleVars } from './src/Settings.ts'

const usage = `npm run bench -- [options]

  --seconds N   how long each row is measured (8); 1 is a smoke test
  --json FILE   also write rows, ratios and facts as JSON
  --help`

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '8' }, json: { type: 'string' }, help: { type: 'boolean' } },
})

if (values.help === true) {
  console.log(usage)
} else {
  const seconds = Number(values.seconds)
  if (!(seconds > 0)) throw new TypeError(`--seconds is not a number of seconds: ${values.seconds}`)
  const began = performance.now()
  const say = (line: string) =>
    console.error(`[bench ${((performance.now() - began) / 1000).toFixed(0).padStart(3)} s] ${line}`)
  say(
    `nothing is settled while it runs (${Object.entries(settleVars)
      .map((each) => each.join('='))
      .join(' ')})`,
  )
  const report = await bench({ seconds, say })
  console.log(table(report))
  if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(report, undefined, 2)}\n`)
}
