/** What the compiler says of a condition, in the language of the page. It says it in English. Pure but for the language. */
import { locale, say, type Words } from '../../../text.ts'

type Said = readonly [RegExp, (...found: string[]) => string]

const CHINESE: readonly Said[] = [
  [/^the formula has more than (\d+) characters$/, (n) => `条件超过 ${n} 个字符`],
  [/^the formula has more than (\d+) parts$/, (n) => `条件超过 ${n} 个部分`],
  [/^the formula is nested deeper than (\d+) levels$/, (n) => `条件嵌套超过 ${n} 层`],
  [/^the formula is no well-formed Unicode text$/, () => '条件不是合法的 Unicode 文本'],
  [/^the formula cannot be read$/, () => '无法解析此条件'],
  [/^the formula ends where a value is expected$/, () => '条件在需要值的位置结束'],
  [/^'([^]*)' stands where a value is expected$/, (found) => `此处应为值，却是“${found}”`],
  [/^(.+) is expected, not '([^]*)'$/, (what, found) => `此处应为 ${what}，却是“${found}”`],
  [/^(.+) is expected$/, (what) => `此处应为 ${what}`],
  [/^'([^]*)' is not expected here$/, (found) => `此处不应出现“${found}”`],
  [/^'([^]*)' is a reserved word$/, (word) => `“${word}”是保留字`],
  [/^all, exists, .* are not allowed$/, () => '不允许使用 all、exists、exists_one、filter、map 和 has'],
  [/^elements are not read with \[ \]: ask with `in`$/, () => '不能用 [ ] 读取元素：请使用 in'],
  [/^maps are not allowed$/, () => '不允许使用映射'],
  [/^optional members are not allowed$/, () => '不允许使用可选成员'],
  [/^the number does not fit in 64 bits$/, () => '数字超出 64 位'],
  [/^numbers are whole: (.*)$/, () => '仅限整数：不要写 x * 1.5，而写 x * 15 / 10'],
  [/^null is not allowed$/, () => '不允许使用 null'],
  [/^bytes are not allowed$/, () => '不允许使用字节串'],
  [/^unsigned numbers are not allowed: leave out the u$/, () => '不允许使用无符号数：去掉 u'],
  [/^only variables have members$/, () => '只有变量才有成员'],
  [/^(\S+) is a group of values: write (\S+)$/, (name, write) => `${name} 是一组值：请写 ${write}`],
  [/^an empty list holds nothing$/, () => '空列表不包含任何内容'],
  [/^a list is of int or of string$/, () => '列表只能包含整数或文本'],
  [/^the list is of (\S+), this is (\S+)$/, (type, other) => `列表类型为 ${type}，此处为 ${other}`],
  [/^(\S+) takes (\S+), this is (\S+)$/, (of, type, other) => `${of} 需要 ${type}，此处为 ${other}`],
  [
    /^both values of \? : are of one type: here (\S+) and (\S+)$/,
    (a, b) => `? : 的两个值类型须相同：此处为 ${a} 和 ${b}`,
  ],
  [/^(\S+) does not go with (\S+) and (\S+)$/, (of, a, b) => `${of} 不能用于 ${a} 和 ${b}`],
  [/^(\S+)\(\) is not allowed; there are ([^]*)$/, (name, all) => `不允许使用 ${name}()；可用的有 ${all}`],
  [/^write ([^]+), not ([^]+)$/, (usage, written) => `请写 ${usage}，而不是 ${written}`],
  [/^the result is (\S+), not (\S+)$/, (type, wanted) => `结果为 ${type}，应为 ${wanted}`],
]

const UNKNOWN = /^there is no (\S+); there are /
const WHAT_THERE_IS: Words = {
  en: 'there is no {name} (Ctrl+Space shows what there is)',
  zh: '没有 {name}（按 Ctrl+空格查看可用名称）',
}

/** A message that nobody translated yet stays as it is: it is better than none. */
export function explain(message: string): string {
  // All fifty names would hide what is wrong.
  const unknown = UNKNOWN.exec(message)?.[1]
  if (unknown !== undefined) return say(WHAT_THERE_IS, { name: unknown })
  if (locale.value === 'en') return message
  for (const [pattern, told] of CHINESE) {
    const found = pattern.exec(message)
    if (found !== null) return told(...found.slice(1))
  }
  return message
}
