/** The value of each part of a condition as a tree: steps come innermost first, each with its place in the text. Pure. */
import type { Step } from '../Types.ts'

export type Shape =
  | { kind: 'all' | 'any' | 'not' }
  /** `left` and `right`: as they are written. */
  | { kind: 'compared'; operator: string; left: string; right: string }
  | { kind: 'value' }
  | { kind: 'other' }
export type Branch = { step: Step; shape: Shape; children: Branch[] }

/** The whole condition first; more than one where parts were left out. */
export function treeOf(steps: readonly Step[]): Branch[] {
  const open: Branch[] = []
  for (const step of steps) {
    const children: Branch[] = []
    while (open.length > 0) {
      const last = open.at(-1)
      if (last === undefined || last.step.start < step.start || last.step.end > step.end) break
      open.pop()
      children.unshift(last)
    }
    const shape = shapeOf(step, children)
    open.push({ step, shape, children: flat(shape, children) })
  }
  return open
}

/** `a && b && c` is one row of three parts, not two rows of two. */
function flat(shape: Shape, children: Branch[]): Branch[] {
  if (shape.kind !== 'all' && shape.kind !== 'any') return children
  return children.flatMap((child) => (child.shape.kind === shape.kind ? child.children : [child]))
}

const NAME = /^[A-Za-z_][A-Za-z0-9_.]*$/
const COMPARISON = /^(<=|>=|==|!=|<|>|in\b)\s*([^]*)$/
/** A comparison whose left side is a number or a text, which leaves no step. */
const LITERAL_FIRST = /^("(?:\\[^]|[^"\\])*"|'(?:\\[^]|[^'\\])*'|-?[0-9]+)\s*(<=|>=|==|!=|<|>|in\b)/

function shapeOf({ text, start, type }: Step, children: readonly Branch[]): Shape {
  const whole = stripped(text)
  if (NAME.test(whole.text)) return { kind: 'value' }
  const [first] = children
  if (type !== 'bool') return { kind: 'other' }
  if (first === undefined) return { kind: 'other' }
  const origin = start + whole.offset
  const left = whole.text.slice(0, Math.max(0, first.step.end - origin))
  const rest = whole.text.slice(left.length).replace(/^[\s)]+/, '')
  // Brackets around an operand do not belong to its step.
  const before = whole.text.slice(0, Math.max(0, first.step.start - origin))
  if (/[^\s(]/.test(before)) return ofPrefix(whole.text)
  if (rest.startsWith('&&')) return { kind: 'all' }
  if (rest.startsWith('||')) return { kind: 'any' }
  const found = COMPARISON.exec(rest)
  if (found === null) return { kind: 'other' }
  return { kind: 'compared', operator: found[1] ?? '', left: left.trim(), right: (found[2] ?? '').trim() }
}

function ofPrefix(text: string): Shape {
  if (text.startsWith('!')) return { kind: 'not' }
  const found = LITERAL_FIRST.exec(text)
  if (found === null) return { kind: 'other' }
  const [all, left = '', operator = ''] = found
  return { kind: 'compared', operator, left, right: text.slice(all.length).trim() }
}

/** Without brackets around all of it. */
function stripped(text: string): { text: string; offset: number } {
  let [from, to] = [0, text.length]
  while (text[from] === '(' && text[to - 1] === ')' && isPair(text, from, to)) {
    from++
    to--
    while (text[from] === ' ') from++
  }
  return { text: text.slice(from, to), offset: from }
}

function isPair(text: string, from: number, to: number): boolean {
  let depth = 0
  for (let i = from; i < to; i++) {
    if (text[i] === '(') depth++
    if (text[i] === ')') depth--
    if (depth === 0 && i < to - 1) return false
  }
  return depth === 0
}
