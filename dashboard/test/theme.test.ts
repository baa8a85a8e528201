import { expect, it, vi } from 'vitest'

it('is as the system has it, also when that changes, until somebody chooses', async () => {
  const system = Object.assign(new EventTarget(), { matches: false })
  vi.stubGlobal('matchMedia', () => system)
  vi.stubGlobal('document', { documentElement: { dataset: {} } })
  const { chooseTheme, isDark } = await import('../src/Theme.ts')
  expect(isDark.value).toBe(false)
  system.dispatchEvent(Object.assign(new Event('change'), { matches: true }))
  expect(isDark.value).toBe(true)
  chooseTheme('light')
  expect(isDark.value).toBe(false)
})
