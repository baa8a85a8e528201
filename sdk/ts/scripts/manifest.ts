/** The package.json of what is published: that of the repository runs from `src`. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ENTRIES, PEERS } from './entries.ts'

type Manifest = { name: string; version: string; license: string; engines: { node: string } }

/** @param peers what the files import that the package does not bring. */
export async function manifest(peers: ReadonlySet<string>): Promise<string> {
  const own = JSON.parse(await readFile(join(import.meta.dirname, '../package.json'), 'utf8')) as Manifest
  const { name, version, license, engines } = own
  const entries = ENTRIES.map((entry) => [`./${entry}`, { types: `./${entry}.d.ts`, default: `./${entry}.js` }])
  const optional = [...peers].toSorted()
  return `${JSON.stringify(
    {
      name,
      version,
      description: 'Pay for HTTP APIs from a payment channel, and be paid for them: x402 and session mode of PB-Stream',
      keywords: ['x402', '402', 'payments', 'paywall', 'usdc', 'agents', 'mcp'],
      license,
      type: 'module',
      sideEffects: false,
      bin: { pbstream: 'pbstream.js' },
      exports: { ...Object.fromEntries(entries), './package.json': './package.json' },
      engines,
      peerDependencies: Object.fromEntries(optional.map((peer) => [peer, PEERS[peer]])),
      peerDependenciesMeta: Object.fromEntries(optional.map((peer) => [peer, { optional: true }])),
    },
    undefined,
    2,
  )}\n`
}
