// A PostgreSQL server for one test run: its own directory, its own port, gone afterwards.
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, globSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'

const ATTEMPTS = 3

/** The folder of PostgreSQL's server programs, or undefined: newest version first, then PATH. */
export function findPostgres() {
  const versions = globSync('/usr/lib/postgresql/*/bin').sort(
    (a, b) => Number(b.split('/')[4]) - Number(a.split('/')[4]),
  )
  return [...versions, ...(process.env.PATH ?? '').split(delimiter)].find((folder) =>
    existsSync(join(folder, 'initdb')),
  )
}

/**
 * Starts a server that trusts every local connection.
 * @param {string} programs folder from `findPostgres`
 * @returns {Promise<{ url: string, version: string, stop: () => Promise<void> }>}
 */
export async function startPostgres(programs) {
  const directory = mkdtempSync(join(tmpdir(), 'pbstream-postgres-'))
  const user = unprivileged()
  if (user.uid !== undefined) chownSync(directory, user.uid, user.gid)
  const data = join(directory, 'data')
  const options = { ...user, cwd: directory, encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } }
  const made = spawnSync(
    join(programs, 'initdb'),
    ['-D', data, '-U', 'postgres', '-A', 'trust', '-N', '-E', 'UTF8'],
    options,
  )
  if (made.status !== 0) throw new Error(`initdb failed: ${made.error ?? made.stderr}`)
  for (let attempt = 1; ; attempt++) {
    const port = await freePort()
    // Nothing here outlives the run, so nothing has to reach the disk.
    const settings = ['listen_addresses=127.0.0.1', `port=${port}`, `unix_socket_directories=${directory}`, 'fsync=off']
    const child = spawn(join(programs, 'postgres'), ['-D', data, ...settings.flatMap((setting) => ['-c', setting])], {
      ...options,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const problem = await untilReady(child)
    if (problem === undefined) {
      return {
        url: `postgres://postgres:postgres@127.0.0.1:${port}/postgres?sslmode=disable`,
        version: execFileSync(join(programs, 'postgres'), ['--version'], { encoding: 'utf8' }).trim(),
        async stop() {
          const ended = once(child, 'exit')
          child.kill('SIGINT') // a fast shutdown
          await ended
          rmSync(directory, { recursive: true, force: true })
        },
      }
    }
    // Somebody may have taken the port between the choice and the start.
    if (attempt === ATTEMPTS) throw new Error(`postgres did not start: ${problem}`)
  }
}

/** Resolves to undefined once the server takes connections, or to its last words. */
function untilReady(child) {
  return new Promise((resolve) => {
    let output = ''
    child.stderr.on('data', (chunk) => {
      output = (output + chunk).slice(-2_000)
      if (output.includes('ready to accept connections')) resolve(undefined)
    })
    child.once('error', (error) => resolve(String(error)))
    child.once('exit', () => resolve(output))
  })
}

/** PostgreSQL refuses to run as root: then it gets the user that Debian's package made, or nobody. */
function unprivileged() {
  if (process.getuid?.() !== 0) return {}
  const name = spawnSync('id', ['-u', 'postgres']).status === 0 ? 'postgres' : 'nobody'
  const number = (flag) => Number(execFileSync('id', [flag, name], { encoding: 'utf8' }))
  return { uid: number('-u'), gid: number('-g') }
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
}
