/** Words of the ledger, and of the days that other pages are about too. */
import { defineWords } from '../../text.ts'

export const periodWords = defineWords({
  from: { en: 'From', zh: '开始日期' },
  until: { en: 'Until, included', zh: '结束日期（含当天）' },
  presets: { en: 'Usual periods', zh: '常用时间段' },
  '7d': { en: '7 days', zh: '近 7 天' },
  '30d': { en: '30 days', zh: '近 30 天' },
  month: { en: 'This month', zh: '本月' },
  last_month: { en: 'Last month', zh: '上月' },
  all: { en: 'All', zh: '全部' },
})

export const accountWords = defineWords({
  payer: { en: 'Payers', zh: '付款方' },
  provisional: { en: 'Deposits not yet confirmed', zh: '待确认存款' },
  escrow: { en: 'In channels, not charged', zh: '通道中，未扣费' },
  earned: { en: 'Earned, not claimed', zh: '已赚取，未申领' },
  claimed: { en: 'Claimed, not paid out', zh: '已申领，未支付' },
  provider: { en: 'Paid out to you', zh: '已支付给您' },
  lost: { en: 'Lost', zh: '损失' },
})

export const kindWords = defineWords({
  deposit: { en: 'Deposit', zh: '存款' },
  claim: { en: 'Claim', zh: '申领' },
  settle: { en: 'Payout', zh: '支付' },
  refund: { en: 'Refund', zh: '退款' },
  loss: { en: 'Loss', zh: '损失' },
})

export const w = defineWords({
  title: { en: 'Ledger', zh: '账本' },
  intro: {
    en: 'Every movement of money in your channels, as double entry: what one account gives, another receives.',
    zh: '通道内的每一笔资金变动，均以复式记账：一个账户付出，另一个账户收入。',
  },
  period: { en: 'Period', zh: '时间段' },
  movements: { en: 'Movements', zh: '资金变动' },
  movementsHint: {
    en: 'Deposits, claims, payouts, refunds and losses. Charges, one line a payment, are in the file of payments.',
    zh: '包括存款、申领、支付、退款和损失。扣费按每笔付款一行，见付款文件。',
  },
  turnover: { en: 'What moved', zh: '变动汇总' },
  accounts: { en: 'Accounts', zh: '账户' },
  accountsHint: {
    en: 'What these movements changed in each account; charges, which move money from channels to what you earned, are not among them. The changes add up to zero.',
    zh: '这些变动对各账户的影响，合计为零。扣费（从通道转入已赚取）不在其中。',
  },
  time: { en: 'Time', zh: '时间' },
  kind: { en: 'What', zh: '类型' },
  way: { en: 'From → to', zh: '从 → 到' },
  account: { en: 'Account', zh: '账户' },
  given: { en: 'Given', zh: '付出' },
  received: { en: 'Received', zh: '收入' },
  change: { en: 'Change', zh: '变化' },
  sum: { en: 'Sum', zh: '合计' },
  count: { en: 'Movements', zh: '笔数' },
  amount: { en: 'Amount, USDC', zh: '金额（USDC）' },
  channel: { en: 'Channel', zh: '通道' },
  transaction: { en: 'Transaction', zh: '交易' },
  notWhole: {
    en: 'The period has more than {n} movements; the first are shown and added up. Choose a shorter period, or download the file, which has all.',
    zh: '该时间段内的变动超过 {n} 笔，仅显示并汇总最前面的部分。请缩短时间段，或下载包含全部内容的文件。',
  },
  reading: { en: 'Reading: {n} {n|movement|movements}', zh: '正在读取：{n} 笔' },
  emptyTitle: { en: 'Nothing moved in this period', zh: '该时间段内没有资金变动' },
  emptyText: {
    en: 'The first movement is the deposit of a payer; claims and payouts follow what you sell. Choose a longer period to see older ones.',
    zh: '第一笔变动是付款方的存款，之后随销售产生申领与支付。选择更长的时间段可查看更早的记录。',
  },
  files: { en: 'Files', zh: '文件' },
  filesHint: {
    en: 'CSV for spreadsheets and accounting, for the period above. Amounts are atomic units: 1,000,000 is 1 USDC. Text that a spreadsheet would compute begins with an apostrophe.',
    zh: '供表格和会计软件使用的 CSV，范围为上面的时间段。金额为最小单位：1,000,000 即 1 USDC。可能被表格当作公式的文本以撇号开头。',
  },
  payments: { en: 'Payments', zh: '付款' },
  paymentsText: {
    en: 'One line a charge, with route, rate version and request.',
    zh: '每笔扣费一行，含路由、费率版本和请求。',
  },
  settlements: { en: 'Settlements', zh: '结算' },
  settlementsText: { en: 'What was paid out to you, with its transaction.', zh: '支付给您的款项及其交易。' },
  movementsText: {
    en: 'Double entry: deposits, claims, payouts, refunds, losses.',
    zh: '复式记账：存款、申领、支付、退款、损失。',
  },
  decisions: { en: 'Decisions', zh: '决策' },
  decisionsText: {
    en: 'What your Sentinel rules decided, for 180 days.',
    zh: '您的 Sentinel 规则做出的决策，保留 180 天。',
  },
  download: { en: 'Download CSV', zh: '下载 CSV' },
  downloadNamed: { en: 'Download CSV: {name}', zh: '下载 CSV：{name}' },
  stop: { en: 'Stop', zh: '停止' },
  downloading: { en: '{n} {n|line|lines} so far', zh: '已下载 {n} 行' },
  downloaded: { en: '{name}: {n} {n|line|lines} downloaded.', zh: '{name}：已下载 {n} 行。' },
  noLines: { en: 'No line in this period. Nothing was downloaded.', zh: '该时间段内没有数据，未下载文件。' },
  howTitle: { en: 'For programs and very long files', zh: '用于程序和超长文件' },
  how: {
    en: 'The button reads a file to its end, also when the connection breaks. A program does the same: the last cell of each line is a cursor. Send the last one that you have as ?cursor= and what follows is sent. A file that has no line under its header is the end.',
    zh: '按钮会把文件完整读完，即使连接中断也会续传。程序也可以这样做：每行最后一格是游标，把手中最后一个作为 ?cursor= 发送，即可得到其后的内容。除表头外没有任何行的文件表示结束。',
  },
  example: { en: 'example', zh: '示例' },
  link: { en: 'Payments of live mode as a plain link', zh: '正式模式付款文件的直接链接' },
  linkHint: {
    en: 'Saves straight to disk, about 400,000 lines at most. A link cannot say the mode, so it is always live mode.',
    zh: '直接保存到磁盘，每次约 40 万行。链接无法指明模式，因此始终为正式模式。',
  },
})

/** The account of a movement, in words; one that is new here by its name. */
export function accountName(account: string): string {
  const known = (accountWords as { [name: string]: (() => string) | undefined })[account]
  return known === undefined ? account : known()
}

export function kindName(kind: string): string {
  const known = (kindWords as { [name: string]: (() => string) | undefined })[kind]
  return known === undefined ? kind : known()
}
