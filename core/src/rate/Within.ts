/** How far a hold reaches: where a stream is cut, and when its hold has to grow. */
import { resultOf } from './Ceiling.ts'
import { variableOf } from './CardFormula.ts'
import type { Compiled } from './Compile.ts'
import {
  climb,
  compute,
  due,
  fold,
  limited,
  milliseconds,
  shareOf,
  spansOf,
  type Stretch,
  stretchesOf,
  sumOf,
} from './Compute.ts'
import { MOST, tally } from './Counts.ts'
import { larger, upwards } from './Pricing.ts'
import { LONGEST_MS, type Schedule } from './Schedule.ts'
import type { Terms, Usage } from './Types.ts'

/**
 * The largest count of `unit` up to which every charge is within `hold`, with the other units as in `usage`; `undefined`
 * when there is none. The maximum of the card is no limit here: it is held, and not given away.
 */
export function within(card: Compiled, usage: Usage, unit: string, hold: bigint, terms: Terms): bigint | undefined {
  const index = card.partOf.get(unit)
  if (index === undefined && card.formula?.names.has(variableOf(unit)) !== true) return undefined
  if (card.rates !== undefined) return byRate(card, card.rates, usage, unit, hold, terms)
  const cost = costOf(card, usage, unit, index, terms)
  if (cost(0n) > hold) return 0n
  const end = unit === 'second' && card.schedule !== undefined ? BigInt(LONGEST_MS) : MOST
  let [fits, beyond] = [0n, 1n]
  while (cost(beyond) <= hold) {
    if (beyond === end) return undefined
    fits = beyond
    beyond = beyond * 2n < end ? beyond * 2n : end
  }
  while (beyond - fits > 1n) {
    const middle = (fits + beyond) / 2n
    if (cost(middle) <= hold) fits = middle
    else beyond = middle
  }
  return fits
}

/** Where there are rates alone the count is a division. */
function byRate(
  card: Compiled,
  rates: ReadonlyMap<string, bigint>,
  usage: Usage,
  unit: string,
  hold: bigint,
  terms: Terms,
): bigint | undefined {
  const [numerator, denominator] = shareOf(card, terms)
  const left = hold * card.scale * denominator - sumOf(rates, without(usage, unit)) * numerator
  if (left < 0n || hold < card.minimum) return 0n
  const rate = (rates.get(unit) ?? 0n) * numerator
  return rate === 0n ? undefined : left / rate
}

function without({ units, times }: Usage, unit: string): Usage {
  return {
    units: { ...units, [unit]: 0n },
    ...(unit === 'second' || times === undefined ? {} : { times }),
  }
}

/** The most that any count of the unit up to the given one costs. Never falls. */
function costOf(
  card: Compiled,
  usage: Usage,
  unit: string,
  index: number | undefined,
  terms: Terms,
): (count: bigint) => bigint {
  const rest = without(usage, unit)
  const { lines, rule, owed, position, share } = compute(card, rest, terms)
  const line = index === undefined ? undefined : lines[index]
  const others = index === undefined ? 0n : (fold(card, tally(rest))[index] ?? 0n)
  const time = unit === 'second' && card.schedule !== undefined ? timeOf(card.schedule, usage, terms) : undefined
  const sumsWith = (count: bigint) => {
    if (line === undefined) return owed
    const stretches = time === undefined ? [{ ...rule, count }] : time(count)
    return { ...owed, call: owed.call + climb(line.part, line.before + others, stretches).peak }
  }
  const whole = [1n, 1n] as const
  const least =
    card.formula === undefined || line?.part.pricing.kind === 'volume'
      ? 0n
      : due(card, owed, position.charged, whole).price
  return (count) => {
    const sums = sumsWith(count)
    const sum = due(card, sums, position.charged, share).price
    if (card.formula === undefined) return limited(card, sum).wanted
    const base = { low: least, high: due(card, sums, position.charged, whole).price }
    const { [unit]: __, ...counts } = tally(rest)
    const { high, fails } = resultOf(card, { [unit]: count }, terms, base, counts)
    const made = upwards(high * share[0], share[1])
    return limited(card, fails ? larger(made, sum) : made).wanted
  }
}

/** So many milliseconds, laid over the times of the call; the last of them goes on. */
function timeOf(schedule: Schedule, usage: Usage, terms: Terms): (count: bigint) => Stretch[] {
  const spans = usage.times?.length === 0 ? [[terms.at, terms.at] as const] : spansOf(usage, terms)
  let [laid, longest]: [Stretch[], bigint] = [[], 0n]
  return (count) => {
    // Less time is the begin of more: it is split once.
    if (count > longest) [laid, longest] = [lay(schedule, spans, milliseconds(count)), count]
    return begin(laid, count)
  }
}

function lay(schedule: Schedule, spans: readonly (readonly [number, number])[], whole: number): Stretch[] {
  let left = whole
  return spans.flatMap(([from, to], place) => {
    const length = place === spans.length - 1 ? left : Math.min(left, Math.max(0, to - from))
    left -= length
    return stretchesOf(schedule, [[from, from + length]])
  })
}

function begin(stretches: readonly Stretch[], count: bigint): Stretch[] {
  const found: Stretch[] = []
  let left = count
  for (const stretch of stretches) {
    if (left <= 0n) break
    found.push(stretch.count <= left ? stretch : { ...stretch, count: left })
    left -= stretch.count
  }
  return found
}
