import { defineConfig } from 'vitest/config'

export default defineConfig({ test: { name: 'chain-watcher', include: ['test/**/*.test.ts'] } })
