/**
 * Syntax tree to formula: only what is named here gets through, and every node has a type. So what runs is what was
 * allowed, and not what was not forbidden.
 */
import { FormulaError } from './FormulaError.ts'
import * as Functions from './Functions.ts'
import { type Node, type Operator, type Span, type Type, type Variables, isInt } from './Node.ts'
import { type ASTNode, brackets, read } from './Syntax.ts'

/**
 * The tree of a formula over the given variables.
 *
 * @throws {FormulaError}
 */
export function build(text: string, variables: Variables): Node {
  return new Builder(text, variables).node(read(text))
}

class Builder {
  readonly #text: string
  readonly #variables: Variables
  readonly #brackets: readonly [open: number, end: number][]

  constructor(text: string, variables: Variables) {
    this.#text = text
    this.#variables = variables
    this.#brackets = brackets(text)
  }

  node(ast: ASTNode): Node {
    switch (ast.op) {
      case 'value':
        return this.#constant(ast.args, ast)
      case 'id':
      case '.':
        return this.#variable(ast)
      case 'list':
        return this.#list(ast.args, ast)
      case '!_':
        return this.#not(ast.args, ast)
      case '-_':
        return this.#negate(ast.args, ast)
      case '&&':
      case '||':
        return this.#logical(ast.op === '&&' ? 'and' : 'or', ast.args, ast)
      case '?:':
        return this.#choice(ast.args, ast)
      case 'call':
        return this.#call(ast.args[0], ast.args[1], false, ast)
      case 'rcall':
        return this.#call(ast.args[0], [ast.args[1], ...ast.args[2]], true, ast)
      case '[]':
        throw this.#error('elements are not read with [ ]: ask with `in`', ast.start)
      case 'map':
        throw this.#error('maps are not allowed', ast.start)
      case '.?':
      case '[?]':
        throw this.#error('optional members are not allowed', ast.start)
      default:
        return this.#binary(ast.op, ast.args, ast)
    }
  }

  #error(what: string, position: number): FormulaError {
    return new FormulaError(what, this.#text, position)
  }

  /** With the brackets that belong to it: of `(a + b) * c`, not `a + b) * c`. */
  #span({ start, end }: Span): Span {
    const whole = { start, end }
    for (const [open, close] of this.#brackets) {
      if (open < start && close > start && close <= end) whole.start = Math.min(whole.start, open)
      if (open >= start && open < end && close > end) whole.end = Math.max(whole.end, close)
    }
    return whole
  }

  #constant(value: unknown, span: Span): Node {
    const { start, end } = span
    if (typeof value === 'bigint') {
      if (!isInt(value)) throw this.#error('the number does not fit in 64 bits', start)
      return { kind: 'constant', type: 'int', value, start, end }
    }
    if (typeof value === 'boolean') return { kind: 'constant', type: 'bool', value, start, end }
    if (typeof value === 'string') return { kind: 'constant', type: 'string', value, start, end }
    if (typeof value === 'number') {
      throw this.#error('numbers are whole: instead of x * 1.5 write x * 15 / 10', start)
    }
    if (value === null) throw this.#error('null is not allowed', start)
    throw this.#error(
      value instanceof Uint8Array ? 'bytes are not allowed' : 'unsigned numbers are not allowed: leave out the u',
      start,
    )
  }

  /** `base`, or a name with dots. */
  #variable(ast: ASTNode): Node {
    const parts: string[] = []
    let rest = ast
    while (rest.op === '.') {
      parts.unshift(rest.args[1])
      rest = rest.args[0]
    }
    if (rest.op !== 'id') throw this.#error('only variables have members', rest.start)
    const name = [rest.args, ...parts].join('.')
    const type = Object.hasOwn(this.#variables, name) ? this.#variables[name] : undefined
    const { start, end } = ast
    if (type !== undefined) return { kind: 'variable', type, name, start, end }
    const names = Object.keys(this.#variables)
    if (names.some((known) => known.startsWith(`${name}.`))) {
      throw this.#error(`${name} is a group of values: write ${name}.<name>`, start)
    }
    throw this.#error(`there is no ${name}; there are ${names.join(', ')}`, start)
  }

  #list(items: readonly ASTNode[], span: Span): Node {
    const nodes = items.map((item) => this.node(item))
    const [first] = nodes
    if (first === undefined) throw this.#error('an empty list holds nothing', span.start)
    const type = first.type === 'int' ? 'list<int>' : first.type === 'string' ? 'list<string>' : undefined
    if (type === undefined) throw this.#error('a list is of int or of string', first.start)
    for (const node of nodes) {
      if (node.type !== first.type) {
        throw this.#error(`the list is of ${first.type}, this is ${node.type}`, node.start)
      }
    }
    return { kind: 'list', type, items: nodes, start: span.start, end: span.end }
  }

  #not(operand: ASTNode, span: Span): Node {
    const node = this.#of('bool', operand, '!')
    return { kind: 'not', type: 'bool', operand: node, ...this.#span(span) }
  }

  #negate(operand: ASTNode, span: Span): Node {
    // The lowest number has no positive twin, so its sign is read with it.
    if (operand.op === 'value' && typeof operand.args === 'bigint') return this.#constant(-operand.args, span)
    const node = this.#of('int', operand, '-')
    return { kind: 'negate', type: 'int', operand: node, ...this.#span(span) }
  }

  #of(type: Type, ast: ASTNode, of: string): Node {
    const node = this.node(ast)
    if (node.type !== type) throw this.#error(`${of} takes ${type}, this is ${node.type}`, node.start)
    return node
  }

  #logical(kind: 'and' | 'or', [left, right]: readonly [ASTNode, ASTNode], span: Span): Node {
    const operator = kind === 'and' ? '&&' : '||'
    const nodes = { left: this.#of('bool', left, operator), right: this.#of('bool', right, operator) }
    return { kind, type: 'bool', ...nodes, ...this.#span(span) }
  }

  #choice([first, second, third]: readonly [ASTNode, ASTNode, ASTNode], span: Span): Node {
    const condition = this.#of('bool', first, '?')
    const yes = this.node(second)
    const no = this.node(third)
    if (yes.type !== no.type) {
      throw this.#error(`both values of ? : are of one type: here ${yes.type} and ${no.type}`, no.start)
    }
    return { kind: 'choice', type: yes.type, condition, yes, no, ...this.#span(span) }
  }

  #call(name: string, operands: readonly ASTNode[], member: boolean, span: Span): Node {
    // Checked before its operands: of what is not allowed anyway, the name is what there is to say.
    if (!Functions.exists(name)) throw this.#error(Functions.unknown(name), span.start)
    const nodes = operands.map((operand) => this.node(operand))
    const checked = Functions.check(name, nodes, member)
    const whole = this.#span(span)
    if ('error' in checked) throw this.#error(checked.error, whole.start)
    return { kind: 'call', type: checked.type, name, operands: nodes, ...whole }
  }

  #binary(operator: Operator, [first, second]: readonly [ASTNode, ASTNode], span: Span): Node {
    const left = this.node(first)
    const right = this.node(second)
    const type = typeOf(operator, left.type, right.type)
    const whole = this.#span(span)
    if (type === undefined) {
      throw this.#error(`${operator} does not go with ${left.type} and ${right.type}`, whole.start)
    }
    return { kind: 'binary', type, operator, left, right, ...whole }
  }
}

function typeOf(operator: Operator, left: Type, right: Type): Type | undefined {
  switch (operator) {
    case '+':
    case '-':
    case '*':
    case '/':
    case '%':
      return left === 'int' && right === 'int' ? 'int' : undefined
    case '<':
    case '<=':
    case '>':
    case '>=':
      return left === 'int' && right === 'int' ? 'bool' : undefined
    case '==':
    case '!=':
      return left === right && !Functions.isList(left) ? 'bool' : undefined
    case 'in':
      return right === `list<${left}>` ? 'bool' : undefined
  }
}

/** Names of the variables that a tree reads. */
export function namesOf(node: Node, names = new Set<string>()): Set<string> {
  switch (node.kind) {
    case 'constant':
      return names
    case 'variable':
      return names.add(node.name)
    case 'list':
      for (const item of node.items) namesOf(item, names)
      return names
    case 'call':
      for (const operand of node.operands) namesOf(operand, names)
      return names
    case 'not':
    case 'negate':
      return namesOf(node.operand, names)
    case 'choice':
      return namesOf(node.no, namesOf(node.yes, namesOf(node.condition, names)))
    default:
      return namesOf(node.right, namesOf(node.left, names))
  }
}
