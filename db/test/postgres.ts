/** Vitest global setup, in Node: a migrated, empty Postgres database that lives as long as the run. */
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { PGlite } from '@electric-sql/pglite'
import { PGLiteSocketServer } from '@electric-sql/pglite-socket'
import type postgresType from 'postgres'
import type { TestProject } from 'vitest/node'

// By `require`: an import here resolves as for the tests, to the build of the driver for workerd.
const postgres = createRequire(import.meta.url)('postgres') as typeof postgresType
const migrations = `${import.meta.dirname}/../migrations/pg`

export default async function setup(project: TestProject) {
  const server = process.env.PBSTREAM_POSTGRES_URL
  const { url, stop } = server === undefined ? await startPglite() : await createDatabase(server)
  const client = postgres(url, { max: 1, onnotice: () => {} })
  const files = readdirSync(migrations).filter((name) => name.endsWith('.sql'))
  for (const file of files.sort()) {
    await client.unsafe(readFileSync(`${migrations}/${file}`, 'utf8'))
  }
  await client.end()
  project.provide('postgresUrl' as never, url as never)
  return stop
}

/** PGlite with a TCP port of its own: Postgres without an installation. */
async function startPglite() {
  const db = await PGlite.create()
  const server = new PGLiteSocketServer({ db, host: '127.0.0.1', port: 0, maxConnections: 20 })
  await server.start()
  return {
    url: `postgres://postgres:postgres@${server.getServerConn()}/postgres?sslmode=disable`,
    async stop() {
      await server.stop()
      await db.close()
    },
  }
}

/** A database of its own on a real server. */
async function createDatabase(server: string) {
  const name = `pbstream_test_${process.pid}`
  const admin = postgres(server, { max: 1, onnotice: () => {} })
  await admin.unsafe(`drop database if exists ${name} with (force)`)
  await admin.unsafe(`create database ${name}`)
  const url = new URL(server)
  url.pathname = `/${name}`
  // Hyperdrive wants a password, even where the server asks for none.
  url.password ||= 'unused'
  return {
    url: url.href,
    async stop() {
      await admin.unsafe(`drop database ${name} with (force)`)
      await admin.end()
    },
  }
}
