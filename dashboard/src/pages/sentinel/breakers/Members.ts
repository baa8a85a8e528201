/** The budget of keys, member by member, in the words and units of its form. */
import { formatAmount } from '../../../format/Money.ts'
import type { Member } from '../rules/Diff.ts'
import type { MoneyBreaker } from '../Types.ts'
import { w as shared } from '../words.ts'
import { w } from './words.ts'

const MEMBERS = [
  ...(['budget', 'windowMs', 'badFrom', 'goodUpTo', 'openMs', 'maxOpenMs', 'probes', 'probeMs', 'calmMs'] as const),
  'freezes',
] as const satisfies readonly (keyof MoneyBreaker)[]

export function breakerMembers(before: MoneyBreaker | null, after: MoneyBreaker | null): Member[] {
  const shown = (of: MoneyBreaker | null, name: keyof MoneyBreaker) => {
    const value = of?.[name]
    return value === undefined ? undefined : String(value)
  }
  return MEMBERS.map((name) => ({ name, before: shown(before, name), after: shown(after, name) })).filter(
    (member) => member.before !== member.after,
  )
}

const NAMES: Record<string, () => string> = {
  budget: () => w.amount(),
  windowMs: () => w.window(),
  badFrom: () => w.badFrom(),
  goodUpTo: () => w.goodUpTo(),
  openMs: () => w.openFor(),
  maxOpenMs: () => w.longest(),
  probes: () => w.probes(),
  probeMs: () => w.probeFor(),
  calmMs: () => w.calm(),
  freezes: () => w.freezes(),
}

export function budgetName(name: string): string {
  return NAMES[name]?.() ?? name
}

export function budgetValue(name: string, value: string): string {
  if (name === 'budget') return `${formatAmount(value)} USDC`
  if (name === 'windowMs') return { '60000': w.minute(), '3600000': w.hour(), '86400000': w.day() }[value] ?? value
  if (name === 'badFrom' || name === 'goodUpTo') return `${Number(value) / 10} %`
  if (name.endsWith('Ms')) return `${Number(value) / 1_000} s`
  if (name === 'freezes') return value === 'true' ? shared.yes() : shared.no()
  return value
}
