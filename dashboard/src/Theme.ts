/** Light, dark, or as the system has it. `early.ts` sets the choice before anything is drawn. */
import { signal } from '@preact/signals'
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
