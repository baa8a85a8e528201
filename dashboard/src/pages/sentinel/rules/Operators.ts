/** Comparisons in words. */
import type { Kind, Operator } from './Condition.ts'
import { w } from './words.ts'

const NAMES: Record<Operator, () => string> = {
  '>': () => w.more(),
  '>=': () => w.atLeast(),
  '<': () => w.less(),
  '<=': () => w.atMost(),
  '==': () => w.is(),
  '!=': () => w.isNot(),
  in: () => w.oneOf(),
  'not in': () => w.noneOf(),
  'in list': () => w.inList(),
  'not in list': () => w.notInList(),
  startsWith: () => w.startsWith(),
  endsWith: () => w.endsWith(),
  contains: () => w.contains(),
  is: () => w.holds(),
  'is not': () => w.holdsNot(),
}

export function operatorName(operator: Operator): string {
  return NAMES[operator]()
}

/** The operator that a row starts with when its feature is chosen. */
export const FIRST: Record<Kind, Operator> = { int: '>', bool: 'is', string: '==' }
