/** Words of usage over time. */
import { defineWords } from '../../text.ts'

export const w = defineWords({
  title: { en: 'Usage', zh: '用量' },
  intro: { en: 'What your keys spent, by the hour or the day.', zh: '您的密钥按小时或按天的支出。' },
  range: { en: 'Time', zh: '时间范围' },
  '1d': { en: 'Last day', zh: '最近一天' },
  '7d': { en: 'Last 7 days', zh: '最近 7 天' },
  '30d': { en: 'Last 30 days', zh: '最近 30 天' },
  '90d': { en: 'Last 90 days', zh: '最近 90 天' },
  '365d': { en: 'Last year', zh: '最近一年' },
  by: { en: 'By', zh: '分组' },
  total: { en: 'All together', zh: '合计' },
  key: { en: 'Key', zh: '密钥' },
  service: { en: 'Service', zh: '服务' },
  ofKey: { en: 'Only of key', zh: '仅限密钥' },
  allKeys: { en: 'All keys', zh: '全部密钥' },
  spent: { en: 'Spent', zh: '支出' },
  payments: { en: 'Payments', zh: '付款次数' },
  average: { en: 'A payment on average', zh: '平均每笔' },
  inAll: { en: 'in the whole time', zh: '整个时间段' },
  chart: { en: 'Spent over time', zh: '支出趋势' },
  most: { en: 'Where it went', zh: '支出去向' },
  mostHint: {
    en: 'Most first. Steps begin at the full hour or day in UTC.',
    zh: '按支出降序。时间段按 UTC 整点或整日划分。',
  },
  name: { en: 'Name', zh: '名称' },
  share: { en: 'Share', zh: '占比' },
  rest: { en: 'All others', zh: '其他' },
  emptyTitle: { en: 'Nothing was spent in this time', zh: '此时间段内没有支出' },
  emptyText: {
    en: 'As soon as an agent pays with one of your keys, it shows here within seconds. To see what a call would cost, without paying:',
    zh: '代理程序使用您的密钥付款后，几秒内会显示在这里。查看一次调用的费用而不付款：',
  },
  example: { en: 'example', zh: '示例' },
  receipts: { en: 'Every payment one by one', zh: '逐笔查看付款' },
})
