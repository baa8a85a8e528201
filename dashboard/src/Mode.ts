/** Live or test: everything is one of them and never seen from the other. `?mode=` wins over what was chosen before. */
import { effect, signal } from '@preact/signals'
import { store, stored } from './Stored.ts'

export type Mode = 'live' | 'test'

const isMode = (value: string | null | undefined): value is Mode => value === 'live' || value === 'test'

function first(): Mode {
  const asked = new URLSearchParams(globalThis.location?.search ?? '').get('mode')
  if (isMode(asked)) return asked
  const chosen = stored('mode')
  return isMode(chosen) ? chosen : 'live'
}

export const mode = signal<Mode>(first())

effect(() => store('mode', mode.value))
