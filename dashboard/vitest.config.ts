import { defineConfig } from 'vitest/config'

export default defineConfig({
  root: import.meta.dirname,
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  test: {
    name: 'dashboard',
    include: ['test/*.test.ts', 'test/*.test.tsx'],
    environment: 'node',
  },
})
