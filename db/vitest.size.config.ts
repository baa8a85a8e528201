import { defineConfig } from 'vitest/config'

/** In Node: a filled SQLite file, and a real PostgreSQL where PBSTREAM_POSTGRES_URL names one. */
export default defineConfig({
  root: import.meta.dirname,
  test: { name: 'db at size', include: ['size/*.test.ts'], fileParallelism: false },
})
