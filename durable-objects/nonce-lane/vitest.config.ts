import { defineConfig } from 'vitest/config'

export default defineConfig({ test: { name: 'nonce-lane', include: ['test/**/*.test.ts'] } })
