/** Words of the pages about channels that paid a provider. */
import { defineWords } from '../../text.ts'

export const stateWords = defineWords({
  owing: { en: 'To be paid out', zh: '待支付' },
  open: { en: 'Open', zh: '进行中' },
  empty: { en: 'Empty', zh: '已清空' },
})

export const entryWords = defineWords({
  opened: { en: 'Opened', zh: '开启' },
  deposit: { en: 'Deposit', zh: '存款' },
  charges: { en: 'Charges', zh: '扣费' },
  claim: { en: 'Claimed on chain', zh: '链上申领' },
  settle: { en: 'Paid out', zh: '支付' },
  refund: { en: 'Returned to the payer', zh: '退回付款方' },
  loss: { en: 'Lost', zh: '损失' },
  stop: { en: 'Stopped by your rule', zh: '被您的规则停用' },
  release: { en: 'Stop ended', zh: '停用解除' },
  incident: { en: 'Incident', zh: '事故' },
})

export const settleWords = defineWords({
  settle: { en: 'Settle now', zh: '立即结算' },
  settleNamed: { en: 'Settle now: channel {channel}', zh: '立即结算：通道 {channel}' },
  sent: {
    en: 'A claim is on its way. The payout follows by itself; it shows here once its block is deep enough.',
    zh: '申领已发出，支付会自动跟进，待区块确认后在此显示。',
  },
  drained: {
    en: 'All that can be claimed is claimed. A payout that waits goes by itself.',
    zh: '可申领的均已申领，等待中的支付会自动完成。',
  },
  refund_in_flight: {
    en: 'A refund is on its way, and it brings the claim with it. Nothing more to do.',
    zh: '退款正在进行，会一并完成申领，无需其他操作。',
  },
})

export const w = defineWords({
  title: { en: 'Sessions', zh: '会话' },
  intro: {
    en: 'Each row is a channel: money that one payer set aside for you, and the key that spends it.',
    zh: '每一行是一个通道：付款方为您预留的资金，以及可支出它的密钥。',
  },
  channel: { en: 'Channel', zh: '通道' },
  payer: { en: 'Payer', zh: '付款方' },
  key: { en: 'Session key', zh: '会话密钥' },
  chain: { en: 'Chain', zh: '链' },
  allChains: { en: 'All chains', zh: '所有链' },
  receiver: { en: 'Paid to (address)', zh: '收款地址' },
  receiverWrong: { en: 'An address is 0x and 40 hexadecimal digits.', zh: '地址为 0x 加 40 位十六进制数字。' },
  state: { en: 'State', zh: '状态' },
  spent: { en: 'Charged', zh: '已扣费' },
  unsettled: { en: 'To be paid out', zh: '待支付' },
  left: { en: 'Left to the payer', zh: '付款方余额' },
  settled: { en: 'Paid out', zh: '已支付' },
  amounts: { en: 'Amounts are USDC.', zh: '金额单位为 USDC。' },
  emptyTitle: { en: 'No channel yet', zh: '还没有通道' },
  emptyText: {
    en: 'A channel appears with the first payment on one of your routes. Switch on a route and call it with a paying client.',
    zh: '路由收到首笔付款后，通道会出现在这里。请启用路由，并用可付款的客户端调用。',
  },
  toRoutes: { en: 'To the routes', zh: '查看路由' },
  emptyFiltered: { en: 'No channel fits these filters', zh: '没有符合筛选条件的通道' },
  emptyFilteredText: { en: 'Take a filter away, or see all.', zh: '请减少筛选条件，或查看全部。' },
  seeAll: { en: 'See all', zh: '查看全部' },
  one: { en: 'Channel {channel}', zh: '通道 {channel}' },
  back: { en: 'All sessions', zh: '所有会话' },
  money: { en: 'Money', zh: '资金' },
  facts: { en: 'Who and where', zh: '基本信息' },
  deposited: { en: 'Deposited', zh: '已存入' },
  provisional: { en: 'of which not yet confirmed: {amount} USDC', zh: '其中待确认：{amount} USDC' },
  returned: { en: 'Returned', zh: '已退回' },
  lost: { en: 'Lost', zh: '损失' },
  reserved: { en: 'Held for calls being served: {amount} USDC', zh: '为正在处理的请求预留：{amount} USDC' },
  claiming: { en: 'A claim is on its way.', zh: '申领正在进行。' },
  refunding: { en: 'A refund is on its way.', zh: '退款正在进行。' },
  withdrawing: {
    en: 'The payer asked to withdraw on {at}. What you earned is claimed before the delay ends.',
    zh: '付款方于 {at} 申请提款，您已赚取的部分会在等待期结束前完成申领。',
  },
  notLive: {
    en: 'The session does not answer now, so what is under way is not shown. The numbers are the last that were recorded.',
    zh: '会话暂无响应，因此不显示进行中的操作。下列数字为最近一次记录。',
  },
  contract: { en: 'Contract', zh: '合约' },
  token: { en: 'Token', zh: '代币' },
  paidTo: { en: 'Paid to', zh: '收款地址' },
  openedAt: { en: 'Opened', zh: '开启时间' },
  lastPayment: { en: 'Last charge', zh: '最近扣费' },
  timeline: { en: 'Timeline', zh: '时间线' },
  timelineHint: {
    en: 'Newest first. Charges are added up by the minute; those of other providers on this key are not shown.',
    zh: '最新在前。扣费按分钟汇总，不含其他提供方在此密钥上的扣费。',
  },
  time: { en: 'Time', zh: '时间' },
  what: { en: 'What', zh: '事件' },
  amount: { en: 'Amount, USDC', zh: '金额（USDC）' },
  detail: { en: 'Detail', zh: '详情' },
  charges: { en: '{n} {n|charge|charges} in this minute', zh: '该分钟 {n} 笔' },
  rule: { en: 'Rule {rule}', zh: '规则 {rule}' },
  stop: { en: 'See the stop', zh: '查看停用' },
  stops: { en: 'Stops of this key', zh: '此密钥的停用' },
  snooze: { en: 'Snooze a rule for this key', zh: '对此密钥暂缓某条规则' },
  decisions: { en: 'Decisions on this key', zh: '此密钥的决策' },
  noTimeline: { en: 'Nothing has happened yet', zh: '暂无事件' },
  noTimelineText: {
    en: 'Deposits, charges and payouts of this channel show here.',
    zh: '此通道的存款、扣费和支付会显示在这里。',
  },
})

export function entryName(kind: string): string {
  const known = (entryWords as { [name: string]: (() => string) | undefined })[kind]
  return known === undefined ? kind : known()
}
