/** Pages of the account: access, messages, audit, settings; and the settings of a provider. */
import type { Page } from '../../Router.ts'

export const accountPages: Page[] = [
  {
    path: '/api-keys',
    title: { en: 'API keys', zh: 'API 密钥' },
    nav: { group: 'user', icon: 'apikey', order: 110 },
    load: () => import('../apikeys/ApiKeysPage.tsx'),
  },
  {
    path: '/webhooks',
    title: { en: 'Webhooks', zh: 'Webhook' },
    nav: { group: 'user', icon: 'webhook', order: 120 },
    load: () => import('../webhooks/WebhooksPage.tsx'),
  },
  {
    path: '/webhooks/:id',
    title: { en: 'Webhook endpoint', zh: 'Webhook 端点' },
    load: () => import('../webhooks/EndpointPage.tsx'),
  },
  {
    path: '/webhooks/deliveries/:id',
    title: { en: 'Webhook delivery', zh: 'Webhook 投递' },
    load: () => import('../webhooks/DeliveryPage.tsx'),
  },
  {
    path: '/audit',
    title: { en: 'Audit', zh: '审计' },
    nav: { group: 'user', icon: 'audit', order: 130 },
    load: () => import('../audit/AuditPage.tsx'),
  },
  {
    path: '/settings',
    title: { en: 'Settings', zh: '设置' },
    nav: { group: 'user', icon: 'settings', order: 140 },
    load: () => import('./SettingsPage.tsx'),
  },
  {
    path: '/p/:provider/settings',
    title: { en: 'Provider settings', zh: '提供方设置' },
    nav: { group: 'provider', icon: 'settings', order: 90 },
    load: () => import('./ProviderPage.tsx'),
  },
]
