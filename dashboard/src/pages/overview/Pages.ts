/** The pages of a provider that are about what it sells. */
import type { Page } from '../../Router.ts'

export const providerPages: Page[] = [
  {
    path: '/providers',
    title: { en: 'Providers', zh: '提供方' },
    nav: { group: 'provider', icon: 'provider', order: 0 },
    load: () => import('../providers/Providers.tsx'),
  },
  {
    path: '/p/:provider',
    title: { en: 'Overview', zh: '概览' },
    nav: { group: 'provider', icon: 'overview', order: 1 },
    load: () => import('./Overview.tsx'),
  },
  {
    path: '/p/:provider/routes',
    title: { en: 'Routes', zh: '路由' },
    nav: { group: 'provider', icon: 'route', order: 2 },
    load: () => import('../routes/Routes.tsx'),
  },
  {
    path: '/p/:provider/routes/new',
    title: { en: 'New route', zh: '新建路由' },
    load: () => import('../routes/NewRoute.tsx'),
  },
  {
    path: '/p/:provider/routes/:id',
    title: { en: 'Route', zh: '路由' },
    load: () => import('../routes/Route.tsx'),
  },
  {
    path: '/p/:provider/hosts',
    title: { en: 'Hosts', zh: '主机' },
    nav: { group: 'provider', icon: 'host', order: 3 },
    load: () => import('../hosts/Hosts.tsx'),
  },
  {
    path: '/p/:provider/oracles',
    title: { en: 'Oracles', zh: '预言机' },
    nav: { group: 'provider', icon: 'oracle', order: 4 },
    load: () => import('../oracles/Oracles.tsx'),
  },
  {
    path: '/p/:provider/oracles/new',
    title: { en: 'New oracle', zh: '新建预言机' },
    load: () => import('../oracles/NewOracle.tsx'),
  },
  {
    path: '/p/:provider/oracles/:id',
    title: { en: 'Oracle', zh: '预言机' },
    load: () => import('../oracles/Oracle.tsx'),
  },
  {
    path: '/p/:provider/customers',
    title: { en: 'Customers', zh: '客户' },
    nav: { group: 'provider', icon: 'customer', order: 5 },
    load: () => import('../customers/Customers.tsx'),
  },
]
