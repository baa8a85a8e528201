/** Words of the settings of a provider. */
import { defineWords } from '../../text.ts'

export const incidentWords = defineWords({
  claim_dead_letter: { en: 'A claim failed after every retry', zh: '申领多次重试后仍失败' },
  claim_stuck: { en: 'A claim does not get on', zh: '申领停滞' },
  deposit_reorged: { en: 'The chain took a deposit back', zh: '存款因链重组被撤回' },
  withdrawal_lost: { en: 'A payer withdrew before all was claimed', zh: '付款方在全部申领前提款' },
  money_lost: { en: 'Earned money can no longer be claimed', zh: '已赚取的款项无法再申领' },
  receiver_blocked: { en: 'The token refuses to pay the receiver', zh: '代币拒绝向收款地址支付' },
  reservation_stuck: { en: 'Money is held for a call that does not end', zh: '资金被未结束的请求占用' },
  projection_behind: { en: 'Numbers shown here are behind', zh: '此处显示的数据滞后' },
  projection_differs: { en: 'Numbers shown here differ from the session', zh: '此处显示的数据与会话不一致' },
  charges_differ: { en: 'Rows of payments do not come to what was charged', zh: '付款明细与已收费总额不一致' },
  oracle_stale: { en: 'Nothing comes from an oracle', zh: '预言机无数据' },
})

const advice = defineWords({
  claim_dead_letter: { en: 'Open the channel and settle again.', zh: '请打开通道并重新结算。' },
  receiver_blocked: {
    en: 'What is claimed waits in the contract. Change the payout address for new channels, and ask the issuer of the token about the old one.',
    zh: '已申领的款项留在合约中。请为新通道更改收款地址，并就原地址咨询代币发行方。',
  },
  oracle_stale: { en: 'Prices go by its fallback.', zh: '价格按备用值计算。' },
  other: {
    en: 'The operator of the service is told too. Nothing for you to do.',
    zh: '服务运营方也已收到通知，无需操作。',
  },
})

export const w = defineWords({
  title: { en: 'Provider settings', zh: '提供方设置' },
  name: { en: 'Name', zh: '名称' },
  nameHint: { en: 'Payers see it on receipts and when they authorise.', zh: '付款方会在收据和授权时看到。' },
  basics: { en: 'Name and payouts', zh: '名称与支付' },
  save: { en: 'Save', zh: '保存' },
  saved: { en: 'Saved.', zh: '已保存。' },
  on: { en: 'Sell on all routes', zh: '所有路由对外销售' },
  onHint: {
    en: 'Off, every route of this provider answers as if it were not there, within 10 seconds.',
    zh: '关闭后，10 秒内该提供方的所有路由都如同不存在。',
  },
  offTitle: { en: 'Stop selling?', zh: '停止销售？' },
  offText: {
    en: 'All routes of {name} are switched off within 10 seconds. What was earned is still paid out. You can switch it on again here.',
    zh: '{name} 的所有路由将在 10 秒内关闭，已赚取的款项仍会支付。可随时在此重新开启。',
  },
  off: { en: 'Stop selling', zh: '停止销售' },
  offToast: { en: '{name} does not sell any more.', zh: '{name} 已停止销售。' },
  onToast: { en: '{name} sells again.', zh: '{name} 已恢复销售。' },
  policy: { en: 'When a channel is settled', zh: '通道何时结算' },
  amount: { en: 'At this much unclaimed', zh: '未申领金额达到' },
  amountHint: { en: '1 to 1,000 USDC; empty: as the service has it.', zh: '1 到 1,000 USDC；留空则按服务默认值。' },
  age: { en: 'Or when the oldest charge is this old', zh: '或最早一笔扣费已有' },
  ageHint: {
    en: '10 to 1,440 minutes, never above a quarter of the withdraw delay; empty: as the service has it.',
    zh: '10 到 1,440 分钟，且不超过提款等待期的四分之一；留空则按服务默认值。',
  },
  minutes: { en: 'min', zh: '分钟' },
  delay: { en: 'Withdraw delay', zh: '提款等待期' },
  delayHint: {
    en: 'How long a payer who withdraws has to wait: the time in which what you earned is claimed. It is part of each channel, so a change closes the channels that there are. Once a day at most.',
    zh: '付款方提款需等待的时间，您赚取的款项在此期间完成申领。它是通道的一部分，因此更改会关闭现有通道。每天最多更改一次。',
  },
  delayNow: { en: 'Now: {delay}', zh: '当前：{delay}' },
  asChain: { en: 'as the chain has it', zh: '按链的默认值' },
  delayMinutes: { en: 'New delay', zh: '新的等待期' },
  delayRange: {
    en: '15 to 43,200 minutes (30 days); empty: as the chain has it.',
    zh: '15 到 43,200 分钟（30 天）；留空则按链的默认值。',
  },
  change: { en: 'Change…', zh: '更改…' },
  cancel: { en: 'Cancel', zh: '取消' },
  delayTitle: { en: 'Change the withdraw delay?', zh: '更改提款等待期？' },
  delayDo: { en: 'Change the delay', zh: '更改等待期' },
  delayDone: { en: 'The withdraw delay is changed.', zh: '提款等待期已更改。' },
  same: { en: 'This is what it is already.', zh: '与当前值相同。' },
  closes: {
    en: 'It closes {channels} {channels|channel|channels}: {pay} USDC are paid out to the old address, {back} USDC go back to payers. Clients open new channels by themselves.',
    zh: '将关闭 {channels} 个通道：{pay} USDC 支付到原地址，{back} USDC 退回付款方。客户端会自动开启新通道。',
  },
  closesMore: {
    en: 'There are more channels than were counted; all are closed.',
    zh: '通道数多于统计值，将全部关闭。',
  },
  closesNone: { en: 'No channel is open, so none is closed.', zh: '没有打开的通道，因此不会关闭任何通道。' },
  payout: { en: 'Payout address', zh: '收款地址' },
  payoutHint: {
    en: 'Where your money goes. A change needs your wallet, waits 24 hours, and can be cancelled until then without the wallet. You are told by webhook.',
    zh: '款项支付到的地址。更改需要钱包签名，等待 24 小时后生效，期间可取消且无需钱包。会通过 Webhook 通知。',
  },
  payoutNow: { en: 'Paid to', zh: '当前收款地址' },
  payoutNew: { en: 'New address', zh: '新地址' },
  payoutNewHint: {
    en: 'Check every digit. Money that is sent to a wrong address is gone.',
    zh: '请逐位核对。发送到错误地址的资金无法找回。',
  },
  addressWrong: { en: 'An address is 0x and 40 hexadecimal digits.', zh: '地址为 0x 加 40 位十六进制数字。' },
  payoutTitle: { en: 'Change the payout address?', zh: '更改收款地址？' },
  payoutText: {
    en: 'From {at} on, payouts go to {address}. Your wallet signs next.',
    zh: '自 {at} 起支付到 {address}。接下来需要钱包签名。',
  },
  payoutDo: { en: 'Ask the wallet', zh: '请求钱包签名' },
  payoutAsked: { en: 'The change is asked for. It takes effect in 24 hours.', zh: '更改已提交，24 小时后生效。' },
  pending: { en: 'A change waits: to {address}, on {at}.', zh: '待生效的更改：{at} 改为 {address}。' },
  pendingLeft: { en: 'It takes effect:', zh: '距离生效：' },
  pendingNotYou: {
    en: 'If you did not ask for it, cancel it now and sign out everywhere: somebody has your wallet.',
    zh: '如果不是您本人提交，请立即取消并在所有设备上退出：您的钱包可能已被他人控制。',
  },
  payoutCancel: { en: 'Cancel the change', zh: '取消更改' },
  payoutCancelled: { en: 'The change is cancelled. The address stays.', zh: '更改已取消，地址不变。' },
  drains: { en: 'Closings', zh: '通道关闭' },
  drainsHint: {
    en: 'After a change of terms the old channels are closed, 40 a minute: what is earned is paid out, the rest goes back.',
    zh: '条款更改后会关闭旧通道，每分钟 40 个：已赚取的支付给您，其余退回付款方。',
  },
  reason: { en: 'Why', zh: '原因' },
  payoutReason: { en: 'Payout address', zh: '收款地址' },
  delayReason: { en: 'Withdraw delay', zh: '提款等待期' },
  receiver: { en: 'Paid to', zh: '收款地址' },
  began: { en: 'Began', zh: '开始' },
  progress: { en: 'Progress', zh: '进度' },
  closed: { en: '{n} of {all} closed', zh: '已关闭 {n} / {all}' },
  finished: { en: 'Finished', zh: '已完成' },
  going: { en: 'Going on', zh: '进行中' },
  noDrains: { en: 'Nothing was closed', zh: '没有关闭记录' },
  noDrainsText: {
    en: 'Closings after a change of the payout address or the withdraw delay show here.',
    zh: '更改收款地址或提款等待期后的通道关闭会显示在这里。',
  },
  incidents: { en: 'Incidents', zh: '事故' },
  incidentsHint: { en: 'What somebody should look at in your channels.', zh: '您的通道中需要有人处理的事项。' },
  what: { en: 'What', zh: '事件' },
  todo: { en: 'What to do', zh: '处理方法' },
  channel: { en: 'Channel', zh: '通道' },
  time: { en: 'Time', zh: '时间' },
  state: { en: 'State', zh: '状态' },
  open: { en: 'Open', zh: '未解决' },
  resolved: { en: 'Resolved', zh: '已解决' },
  allIncidents: { en: 'Resolved ones too', zh: '包括已解决的' },
  detail: { en: 'Detail', zh: '详情' },
  noIncidents: { en: 'Nothing to look at', zh: '没有需要处理的事项' },
  noIncidentsText: {
    en: 'Failed claims, reorganised deposits and losses would show here.',
    zh: '申领失败、存款撤回和损失会显示在这里。',
  },
})

export function incidentName(what: string): string {
  const known = (incidentWords as { [name: string]: (() => string) | undefined })[what]
  return known === undefined ? what : known()
}

export function incidentAdvice(what: string): string {
  return ((advice as { [name: string]: (() => string) | undefined })[what] ?? advice.other)()
}
