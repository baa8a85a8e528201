/** The names of templates in the language of the page. What is not known here keeps the name that it came with. */
import { type Words, say } from '../../../text.ts'
import type { Rule } from '../Types.ts'

const NAMES: Record<string, Words> = {
  'amount-over-average': {
    en: 'One call over ten times the average, and well above any in 30 days',
    zh: '单次调用超过平均值十倍，且远高于 30 天内任何一次',
  },
  'calls-a-minute': { en: 'More than a hundred calls a minute', zh: '每分钟调用超过一百次' },
  'balance-low': { en: 'Less than a tenth of the money is left', zh: '剩余金额不足十分之一' },
  'amount-far-out': {
    en: 'An amount more than three deviations from the average, new in 30 days',
    zh: '金额偏离均值三个标准差以上，且 30 天内首次出现',
  },
  drain: {
    en: 'Half of the money within an hour, of a key that is a day old',
    zh: '使用满一天的密钥在一小时内耗去一半金额',
  },
  'new-country': {
    en: 'A country that the key was not used from in 30 days',
    zh: '30 天内未曾使用过该密钥的国家/地区',
  },
  'many-countries': { en: 'Four countries or more in a day', zh: '一天内出现四个以上国家/地区' },
  anomaly: { en: 'Strange for this key', zh: '对此密钥而言异常' },
  'anomaly-drain': {
    en: 'Very strange for this key, and much faster than it ever was',
    zh: '对此密钥而言非常异常，且速度远超以往',
  },
}

export function templateName({ id, name }: Pick<Rule, 'id' | 'name'>): string {
  const words = Object.hasOwn(NAMES, id) ? NAMES[id] : undefined
  return words === undefined ? name : say(words)
}
