/** The lines of an explanation: every number that made a price. */
import type { Explanation } from '@pbstream/core/Rate'
import { inOneText, saidOf } from '../../said/Said.ts'
import { usdc } from './Exact.ts'
import { unitName } from './Units.ts'
import { w } from './words.ts'

type Component = Explanation['components'][number]
type Step = Component['steps'][number]

/** `amount` in USDC; `tone`: what was different from what one would expect. */
export type Line = { level: 0 | 1; text: string; amount?: string; tone?: 'warn' }

export function linesOf(made: Explanation): Line[] {
  return [
    { level: 0, text: w.lineAt({ date: made.at.date, time: made.at.time, day: dayOf(made.at.weekday) }) },
    ...scheduleLines(made),
    ...periodLines(made),
    ...made.components.flatMap((component) => componentLines(component)),
    { level: 0, text: w.lineSum(), amount: usdc(made.sum) },
    ...formulaLines(made),
    ...customerLines(made),
    { level: 0, text: w.linePrice(), amount: usdc(made.price) },
    ...boundLines(made),
    { level: 0, text: w.lineCharge(), amount: usdc(made.charge) },
  ]
}

function scheduleLines({ schedule }: Explanation): Line[] {
  if (schedule === undefined) return []
  const { window, multiplier } = schedule
  if (window === undefined) return [{ level: 0, text: w.lineNoWindow() }]
  return [{ level: 0, text: w.lineWindow({ number: window + 1, multiplier }) }]
}

function periodLines({ period }: Explanation): Line[] {
  if (period === undefined) return []
  const counts = Object.entries(period.units).map(([unit, count]) => `${count} ${unitName(unit)}`)
  const used = counts.length === 0 ? w.nothing() : counts.join(', ')
  return [
    { level: 0, text: w.linePeriod({ period: period.id, used }), amount: usdc(period.price) },
    { level: 1, text: w.lineAlready({ charged: usdc(period.charged) }), amount: `−${usdc(period.already)}` },
  ]
}

function componentLines(component: Component): Line[] {
  const { unit, used, free, drops = [], counts } = component
  const others = Object.entries(counts).filter(([name]) => name !== unit)
  return [
    { level: 0, text: w.lineComponent({ used, unit: unitName(unit) }), amount: usdc(component.price) },
    ...others.map(([name, count]): Line => ({ level: 1, text: w.lineCounted({ count, unit: unitName(name) }) })),
    ...(free === undefined ? [] : [{ level: 1 as const, text: w.lineFree({ used: free.used, of: free.allowance }) }]),
    ...component.steps.map((step): Line => ({ level: 1, text: stepText(step), amount: usdc(step.price) })),
    ...drops.map(({ tier, end, highest }): Line => ({
      level: 1,
      text: w.lineDrop({ tier: tier + 1, end, highest: usdc(highest) }),
      tone: 'warn',
    })),
  ]
}

/** `1000 × 0.000003`, with what tier, flat part and window add. */
function stepText({ tier, units, amount, per, flat, multiplier, window }: Step): string {
  const parts = [
    tier === undefined ? '' : `${w.lineTier({ tier: tier + 1 })}: `,
    per === '1' ? `${units} × ${usdc(amount)}` : `${units} ÷ ${per} × ${usdc(amount)}`,
    flat === undefined ? '' : ` + ${usdc(flat)}`,
    multiplier === undefined || multiplier === '1' ? '' : ` × ${multiplier}`,
    window === undefined ? '' : ` (${w.windowNumber({ number: window + 1 })})`,
  ]
  return parts.join('')
}

function formulaLines({ formula }: Explanation): Line[] {
  if (formula === undefined) return []
  const inputs = Object.entries(formula.inputs).map(([name, value]): Line => ({
    level: 1,
    text: `${name} = ${name === 'level' ? JSON.stringify(value) : value}`,
  }))
  const steps = formula.steps
    // What a variable is stands above.
    .filter(({ text }) => !Object.hasOwn(formula.inputs, text))
    .filter(({ value, error }) => value !== undefined || error !== undefined)
    .map(({ text, value, error }): Line => ({ level: 1, text: `${text} → ${value ?? inOneText(saidOf(error ?? ''))}` }))
  const result: Line =
    'failed' in formula
      ? { level: 1, text: w.lineFormulaFailed({ reason: inOneText(saidOf(formula.reason)) }), tone: 'warn' }
      : { level: 1, text: w.lineFormulaResult(), amount: usdc(formula.result) }
  return [{ level: 0, text: w.lineFormula({ formula: formula.text }) }, ...inputs, ...steps, result]
}

function customerLines({ level, multiplier }: Explanation): Line[] {
  return [
    ...(level === undefined
      ? []
      : [{ level: 0 as const, text: `${w.levelOf({ name: level.name })}: × ${level.multiplier}` }]),
    ...(multiplier === undefined ? [] : [{ level: 0 as const, text: `${w.ownMultiplier()}: × ${multiplier}` }]),
  ]
}

function boundLines({ minimum, maximum }: Explanation): Line[] {
  return [
    ...(minimum?.applied === true ? [{ level: 0 as const, text: w.lineMinimum(), amount: usdc(minimum.amount) }] : []),
    ...(maximum?.applied === true
      ? [{ level: 0 as const, text: w.lineMaximum(), amount: usdc(maximum.amount), tone: 'warn' as const }]
      : []),
  ]
}

function dayOf(weekday: number): string {
  const days = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
  return w[days[weekday - 1] ?? 'mon']()
}
