/** Light, dark, or as the system has it. `early.ts` sets the choice before anything is drawn. */
import { computed, signal } from '@preact/signals'
import { store, stored } from './Stored.ts'

export type Theme = 'system' | 'light' | 'dark'

const isTheme = (value: string | undefined): value is Theme =>
  value === 'light' || value === 'dark' || value === 'system'

const chosen = stored('theme')
export const theme = signal<Theme>(isTheme(chosen) ? chosen : 'system')

export function chooseTheme(to: Theme): void {
  store('theme', to === 'system' ? undefined : to)
  if (to === 'system') delete document.documentElement.dataset['theme']
  else document.documentElement.dataset['theme'] = to
  theme.value = to
}

const system = globalThis.matchMedia?.('(prefers-color-scheme: dark)')
const systemIsDark = signal(system?.matches ?? false)
system?.addEventListener?.('change', ({ matches }) => {
  systemIsDark.value = matches
})
/** Whether it is dark now, as chosen or as the system has it. */
export const isDark = computed(() => (theme.value === 'system' ? systemIsDark.value : theme.value === 'dark'))
