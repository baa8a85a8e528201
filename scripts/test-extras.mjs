// Tests that need more than npm: the database suite on a real PostgreSQL, the cache on Redis, the pages in Chromium, and
// the metrics before Prometheus' promtool. `scripts/setup-extras` installs all four. PBSTREAM_POSTGRES_URL names a server to use instead of a
// temporary one.
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { findPostgres, startPostgres } from './lib/postgres.mjs'
import { root } from './lib/steps.mjs'
import { BROWSER, closingLine, POSTGRES, PROMTOOL, REDIS, runSuites } from './lib/suites.mjs'

const verbose = process.argv.includes('--verbose')
const suites = []
let server

const given = process.env.PBSTREAM_POSTGRES_URL
if (given === undefined) {
  const programs = findPostgres()
  if (programs === undefined) missing('PostgreSQL')
  server = await startPostgres(programs)
  console.log(`${server.version} on a temporary cluster`)
}
const PBSTREAM_POSTGRES_URL = given ?? server.url
suites.push({
  folder: 'db',
  name: 'db on PostgreSQL',
  args: '--config vitest.postgres.config.ts',
  env: { PBSTREAM_POSTGRES_URL },
})

suites.push({
  folder: 'db',
  name: 'db at size on PostgreSQL',
  args: '--config vitest.size.config.ts',
  env: { PBSTREAM_POSTGRES_URL },
})

suites.push({ folder: POSTGRES, name: 'system on PostgreSQL', env: { PBSTREAM_POSTGRES_URL } })

const redis = process.env.REDIS_SERVER ?? findProgram('redis-server')
if (redis === undefined) missing('redis-server')
suites.push({ folder: REDIS, name: 'cache on Redis', env: { REDIS_SERVER: redis } })

const chromium = process.env.CHROMIUM ?? ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find(existsSync)
if (chromium === undefined) missing('Chromium')
suites.unshift({ folder: BROWSER, name: 'pages in Chromium', env: { CHROMIUM: chromium } })

const promtool = process.env.PROMTOOL ?? findProgram('promtool')
if (promtool === undefined) missing('promtool')
suites.push({ folder: PROMTOOL, name: 'metrics in promtool', env: { PROMTOOL: promtool } })

try {
  // Beside the pages, which take longer than all others together and wait more than they work.
  const total = await runSuites(suites, { verbose, parallel: 2 })
  console.log(`\n${closingLine(total)}`)
  process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0
} finally {
  await server?.stop()
}

function findProgram(name) {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find(existsSync)
}

function missing(what) {
  console.error(`${what} is not installed. Run ${join(root, 'scripts/setup-extras')} and try again.`)
  process.exit(1)
}
