/** The provider's pages about money that comes in: channels, payouts, books. */
import type { Page } from '../../Router.ts'

export const moneyPages: Page[] = [
  {
    path: '/p/:provider/sessions',
    title: { en: 'Sessions', zh: '会话' },
    nav: { group: 'provider', icon: 'session', order: 60 },
    load: () => import('./SessionsPage.tsx'),
  },
  {
    path: '/p/:provider/sessions/:channel',
    title: { en: 'Channel', zh: '通道' },
    load: () => import('./SessionPage.tsx'),
  },
  {
    path: '/p/:provider/settlements',
    title: { en: 'Settlements', zh: '结算' },
    nav: { group: 'provider', icon: 'settlement', order: 70 },
    load: () => import('../settlements/SettlementsPage.tsx'),
  },
  {
    path: '/p/:provider/ledger',
    title: { en: 'Ledger', zh: '账本' },
    nav: { group: 'provider', icon: 'ledger', order: 80 },
    load: () => import('../ledger/LedgerPage.tsx'),
  },
]
