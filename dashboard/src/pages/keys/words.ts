/** Words that all pages about session keys share, and those of the list. */
import { defineWords } from '../../text.ts'

export const statusWords = defineWords({
  draft: { en: 'Draft', zh: '草稿' },
  active: { en: 'Active', zh: '可用' },
  freezing: { en: 'Freezing', zh: '正在冻结' },
  frozen: { en: 'Frozen', zh: '已冻结' },
  revoked: { en: 'Revoked', zh: '已撤销' },
  rotated: { en: 'Replaced', zh: '已被替换' },
  expired: { en: 'Expired', zh: '已到期' },
})

export const periodWords = defineWords({
  hour: { en: 'per hour', zh: '每小时' },
  day: { en: 'per day', zh: '每天' },
  week: { en: 'per week', zh: '每周' },
  month: { en: 'per 30 days', zh: '每 30 天' },
  perOther: { en: 'in each {span}', zh: '每 {span}' },
  oneDay: { en: '1 day', zh: '1 天' },
  oneWeek: { en: '7 days', zh: '7 天' },
  oneMonth: { en: '30 days', zh: '30 天' },
  threeMonths: { en: '90 days', zh: '90 天' },
})

export const sentenceWords = defineWords({
  whole: { en: 'Spend {parts}.', zh: '{parts}。' },
  comma: { en: ', ', zh: '，' },
  perPeriod: { en: 'up to {amount} {period}, {total} in all', zh: '{period}最多支出 {amount}，总共最多 {total}' },
  inAll: { en: 'up to {total} in all', zh: '总共最多支出 {total}' },
  perPayment: { en: 'at most {amount} a payment', zh: '每笔最多 {amount}' },
  until: { en: 'until {end}', zh: '截至 {end}' },
  fromUntil: { en: 'from {start} until {end}', zh: '从 {start} 到 {end}' },
})

export const w = defineWords({
  title: { en: 'Session keys', zh: '会话密钥' },
  intro: {
    en: 'A session key pays for your wallet within limits that you set. It holds no money, and you can stop it at any time.',
    zh: '会话密钥在您设定的限额内代您的钱包付款。它本身不持有资金，您可以随时停用。',
  },
  create: { en: 'New session key', zh: '新建会话密钥' },
  status: { en: 'Status', zh: '状态' },
  all: { en: 'All', zh: '全部' },
  name: { en: 'Name', zh: '名称' },
  mayStillSpend: { en: 'May spend now', zh: '现在可支出' },
  limits: { en: 'Limits', zh: '限额' },
  expires: { en: 'Expires', zh: '到期' },
  actions: { en: 'Actions', zh: '操作' },
  stoppedNothing: { en: 'Nothing: {status}', zh: '无：{status}' },
  unknown: { en: 'Not known now', zh: '暂时未知' },
  ofTotalLabel: { en: 'Share of the total that is used', zh: '总额已使用的比例' },
  example: { en: 'example', zh: '示例' },
  freeze: { en: 'Freeze', zh: '冻结' },
  freezeNamed: { en: 'Freeze {name}', zh: '冻结 {name}' },
  unfreeze: { en: 'Unfreeze', zh: '解除冻结' },
  unfreezeNamed: { en: 'Unfreeze {name}', zh: '解除冻结 {name}' },
  sign: { en: 'Sign and register', zh: '签名并登记' },
  frozenToast: {
    en: '{name} is stopped. To undo, your wallet signs.',
    zh: '{name} 已停用。如需撤销此操作，需要钱包签名。',
  },
  freezingToast: {
    en: '{name} gets no new payment. What is being served ends within seconds. To undo, your wallet signs.',
    zh: '{name} 不会再有新付款；正在处理的请求会在几秒内结束。如需撤销此操作，需要钱包签名。',
  },
  unfrozenToast: { en: '{name} may pay again.', zh: '{name} 可以继续付款。' },
  emptyTitle: { en: 'No session key yet', zh: '还没有会话密钥' },
  emptyText: {
    en: 'Make one for an agent, an app or a device: it pays by itself, never above your limits. Make it here, or from a program:',
    zh: '为代理程序、应用或设备创建一个：它可以自行付款，但绝不会超出您的限额。可以在这里创建，也可以用程序创建：',
  },
  emptyFiltered: { en: 'No session key with this status', zh: '没有处于此状态的会话密钥' },
  emptyFilteredText: { en: 'Choose another status, or see all.', zh: '请选择其他状态，或查看全部。' },
  seeAll: { en: 'See all', zh: '查看全部' },
  held: { en: 'Held by a rule', zh: '被规则暂停' },
})
