/** Words of the page about API keys. */
import { defineWords } from '../../text.ts'

export const w = defineWords({
  title: { en: 'API keys', zh: 'API 密钥' },
  intro: {
    en: 'For your own programs: scripts, servers, accounting. A key does what its scopes say, in this mode only. Only people make keys: no key can make another, so a stolen one ends where you end it.',
    zh: '供您自己的程序使用：脚本、服务器、记账。密钥只能在当前模式下执行其权限范围内的操作。只有人可以创建密钥，密钥不能创建密钥，因此撤销被盗密钥即可终止其访问。',
  },
  notPaying: {
    en: 'An API key never pays. What pays is a session key.',
    zh: 'API 密钥不能付款。付款使用会话密钥。',
  },
  toKeys: { en: 'Session keys', zh: '会话密钥' },
  create: { en: 'New API key', zh: '新建 API 密钥' },
  name: { en: 'Name', zh: '名称' },
  nameHint: { en: 'Where it is used, so that you know which to revoke.', zh: '写明用途，便于日后撤销。' },
  scopes: { en: 'May', zh: '权限' },
  created: { en: 'Made', zh: '创建' },
  used: { en: 'Last used', zh: '最近使用' },
  never: { en: 'never', zh: '从未' },
  ends: { en: 'Ends', zh: '有效期' },
  open: { en: 'when revoked', zh: '直到撤销' },
  state: { en: 'State', zh: '状态' },
  active: { en: 'Active', zh: '有效' },
  expired: { en: 'Ended', zh: '已到期' },
  revoked: { en: 'Revoked', zh: '已撤销' },
  action: { en: 'Action', zh: '操作' },
  revoke: { en: 'Revoke', zh: '撤销' },
  revokeNamed: { en: 'Revoke {name}', zh: '撤销 {name}' },
  revokeTitle: { en: 'Revoke this key?', zh: '撤销此密钥？' },
  revokeText: {
    en: '"{name}" ({prefix}…) stops working at once and for good. Programs that use it get 401 until they have another.',
    zh: '“{name}”（{prefix}…）将立即永久失效。使用它的程序会收到 401，直到换上新密钥。',
  },
  revokedToast: { en: '{name} is revoked.', zh: '{name} 已撤销。' },
  show: { en: 'Show', zh: '显示' },
  showAll: { en: 'Ended keys too', zh: '包括已失效的密钥' },
  emptyTitle: { en: 'No API key yet', zh: '还没有 API 密钥' },
  emptyText: {
    en: 'Make one for a program, with the fewest scopes that it needs. Then call the API like this:',
    zh: '为程序创建一个，只给予所需的最少权限，然后这样调用 API：',
  },
  emptyActive: { en: 'No key is active', zh: '没有有效的密钥' },
  emptyActiveText: {
    en: 'Tick "Ended keys too" to see those that have ended.',
    zh: '勾选“包括已失效的密钥”可查看已失效的密钥。',
  },
  example: { en: 'example', zh: '示例' },
  scopesLegend: { en: 'What the key may do', zh: '密钥的权限' },
  scopesHint: {
    en: 'Reading never changes anything. Writing includes no reading.',
    zh: '“读取”不会更改任何内容；“写入”不包含读取。',
  },
  scopesNone: { en: 'Choose at least one.', zh: '请至少选择一项。' },
  readOnly: { en: 'All reading', zh: '全部读取' },
  none: { en: 'None', zh: '清除' },
  lasts: { en: 'How long it lasts', zh: '有效期' },
  days: { en: '{n} {n|day|days}', zh: '{n} 天' },
  year: { en: '1 year', zh: '1 年' },
  forever: { en: 'Until it is revoked', zh: '直到撤销' },
  foreverHint: {
    en: 'A key without an end is the one that is forgotten. Prefer an end.',
    zh: '没有期限的密钥容易被遗忘，建议设置期限。',
  },
  cancel: { en: 'Cancel', zh: '取消' },
  secretTitle: { en: 'Your new key', zh: '您的新密钥' },
  secretOnce: {
    en: 'This is the only time that it is shown. Copy it to where your program reads secrets; the service keeps only a hash.',
    zh: '密钥仅显示这一次。请复制到程序读取机密的位置；服务端只保存其哈希。',
  },
  secretGone: {
    en: 'The key was made, but its answer was lost on the way and cannot be shown again. Revoke it and make another.',
    zh: '密钥已创建，但返回内容在途中丢失，无法再次显示。请撤销它并重新创建。',
  },
  secret: { en: 'API key', zh: 'API 密钥' },
  stored: { en: 'I have stored it', zh: '我已保存' },
})

export const scopeWords = defineWords({
  'session_keys:read': {
    en: 'See session keys, their limits, usage, payments and channels.',
    zh: '查看会话密钥及其限额、用量、付款和通道。',
  },
  'session_keys:write': {
    en: 'Make, freeze and revoke session keys, lower limits. Higher limits need your wallet besides.',
    zh: '创建、冻结、撤销会话密钥，降低限额。提高限额还需要钱包签名。',
  },
  'providers:read': {
    en: 'See providers, routes, prices, customers and what was sold.',
    zh: '查看提供方、路由、价格、客户和销售情况。',
  },
  'providers:write': {
    en: 'Change routes and prices, settle now. Another payout address or upstream needs your wallet besides.',
    zh: '更改路由和价格、立即结算。更改收款地址或上游还需要钱包签名。',
  },
  'payments:write': {
    en: 'Only for your own server that takes payments itself, at the gateway. Give it no other scope.',
    zh: '仅供自行收款的服务器在网关使用，不要再给予其他权限。',
  },
  'webhooks:read': {
    en: 'See webhook endpoints and deliveries with their contents.',
    zh: '查看 Webhook 端点及投递内容。',
  },
  'webhooks:write': {
    en: 'Make and change webhook endpoints, see new secrets, resend.',
    zh: '创建和更改 Webhook 端点、获取新密钥、重新发送。',
  },
  'audit:read': { en: 'Read and verify the audit.', zh: '读取和校验审计记录。' },
  'exports:read': {
    en: 'Download files of payments, settlements and movements.',
    zh: '下载付款、结算和资金变动文件。',
  },
  'sentinel:read': { en: 'See rules, decisions, stops and alert channels.', zh: '查看规则、决策、停用和告警渠道。' },
  'sentinel:write': {
    en: 'Change rules, open breakers, release stops of your provider.',
    zh: '更改规则、打开断路器、解除提供方的停用。',
  },
})

/** What a scope allows, in words; one that is new here has none. */
export function scopeText(scope: string): string | undefined {
  return (scopeWords as { [name: string]: (() => string) | undefined })[scope]?.()
}
