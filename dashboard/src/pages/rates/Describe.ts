/** A card in words, a line for each thing that it says; two cards beside each other show what changed. */
import type { Draft, Price, Window } from './Draft.ts'
import { perMillion, typed } from './Exact.ts'
import { isFine, unitName } from './Units.ts'
import { w } from './words.ts'

/** `key` is the same in two cards where they speak of the same thing. */
export type Line = { key: string; label: string; text: string }

export type Change = { key: string; label: string; before: string | undefined; after: string | undefined }

/** `null` is a route without a price. */
export function describe(draft: Draft | null): Line[] {
  if (draft === null) return [{ key: 'kind', label: w.kind(), text: w.free() }]
  if (draft.kind === 'flat') {
    return [kindLine(draft), { key: 'flat', label: w.aCall(), text: w.usdc({ amount: typed(draft.amount) }) }]
  }
  if (draft.kind === 'metered') {
    const price: Price = { model: 'per_unit', amount: draft.unitAmount, per: draft.per }
    return [kindLine(draft), componentLine(draft.unit, price), ...bounds(draft.minimum, draft.max)]
  }
  const { components, formula, period, schedule, levels, signals, minimum, maximum } = draft
  return [
    kindLine(draft),
    ...components.flatMap(({ unit, price, free }) => [
      componentLine(unit, price),
      ...(free === undefined ? [] : [{ key: `free:${unit}`, label: w.freeOf({ unit: unitName(unit) }), text: free }]),
    ]),
    ...(period === undefined
      ? []
      : [
          { key: 'period', label: w.period(), text: `${period.every === 'day' ? w.day() : w.month()}, ${period.zone}` },
        ]),
    ...(schedule === undefined ? [] : [{ key: 'zone', label: w.zone(), text: schedule.zone }]),
    ...(schedule?.windows ?? []).map((window, index) => ({
      key: `window:${index}`,
      label: w.windowNumber({ number: index + 1 }),
      text: windowText(window),
    })),
    ...levels.map(({ name, multiplier }) => ({
      key: `level:${name}`,
      label: w.levelOf({ name }),
      text: `× ${multiplier}`,
    })),
    ...signals.map(({ name, oracle, min, max, fallback }) => ({
      key: `signal:${name}`,
      label: w.signalOf({ name }),
      text: w.signalText({ oracle, min, max, fallback }),
    })),
    ...(formula === undefined ? [] : [{ key: 'formula', label: w.formula(), text: formula }]),
    ...bounds(minimum, maximum),
  ]
}

/** What is different, in the order of the newer card; what is gone comes last. */
export function changes(before: Draft | null, after: Draft | null): Change[] {
  const [old, now] = [describe(before), describe(after)]
  const textOf = (lines: readonly Line[], key: string) => lines.find((line) => line.key === key)?.text
  const gone = old.filter(({ key }) => textOf(now, key) === undefined)
  return [
    ...now.map(({ key, label, text }) => ({ key, label, before: textOf(old, key), after: text })),
    ...gone.map(({ key, label, text }) => ({ key, label, before: text, after: undefined })),
  ].filter((change) => change.before !== change.after)
}

/** `3 USDC per million`, `0.001 USDC`. */
export function rateText(unit: string, amount: string, per: string | undefined): string {
  const million = perMillion(amount, per)
  if (isFine(unit) && million !== undefined) return w.perMillion({ amount: million })
  if (per === undefined || per === '1') return w.usdc({ amount: typed(amount) })
  return w.usdcPer({ amount: typed(amount), per })
}

export function windowText({ days, from, to, dates, months, multiplier }: Window): string {
  const parts = [
    days === undefined ? undefined : days.map((day) => w[day]()).join(' '),
    dates?.join(' '),
    months === undefined ? undefined : w.monthsOf({ months: months.join(' ') }),
    from === undefined && to === undefined ? w.allDay() : `${from ?? '00:00'}–${to ?? '24:00'}`,
  ]
  return `${parts.filter((part) => part !== undefined).join(', ')}: × ${multiplier}`
}

function kindLine({ kind }: Draft): Line {
  return {
    key: 'kind',
    label: w.kind(),
    text: { flat: w.kindFlat(), metered: w.kindMetered(), card: w.kindCard() }[kind],
  }
}

function componentLine(unit: string, price: Price): Line {
  return { key: `price:${unit}`, label: w.priceOf({ unit: unitName(unit) }), text: priceText(unit, price) }
}

function priceText(unit: string, price: Price): string {
  switch (price.model) {
    case 'per_unit':
      return rateText(unit, price.amount, price.per)
    case 'package':
      return w.packageText({ amount: typed(price.amount), size: price.size })
    case 'stairstep':
      return `${w.stairstep()}: ${price.tiers.map(({ upTo, flat }) => `${endText(upTo)} ${typed(flat)}`).join('; ')}`
    default: {
      const tiers = price.tiers.map(({ upTo, amount, per, flat }) => {
        const once = flat === undefined || flat === '0' ? '' : ` + ${w.usdc({ amount: typed(flat) })}`
        return `${endText(upTo)} ${rateText(unit, amount, per)}${once}`
      })
      return `${price.model === 'graduated' ? w.graduated() : w.volume()}: ${tiers.join('; ')}`
    }
  }
}

function endText(upTo: string | null): string {
  return upTo === null ? w.above() : w.upToText({ upTo })
}

function bounds(minimum: string | undefined, maximum: string): Line[] {
  const least =
    minimum === undefined ? [] : [{ key: 'minimum', label: w.minimum(), text: w.usdc({ amount: typed(minimum) }) }]
  return [...least, { key: 'maximum', label: w.maximum(), text: w.usdc({ amount: typed(maximum) }) }]
}
