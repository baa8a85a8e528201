/** What conditions ask about, in words. The service says which features there are; here is how people call them. */
import { type Words, locale, say } from '../../text.ts'
import { formatAmount } from '../../format/Money.ts'
import type { Feature } from './Types.ts'

const NAMES: Record<string, Words> = {
  amount: { en: 'Amount of the call', zh: '本次调用金额' },
  route: { en: 'Route', zh: '路由' },
  payee: { en: 'Receiver', zh: '收款方' },
  country: { en: 'Country', zh: '国家/地区' },
  place: { en: 'Network (hashed)', zh: '网络（哈希）' },
  'at.hour': { en: 'Hour of the day (UTC)', zh: '小时（UTC）' },
  'at.weekday': { en: 'Day of the week (1 is Monday)', zh: '星期（1 为星期一）' },
  'balance.known': { en: 'Balance is known', zh: '余额已知' },
  'balance.left': { en: 'Money left before the call', zh: '调用前剩余金额' },
  'balance.share': { en: 'Share of the money that is left', zh: '剩余金额占比' },
  'drain.hour': { en: 'Share of the money gone in an hour', zh: '一小时内消耗占比' },
  'key.hours': { en: 'Age of the key, hours', zh: '密钥使用时长（小时）' },
  'key.calls': { en: 'Calls of the key so far', zh: '密钥累计调用次数' },
  'key.average': { en: 'Average amount of the key', zh: '密钥平均金额' },
  'ratio.average': { en: 'Amount, times the average', zh: '金额与平均值之比' },
  'ratio.high': { en: 'Amount, times the highest in 30 days', zh: '金额与 30 天最高值之比' },
  'z.amount': { en: 'Amount, deviations from the average', zh: '金额偏离均值的标准差' },
  'count.minute': { en: 'Calls in a minute', zh: '一分钟调用次数' },
  'count.hour': { en: 'Calls in an hour', zh: '一小时调用次数' },
  'count.day': { en: 'Calls in a day', zh: '一天调用次数' },
  'sum.minute': { en: 'Money in a minute', zh: '一分钟金额' },
  'sum.hour': { en: 'Money in an hour', zh: '一小时金额' },
  'sum.day': { en: 'Money in a day', zh: '一天金额' },
  'failures.hour': { en: 'Failed calls in an hour', zh: '一小时失败次数' },
  'distinct.routes': { en: 'Routes in a day', zh: '一天内路由数' },
  'distinct.payees': { en: 'Receivers in a day', zh: '一天内收款方数' },
  'distinct.places': { en: 'Networks in a day', zh: '一天内网络数' },
  'distinct.countries': { en: 'Countries in a day', zh: '一天内国家/地区数' },
  'new.route': { en: 'Route is new in 30 days', zh: '30 天内首次使用的路由' },
  'new.payee': { en: 'Receiver is new in 30 days', zh: '30 天内首次付款的收款方' },
  'new.place': { en: 'Network is new in 30 days', zh: '30 天内首次出现的网络' },
  'new.country': { en: 'Country is new in 30 days', zh: '30 天内首次出现的国家/地区' },
  'anomaly.score': { en: 'Strangeness (0.5 is an alarm)', zh: '异常分（0.5 为告警）' },
  'anomaly.pace': { en: 'Strange speed (1 is an alarm)', zh: '速度异常（1 为告警）' },
  'anomaly.price': { en: 'Strange price (1 is an alarm)', zh: '价格异常（1 为告警）' },
  'anomaly.place': { en: 'Strange network (1 is an alarm)', zh: '网络异常（1 为告警）' },
  'anomaly.country': { en: 'Strange country (1 is an alarm)', zh: '国家/地区异常（1 为告警）' },
  'anomaly.rhythm': { en: 'Strange hours (1 is an alarm)', zh: '时段异常（1 为告警）' },
  'anomaly.beat': { en: 'Strange regularity (1 is an alarm)', zh: '规律性异常（1 为告警）' },
  'scope.count.minute': { en: 'Calls of all keys in a minute', zh: '所有密钥一分钟调用次数' },
  'scope.count.hour': { en: 'Calls of all keys in an hour', zh: '所有密钥一小时调用次数' },
  'scope.count.day': { en: 'Calls of all keys in a day', zh: '所有密钥一天调用次数' },
  'scope.sum.minute': { en: 'Money of all keys in a minute', zh: '所有密钥一分钟金额' },
  'scope.sum.hour': { en: 'Money of all keys in an hour', zh: '所有密钥一小时金额' },
  'scope.sum.day': { en: 'Money of all keys in a day', zh: '所有密钥一天金额' },
  'scope.keys.hour': { en: 'Keys that called in an hour', zh: '一小时内调用的密钥数' },
  'scope.keys.new.hour': { en: 'New keys in an hour', zh: '一小时内新密钥数' },
  'scope.failures.share': { en: 'Share of failed calls in ten minutes', zh: '十分钟失败占比' },
  'scope.place.keys.day': { en: 'Keys of this network in a day', zh: '该网络一天内密钥数' },
  'anomaly.revenue': { en: 'Strange revenue (0.39 is an alarm)', zh: '收入异常（0.39 为告警）' },
}

const LIST = /^list\.([a-z][a-z0-9_]{0,31})$/
const LIST_NAME: Words = { en: 'List “{name}”', zh: '名单“{name}”' }

/** The name that people read; of what is not known here, its name in conditions. */
export function featureName(name: string): string {
  const words = Object.hasOwn(NAMES, name) ? NAMES[name] : undefined
  if (words !== undefined) return say(words)
  const list = LIST.exec(name)?.[1]
  return list === undefined ? name : say(LIST_NAME, { name: list })
}

export function isNamed(name: string): boolean {
  return Object.hasOwn(NAMES, name) || LIST.test(name)
}

/** How a feature is called, and what the service says about it where that is in the language of the page. */
export function featureAbout({ name, about }: Feature): string {
  return locale.value === 'en' ? about : featureName(name)
}

export type Unit = 'money' | 'thousandths' | 'plain'

export function unitOf(unit: string): Unit {
  if (unit === 'atomic units') return 'money'
  return unit === 'thousandths' ? 'thousandths' : 'plain'
}

const INT = /^-?[0-9]{1,39}$/

/** A value as a condition has it (`12`, `true`, `"DE"`), for people. What is no whole number is shown as it came. */
export function showValue(value: string, unit: Unit): string {
  if (!INT.test(value)) return value
  if (unit === 'money') return `${formatAmount(value)} USDC`
  return unit === 'thousandths' ? showThousandths(value) : value
}

/** `12500` is `12.5`. */
export function showThousandths(value: string): string {
  const number = BigInt(value)
  const positive = number < 0n ? -number : number
  const digits = String(positive % 1_000n)
    .padStart(3, '0')
    .replace(/0+$/, '')
  return `${number < 0n ? '-' : ''}${positive / 1_000n}${digits === '' ? '' : `.${digits}`}`
}

/** `12.5` is `12500`; undefined: no number of at most three places. */
export function parseThousandths(text: string): string | undefined {
  const found = /^(-?)([0-9]{1,15})(?:\.([0-9]{1,3}))?$/.exec(text.trim())
  if (found === null) return undefined
  const [, sign = '', whole = '', part = ''] = found
  const value = BigInt(whole) * 1_000n + BigInt(part.padEnd(3, '0'))
  return String(sign === '-' ? -value : value)
}
