/** What the checks of core say, in the language of the page. What is not known here is said as it came. */
import { locale } from '../../text.ts'

/** `$1` is what stands in brackets of the pattern. */
const CHINESE: readonly (readonly [RegExp, string])[] = [
  [/^not an amount in atomic units$/, '不是有效金额：最多 6 位小数的非负数'],
  [/^must not be 0$/, '不能为 0'],
  [/^minimum is above max(imum)?$/, '最低收费高于最高收费'],
  [/^no component and no formula$/, '至少需要一个计价项或一个公式'],
  [/^unknown unit; there are (.*)$/, '未知单位；可用：$1'],
  [/^(.*) has a price already: one component a unit$/, '$1 已有价格：每个单位只能有一个计价项'],
  [/^the `per` of the prices have no common multiple.*$/, '各“每”数没有小于 10^36 的公倍数：请使用 10 的幂'],
  [/^only the last tier has no end.*$/, '只有最后一档没有上限'],
  [/^the last tier has no end.*$/, '最后一档不能有上限'],
  [/^not above the tier before it, which ends at (.*)$/, '必须大于上一档的上限 $1'],
  [/^from and to are the same.*$/, '开始与结束相同：全天请把两者都留空'],
  [/^a window begins at 00:00.*$/, '时段应从次日 00:00 开始'],
  [/^there is no such day$/, '没有这一天'],
  [/^not an IANA time zone.*$/, '不是 IANA 时区，例如 "Asia/Shanghai"'],
  [/^not a time such as.*$/, '不是时间，例如 "18:00"'],
  [/^not a date such as.*$/, '不是日期，例如 "2026-12-25"'],
  [/^not a multiplier such as.*$/, '不是有效倍数，例如 "1.5"：小于一百万，最多 6 位小数'],
  [/^not an integer of at most 18 digits$/, '不是整数（最多 18 位）'],
  [/^more than ([0-9]+) (levels|signals)$/, '超过 $1 个'],
  [/^a name is small letters, digits and _$/, '名称只能用小写字母、数字和 _，且以字母开头'],
  [/^max is below min$/, '最大值小于最小值'],
  [/^not between min and max$/, '不在最小值与最大值之间'],
  [/^a card is at most ([0-9]+) characters of JSON$/, '价目表的 JSON 最多 $1 个字符'],
  [/^this name stands twice$/, '名称重复'],
  [/^there is no (.*); there are (.*)$/, '没有 $1；可用：$2'],
  [/^(.*) is a group of values: write (.*)$/, '$1 是一组值：请写 $2'],
  [/^numbers are whole.*$/, '只有整数：x * 1.5 请写成 x * 15 / 10'],
  [/^the number does not fit in 64 bits$/, '数字超出 64 位'],
  [/^the result is (.*), not (.*)$/, '结果类型是 $1，应为 $2'],
  [/^(.*) takes (.*), this is (.*)$/, '$1 需要 $2，这里是 $3'],
  [/^(.*) does not go with (.*) and (.*)$/, '$1 不能用于 $2 和 $3'],
  [/^both values of \? : are of one type: here (.*) and (.*)$/, '? : 的两个值须为同一类型：这里是 $1 和 $2'],
  [/^the formula ends where a value is expected$/, '公式在应有值的地方结束'],
  [/^'(.*)' stands where a value is expected$/, '此处应为值，而不是“$1”'],
  [/^(.*) is expected, not '(.*)'$/, '此处应为 $1，而不是“$2”'],
  [/^(.*) is expected$/, '此处应为 $1'],
  [/^'(.*)' is not expected here$/, '此处不应有“$1”'],
  [/^'(.*)' is a reserved word$/, '“$1”是保留字'],
  [/^(.*)\(\) is not allowed; there are (.*)$/, '没有函数 $1()；可用：$2'],
  [/^the formula has more than ([0-9]+) characters$/, '公式超过 $1 个字符'],
  [/^the formula cannot be read$/, '无法读取公式'],
  [/^Too small.*$/, '太少'],
  [/^Too big.*$/, '太多'],
  [/^Unrecognized keys?: (.*)$/, '未知成员：$1'],
  [/^Invalid input.*$/, '形式不对：请与示例核对'],
]

export function sayFinding(message: string): string {
  if (locale.value !== 'zh') return message
  for (const [pattern, chinese] of CHINESE) if (pattern.test(message)) return message.replace(pattern, chinese)
  return message
}
