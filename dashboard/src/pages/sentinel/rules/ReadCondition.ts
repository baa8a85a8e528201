/** A formula read back as rows of a form, where it is of that shape. */
import type { Node } from '@pbstream/core/Formula'
import { type Condition, type Kind, type Operator, type Row } from './Condition.ts'

/** Undefined: it says more than rows can, or has comments, which would be lost. */
export function read(text: string, ast: Node): Condition | undefined {
  if (hasComment(text)) return undefined
  return grouped('or', ast) ?? grouped('and', ast)
}

function grouped(join: 'and' | 'or', ast: Node): Condition | undefined {
  const inner = join === 'or' ? 'and' : 'or'
  const groups: Row[][] = []
  for (const part of operands(join, ast)) {
    const rows = operands(inner, part).map(rowOf)
    if (!rows.every((row) => row !== undefined)) return undefined
    groups.push(rows)
  }
  return { join, groups }
}

/** `a && b && c` in order; anything else is one operand. */
function operands(kind: 'and' | 'or', node: Node): Node[] {
  return node.kind === kind ? [...operands(kind, node.left), ...operands(kind, node.right)] : [node]
}

function rowOf(node: Node): Row | undefined {
  switch (node.kind) {
    case 'variable':
      return row(node, 'is', [])
    case 'not':
      return negated(node.operand)
    case 'call':
      return ofCall(node.name, node.operands)
    case 'binary':
      return node.operator === 'in' ? ofIn(node.left, node.right) : compared(node.operator, node.left, node.right)
    default:
      return undefined
  }
}

function negated(node: Node): Row | undefined {
  if (node.kind === 'variable') return row(node, 'is not', [])
  if (node.kind !== 'binary' || node.operator !== 'in') return undefined
  const found = ofIn(node.left, node.right)
  if (found === undefined) return undefined
  return { ...found, operator: found.operator === 'in' ? 'not in' : 'not in list' }
}

const TURNED: Readonly<Record<string, Operator>> = {
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
  '==': '==',
  '!=': '!=',
}

function compared(operator: string, left: Node, right: Node): Row | undefined {
  const turned = TURNED[operator]
  if (turned === undefined) return undefined
  if (left.kind === 'constant') return right.kind === 'variable' ? ofValue(right, turned, left) : undefined
  return left.kind === 'variable' ? ofValue(left, operator as Operator, right) : undefined
}

function ofValue(variable: Node & { kind: 'variable' }, operator: Operator, value: Node): Row | undefined {
  if (value.kind !== 'constant' || typeof value.value === 'object') return undefined
  if (typeof value.value === 'boolean') return row(variable, (operator === '==') === value.value ? 'is' : 'is not', [])
  return row(variable, operator, [String(value.value)])
}

function ofIn(left: Node, right: Node): Row | undefined {
  if (left.kind !== 'variable') return undefined
  if (right.kind === 'variable') {
    const name = /^list\.([^.]+)$/.exec(right.name)?.[1]
    return name === undefined ? undefined : row(left, 'in list', [name])
  }
  if (right.kind !== 'list') return undefined
  const values: string[] = []
  for (const item of right.items) {
    if (item.kind !== 'constant') return undefined
    values.push(String(item.value))
  }
  return row(left, 'in', values)
}

function ofCall(name: string, [subject, argument]: readonly Node[]): Row | undefined {
  if (name !== 'startsWith' && name !== 'endsWith' && name !== 'contains') return undefined
  if (subject?.kind !== 'variable' || argument?.kind !== 'constant' || typeof argument.value !== 'string') {
    return undefined
  }
  return row(subject, name, [argument.value])
}

function row({ name, type }: Node & { kind: 'variable' }, operator: Operator, values: string[]): Row | undefined {
  return isKind(type) ? { feature: name, kind: type, operator, values } : undefined
}

function isKind(type: string): type is Kind {
  return type === 'int' || type === 'bool' || type === 'string'
}

/** Literals and comments, as the language has them. */
const PIECES =
  /(\/\/[^\n]*)|[rR]?"""(?:\\[^]|[^\\])*?"""|[rR]?'''(?:\\[^]|[^\\])*?'''|"(?:\\[^]|[^"\\])*"|'(?:\\[^]|[^'\\])*'/g

function hasComment(text: string): boolean {
  return [...text.matchAll(PIECES)].some(([, comment]) => comment !== undefined)
}
