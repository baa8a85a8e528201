import { defineConfig } from 'vitest/config'

export default defineConfig({
  oxc: { jsx: { runtime: 'automatic' } },
  test: { name: 'widget', include: ['test/**/*.test.{ts,tsx}'] },
})
