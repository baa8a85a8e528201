/** The pages of a wallet's owner: keys, what they spend, receipts, money. */
import type { Page } from '../../Router.ts'

export const ownerPages: Page[] = [
  {
    path: '/keys',
    title: { en: 'Session keys', zh: '会话密钥' },
    nav: { group: 'user', icon: 'key', order: 10 },
    load: () => import('./ListPage.tsx'),
  },
  { path: '/keys/new', title: { en: 'New session key', zh: '新建会话密钥' }, load: () => import('./NewPage.tsx') },
  { path: '/keys/:id', title: { en: 'Session key', zh: '会话密钥' }, load: () => import('./KeyPage.tsx') },
  {
    path: '/usage',
    title: { en: 'Usage', zh: '用量' },
    nav: { group: 'user', icon: 'usage', order: 20 },
    load: () => import('../usage/UsagePage.tsx'),
  },
  {
    path: '/receipts',
    title: { en: 'Receipts', zh: '收据' },
    nav: { group: 'user', icon: 'receipt', order: 30 },
    load: () => import('../receipts/ReceiptsPage.tsx'),
  },
  { path: '/receipts/:id', title: { en: 'Receipt', zh: '收据' }, load: () => import('../receipts/ReceiptPage.tsx') },
  {
    path: '/funds',
    title: { en: 'Funds', zh: '资金' },
    nav: { group: 'user', icon: 'funds', order: 40 },
    load: () => import('../funds/FundsPage.tsx'),
  },
]
