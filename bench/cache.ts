/** `npm run bench:cache`: what the cache of the gateways saves, tier by tier, before and after prewarming. */
import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { cacheBench } from './src/CacheBench.ts'
import { cacheTable } from './src/CacheReport.ts'

const usage = `npm run bench:cache -- [options]     needs redis-server (scripts/setup-extras)

  --routes N     routes in the catalog (300)
  --keys N       session keys that were changed and are in use (200)
  --isolates N   gateways that begin in each part (5)
  --seconds N    how long each of them is asked (5)
  --json FILE    also write the numbers as JSON
  --help`

const { values } = parseArgs({
  options: {
    routes: { type: 'string', default: '300' },
    keys: { type: 'string', default: '200' },
    isolates: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '5' },
    json: { type: 'string' },
    help: { type: 'boolean' },
  },
})

if (values.help === true) {
  console.log(usage)
} else {
  const number = (name: 'routes' | 'keys' | 'isolates' | 'seconds') => {
    const value = Number(values[name])
    if (!(value > 0)) throw new TypeError(`--${name} is not a number above 0: ${values[name]}`)
    return value
  }
  const say = (line: string) => console.error(`[bench] ${line}`)
  const report = await cacheBench({
    routes: number('routes'),
    keys: number('keys'),
    isolates: number('isolates'),
    seconds: number('seconds'),
    say,
  })
  console.log(cacheTable(report))
  if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(report, undefined, 2)}\n`)
}
