/**
 * Whose rules a page is about: one's own, for the keys that one pays with, or those of a provider. The same pages serve
 * both; the path says which.
 */
export type Whose = { provider?: string }

export type Place =
  | 'decisions'
  | 'rules'
  | 'lists'
  | 'budget'
  | 'backtest'
  | 'history'
  | 'snoozes'
  | 'breakers'
  | 'stops'
  | 'alerts'

/** Pages about rules: of an owner they lie under `/rules`, so that the navigation has one entry for them. */
const OF_RULES: ReadonlySet<Place> = new Set(['lists', 'budget', 'backtest', 'history', 'snoozes'])

export function whoseOf(params: Record<string, string>): Whose {
  const { provider } = params
  return provider === undefined ? {} : { provider }
}

/** Names a scope within this browser: `own`, or the id of the provider. */
export function nameOf({ provider }: Whose): string {
  return provider ?? 'own'
}

/** The path of a page, without the query. `rest`: an id, put in encoded. */
export function pathOf({ provider }: Whose, place: Place, ...rest: string[]): string {
  const base =
    provider === undefined
      ? `${OF_RULES.has(place) ? '/rules' : ''}/${place}`
      : `/p/${encodeURIComponent(provider)}/sentinel/${place}`
  return [base, ...rest.map(encodeURIComponent)].join('/')
}

/** The pattern of a path in the list of pages. */
export function patternOf(side: 'owner' | 'provider', place: Place, ...rest: string[]): string {
  const base = side === 'owner' ? pathOf({}, place) : `/p/:provider/sentinel/${place}`
  return [base, ...rest].join('/')
}
