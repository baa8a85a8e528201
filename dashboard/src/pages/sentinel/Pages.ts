/** The pages of Sentinel: each once for the owner of keys, and once for a provider. */
import type { Page } from '../../Router.ts'
import type { Words } from '../../text.ts'
import { patternOf, type Place } from './Whose.ts'
import { w } from './words.ts'

type Icon = NonNullable<Page['nav']>['icon']
type Row = {
  place: Place
  /** What follows the place in the path. */
  rest?: string[]
  title: Words
  icon?: Icon
  /** Whose page it is; both, if left out. */
  only?: 'provider'
  load: Page['load']
}

const ROWS: readonly Row[] = [
  { place: 'alerts', title: w.alerts.words, icon: 'bell', load: () => import('./alerts/AlertsPage.tsx') },
  { place: 'alerts', rest: ['new'], title: w.alerts.words, load: () => import('./alerts/NewChannelPage.tsx') },
  { place: 'alerts', rest: ['channels', ':id'], title: w.alerts.words, load: () => import('./alerts/ChannelPage.tsx') },
  { place: 'stops', title: w.stops.words, icon: 'stop', load: () => import('./stops/StopsPage.tsx') },
  { place: 'stops', rest: [':id'], title: w.stops.words, load: () => import('./stops/StopPage.tsx') },
  { place: 'rules', title: w.rules.words, icon: 'rules', load: () => import('./rules/RulesPage.tsx') },
  { place: 'rules', rest: ['new'], title: w.rules.words, load: () => import('./rules/RulePage.tsx') },
  { place: 'rules', rest: ['edit', ':id'], title: w.rules.words, load: () => import('./rules/RulePage.tsx') },
  { place: 'lists', title: w.lists.words, load: () => import('./lists/ListsPage.tsx') },
  { place: 'budget', title: w.budget.words, load: () => import('./breakers/BudgetPage.tsx') },
  { place: 'backtest', title: w.backtest.words, load: () => import('./backtest/BacktestPage.tsx') },
  { place: 'snoozes', title: w.snoozes.words, load: () => import('./snoozes/SnoozesPage.tsx') },
  { place: 'history', title: w.history.words, load: () => import('./rules/HistoryPage.tsx') },
  { place: 'history', rest: [':revision'], title: w.history.words, load: () => import('./rules/RevisionPage.tsx') },
  {
    place: 'decisions',
    title: w.decisions.words,
    icon: 'decisions',
    load: () => import('./decisions/DecisionsPage.tsx'),
  },
  { place: 'decisions', rest: [':id'], title: w.decisions.words, load: () => import('./decisions/DecisionPage.tsx') },
  {
    ...{ place: 'breakers', title: w.breakers.words, icon: 'breaker', only: 'provider' },
    load: () => import('./breakers/BreakersPage.tsx'),
  },
]

/** As the navigation names them. */
const ORDER: Record<'owner' | 'provider', readonly Place[]> = {
  owner: ['alerts', 'stops', 'rules', 'decisions'],
  provider: ['decisions', 'rules', 'breakers', 'stops', 'alerts'],
}
/** What the tabs of the rules lead to. */
const OF_RULES: readonly Place[] = ['lists', 'budget', 'backtest', 'snoozes', 'history']
const FIRST = { owner: 50, provider: 10 }

export const sentinelPages: readonly Page[] = (['owner', 'provider'] as const).flatMap((side) =>
  ROWS.filter(({ only }) => only === undefined || only === side).map((row) => pageOf(side, row)),
)

function pageOf(side: 'owner' | 'provider', { place, rest = [], title, icon, load }: Row): Page {
  const path = patternOf(side, place, ...rest)
  if (icon === undefined) return { path, title, load }
  const group = side === 'owner' ? ('user' as const) : ('sentinel' as const)
  const order = FIRST[side] + ORDER[side].indexOf(place)
  const also = place === 'rules' ? OF_RULES.map((other) => patternOf(side, other)) : []
  return { path, title, load, nav: { group, icon, order, also } }
}
