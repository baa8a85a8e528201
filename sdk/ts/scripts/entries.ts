/** What the package exports, and what it expects of those who use a part of it. */

/** Subpath exports: `@pbstream/sdk/<entry>`, each made from `src/<entry>.ts`. */
export const ENTRIES = [
  'client',
  'client/file',
  'server',
  'hono',
  'express',
  'fastify',
  'nest',
  'mcp',
  'verify',
  'webhooks',
  'errors',
] as const

/** Packages that the user of an entry brings; everything else is bundled. */
export const PEERS: Readonly<Record<string, string>> = {
  '@modelcontextprotocol/sdk': '^1.20.0',
  '@nestjs/common': '>=11',
  '@nestjs/core': '>=11',
  '@types/express': '^5.0.0',
  express: '^5.0.0',
  fastify: '^5.0.0',
  hono: '^4.0.0',
  'reflect-metadata': '>=0.2.0',
  rxjs: '^7.0.0',
}

/** The package that a specifier is part of; `undefined` for files and for what Node brings. */
export function packageOf(specifier: string): string | undefined {
  if (/^(?:\.|\/|node:|cloudflare:)/.test(specifier)) return undefined
  const parts = specifier.split('/')
  return specifier.startsWith('@') ? parts.slice(0, 2).join('/') : parts[0]
}
