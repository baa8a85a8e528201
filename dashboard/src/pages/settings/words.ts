/** Words of the settings of a person. */
import { defineWords } from '../../text.ts'

export const w = defineWords({
  title: { en: 'Settings', zh: '设置' },
  who: { en: 'Who you are', zh: '当前身份' },
  owner: { en: 'Owner', zh: '所有者' },
  address: { en: 'Wallet', zh: '钱包' },
  kind: { en: 'Kind of account', zh: '账户类型' },
  plainAccount: { en: 'An account with a key, the same on every chain', zh: '由密钥控制的账户，在所有链上相同' },
  contractAccount: { en: 'A contract on {chain}', zh: '{chain} 上的合约账户' },
  actor: { en: 'Your name in the audit', zh: '审计中的名称' },
  display: { en: 'Display', zh: '显示' },
  displayHint: { en: 'Kept in this browser only.', zh: '仅保存在此浏览器中。' },
  language: { en: 'Language', zh: '语言' },
  theme: { en: 'Theme', zh: '主题' },
  system: { en: 'As the system has it', zh: '跟随系统' },
  light: { en: 'Light', zh: '浅色' },
  dark: { en: 'Dark', zh: '深色' },
  mode: { en: 'Mode', zh: '模式' },
  modeHint: {
    en: 'Live and test share nothing: keys, providers, payments and audit are of one of them. Test mode is on test chains, where money is worth nothing.',
    zh: '正式与测试模式互不相通：密钥、提供方、付款和审计各属其一。测试模式使用测试链，其资金没有价值。',
  },
  live: { en: 'Live', zh: '正式' },
  test: { en: 'Test', zh: '测试' },
  sessions: { en: 'Signed-in browsers', zh: '已登录的浏览器' },
  sessionsHint: {
    en: 'A sign-in lasts 12 hours. If you lost a device, or signed in on one that is not yours, sign out everywhere.',
    zh: '登录有效期为 12 小时。如果设备遗失或曾在他人设备上登录，请在所有设备上退出。',
  },
  out: { en: 'Sign out here', zh: '在此退出' },
  outAll: { en: 'Sign out everywhere', zh: '在所有设备上退出' },
  outTitle: { en: 'Sign out everywhere?', zh: '在所有设备上退出？' },
  outText: {
    en: 'Every browser in which you are signed in has to sign in again with the wallet, this one too. API keys and session keys go on.',
    zh: '所有已登录的浏览器（包括当前浏览器）都需要用钱包重新登录。API 密钥和会话密钥不受影响。',
  },
  more: { en: 'Keys and access', zh: '密钥与访问' },
  apiKeys: { en: 'API keys', zh: 'API 密钥' },
  webhooks: { en: 'Webhooks', zh: 'Webhook' },
  audit: { en: 'Audit', zh: '审计' },
})
