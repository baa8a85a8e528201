import type { Phrase } from './Phrase.ts'

const TYPES: Readonly<Record<string, string>> = {
  string: '文本',
  number: '数字',
  int: '整数',
  bigint: '整数',
  boolean: '是或否',
  array: '列表',
  object: '对象',
  record: '对象',
  null: '空值',
  NaN: '无效数字',
}
const type = (name: string) => TYPES[name] ?? name

const UNITS: Readonly<Record<string, string>> = { characters: '个字符', bytes: '个字节', items: '项', entries: '项' }

const COMPARED: Readonly<Record<string, readonly [zh: string, en: string]>> = {
  '>=': ['至少 ', 'at least '],
  '>': ['多于 ', 'more than '],
  '<=': ['最多 ', 'at most '],
  '<': ['少于 ', 'less than '],
  'exactly ': ['须为 ', 'exactly '],
}
const sized = (language: 0 | 1) => (sign: string, count: string, unit: string) =>
  `${COMPARED[sign]?.[language] ?? ''}${count} ${language === 0 ? (UNITS[unit] ?? '项') : unit}`
const compared = (language: 0 | 1) => (sign: string, value: string) => `${COMPARED[sign]?.[language] ?? ''}${value}`

const FORMS: Readonly<Record<string, string>> = {
  'email address': '电子邮件地址',
  URL: 'URL',
  'ISO datetime': 'ISO 日期时间',
  'ISO date': 'ISO 日期',
  'ISO time': 'ISO 时间',
  'ISO duration': 'ISO 时长',
}

/** What zod says in English of a value that does not fit, and what people are told instead. */
export const zodPhrases: readonly Phrase[] = [
  [/^Invalid input: expected \w+, received undefined$/, '此项缺失', 'this is missing'],
  [
    /^Invalid input: expected (\w+), received (\w+)$/,
    (wanted, found) => `应为${type(wanted)}，却是${type(found)}`,
    'a value of type $1, not $2',
  ],
  [/^Invalid input: expected (.+)$/, '应为 $1', 'only $1 will do'],
  [/^Invalid option: expected one of (.+)$/, '应为以下之一：$1', 'one of $1'],
  [/^Too small: expected string to have >=1 characters$/, '不能为空', 'must not be empty'],
  [
    /^Too (?:small|big): expected \S+ to have (>=|<=|>|<|exactly )(\S+) (characters|bytes|items|entries|elements)$/,
    sized(0),
    sized(1),
  ],
  [/^Too (?:small|big): expected \S+ to be (>=|<=|>|<|exactly )(\S+)$/, compared(0), compared(1)],
  [/^Invalid string: must start with "([^]*)"$/, '须以 $1 开头', 'must begin with $1'],
  [/^Invalid string: must end with "([^]*)"$/, '须以 $1 结尾', 'must end with $1'],
  [/^Invalid string: must include "([^]*)"$/, '须包含 $1', 'must contain $1'],
  [/^Invalid string: must match pattern ([^]+)$/, '格式不符：须匹配 $1', 'not in the right form: it must match $1'],
  [/^Invalid number: must be a multiple of (.+)$/, '须为 $1 的倍数', 'must be a multiple of $1'],
  [/^Unrecognized keys?: ([^]+)$/, '未知成员：$1', 'unknown member: $1'],
  [/^Invalid discriminator value\. Expected ([^]+)$/, '应为以下之一：$1', 'one of $1'],
  [/^Invalid key in (\w+)$/, '其中有名称不符合要求', 'a name in it does not fit'],
  [/^Invalid value in (\w+)$/, '其中有值不符合要求', 'a value in it does not fit'],
  [/^Invalid input: more than one option matched$/, '内容含义不唯一', 'this can be read in more than one way'],
  [/^Invalid input$/, '内容不符合要求', 'this does not fit'],
  [/^Invalid (.+)$/, (form) => `格式不符：应为 ${FORMS[form] ?? form}`, (form) => `not in the form of ${form}`],
]
