/** The editor and what it offers to choose from. What it needs of core is loaded with it, not before. */
import { api, data } from '../../api/Client.ts'
import type { OracleChoice } from './NamedLists.tsx'

export async function loadEditor() {
  return (await import('./CardEditor.tsx')).default
}

/** Oracles that a card of this provider can name. */
export async function oraclesOf(provider: string, signal: AbortSignal): Promise<OracleChoice[]> {
  return (await data(api.GET('/oracles', { params: { query: { provider, limit: 100 } }, signal }))).data
}
