// Marks a source so that a run tells which lines and branches it reached. Hardhat's own `--coverage` counts statements
// only; this uses the half of it that collects: while it is on, calls of one address are noted.
//
// A statement is marked by a call before it. A branch is one outcome of a condition: each operand of `&&` and `||`, in
// `if`, loops, `?:`, `require` and elsewhere, has to come out both true and false, and each part of a `try` to be entered.
import { createHash } from 'node:crypto'

export interface Point {
  kind: 'statement' | 'branch'
  /** What Hardhat reports when the point was reached. */
  tag: string
  /** Counted from 1. */
  line: number
  /** For people: the condition and its outcome. */
  text: string
}

export interface Instrumented {
  source: string
  points: Point[]
}

interface Node {
  nodeType: string
  src: string
  [key: string]: unknown
}

interface Insertion {
  at: number
  /** At the same place: closing texts first, then marks, then opening texts. */
  rank: number
  /** Among equals: a longer range opens first and closes last. */
  length: number
  text: string
}

const CLOSE = 0
const BRACE = 1
const MARK = 2
const OPEN = 3

/** Where Hardhat's simulator listens while `--coverage` is on. */
const LISTENER = '0xc0bEc0BEc0BeC0bEC0beC0bEC0bEC0beC0beC0BE'

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && typeof (value as Node).nodeType === 'string'

/**
 * Marks one file.
 * @param file its name, from which the tags are made
 * @param ast of that very text, as the compiler gives it
 */
export function instrument(file: string, text: string, ast: unknown): Instrumented {
  return new Marking(file, text).run(ast as Node)
}

class Marking {
  readonly #bytes: Buffer
  readonly #library: string
  readonly #prefix: string
  readonly #insertions: Insertion[] = []
  readonly #points: Point[] = []
  /** `&&` and `||` that are done as part of a condition. */
  readonly #seen = new Set<Node>()

  constructor(file: string, text: string) {
    // The compiler counts bytes.
    this.#bytes = Buffer.from(text)
    const hash = createHash('sha256').update(file).digest('hex')
    this.#prefix = hash.slice(0, 56)
    this.#library = `Coverage_${hash.slice(0, 16)}`
  }

  run(ast: Node): Instrumented {
    this.#visit(ast)
    if (this.#points.length === 0) return { source: this.#bytes.toString(), points: [] }
    const order = (a: Insertion, b: Insertion) =>
      a.at - b.at || a.rank - b.rank || (a.rank === CLOSE ? a.length - b.length : b.length - a.length)
    const parts: Buffer[] = []
    let from = 0
    for (const { at, text } of this.#insertions.toSorted(order)) {
      parts.push(this.#bytes.subarray(from, at), Buffer.from(text))
      from = at
    }
    parts.push(this.#bytes.subarray(from), Buffer.from(libraryNamed(this.#library)))
    return { source: Buffer.concat(parts).toString(), points: this.#points }
  }

  #visit(node: Node): void {
    switch (node.nodeType) {
      case 'VariableDeclaration':
        // Constants and the like are computed by the compiler, or before the first call.
        if (node.stateVariable === true || node.constant === true) return
        break
      case 'Block':
      case 'UncheckedBlock':
        for (const statement of node.statements as Node[]) this.#statement(statement)
        break
      case 'IfStatement':
        this.#condition(node.condition)
        this.#body(node.trueBody)
        this.#body(node.falseBody)
        break
      case 'ForStatement':
      case 'WhileStatement':
      case 'DoWhileStatement':
        this.#condition(node.condition)
        this.#body(node.body)
        break
      case 'Conditional':
        this.#condition(node.condition)
        break
      case 'BinaryOperation':
        if (isLogical(node) && !this.#seen.has(node)) this.#condition(node)
        break
      case 'FunctionCall':
        if (['require', 'assert'].includes(nameOf(node.expression))) this.#condition((node.arguments as Node[])[0])
        break
      case 'TryCatchClause': {
        const block = node.block as Node
        this.#insert(rangeOf(block).start + 1, MARK, 0, ` ${this.#hit('branch', node, 'entered this part of the try')}`)
        break
      }
      case 'InlineAssembly':
        this.#assembly(node)
        return
    }
    for (const value of Object.values(node)) {
      for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) this.#visit(child)
    }
  }

  #statement(node: Node): void {
    // A block has statements of its own, and its marks tell enough.
    if (node.nodeType === 'Block' || node.nodeType === 'UncheckedBlock') return
    this.#insert(rangeOf(node).start, MARK, 0, this.#hit('statement', node, this.#textOf(node)))
  }

  /** The body of an `if` or a loop: where it is one statement without braces, it gets some. */
  #body(body: unknown): void {
    if (!isNode(body) || body.nodeType === 'Block') return
    this.#statement(body)
    const { start } = rangeOf(body)
    const end = this.#endOf(body)
    this.#insert(start, BRACE, end - start, '{ ')
    this.#insert(end, CLOSE, end - start + 1, ' }')
  }

  /** Every operand that decides, both ways. */
  #condition(condition: unknown): void {
    if (!isNode(condition)) return
    if (isLogical(condition)) {
      this.#seen.add(condition)
      this.#condition(condition.leftExpression)
      this.#condition(condition.rightExpression)
    } else if (condition.nodeType === 'TupleExpression') {
      this.#condition((condition.components as unknown[])[0])
    } else if (condition.nodeType === 'UnaryOperation' && condition.operator === '!') {
      this.#condition(condition.subExpression)
    } else if (condition.nodeType !== 'Literal') {
      const { start, length } = rangeOf(condition)
      const tags = ['true', 'false'].map((outcome) =>
        this.#point('branch', condition, `${this.#textOf(condition)} is ${outcome}`),
      )
      this.#insert(start, OPEN, length, `${this.#library}.outcome(`)
      this.#insert(start + length, CLOSE, length, `, ${tags.join(', ')})`)
    }
  }

  #assembly(node: Node): void {
    const branch = /"nodeType":"Yul(?:If|Switch|ForLoop)"/.exec(JSON.stringify(node.AST))
    if (branch === null) return
    throw new Error(`line ${this.#lineOf(node)}: a branch in assembly, which is not measured: write it in Solidity`)
  }

  #hit(kind: Point['kind'], node: Node, text: string): string {
    return `${this.#library}.hit(${this.#point(kind, node, text)}); `
  }

  /** Notes a point and gives the number to report. */
  #point(kind: Point['kind'], node: Node, text: string): string {
    const tag = this.#prefix + (this.#points.length + 1).toString(16).padStart(8, '0')
    this.#points.push({ kind, tag, line: this.#lineOf(node), text })
    // Decimal: a hexadecimal literal of 40 digits or more may be taken for an address.
    return BigInt(`0x${tag}`).toString()
  }

  #insert(at: number, rank: number, length: number, text: string): void {
    this.#insertions.push({ at, rank, length, text })
  }

  /** Behind the semicolon, which the compiler does not count to most statements. */
  #endOf(node: Node): number {
    const { start, length } = rangeOf(node)
    switch (node.nodeType) {
      case 'Block':
      case 'UncheckedBlock':
      case 'TryStatement':
      case 'InlineAssembly':
        return start + length
      case 'IfStatement':
        return this.#endOf((node.falseBody ?? node.trueBody) as Node)
      case 'ForStatement':
      case 'WhileStatement':
        return this.#endOf(node.body as Node)
    }
    const rest = this.#bytes.subarray(start + length).toString('latin1')
    const semicolon = /^(?:\s|\/\/[^\n]*\n|\/\*[\s\S]*?\*\/)*;/.exec(rest)
    return start + length + (semicolon?.[0].length ?? 0)
  }

  #lineOf(node: Node): number {
    return this.#bytes.subarray(0, rangeOf(node).start).toString('latin1').split('\n').length
  }

  #textOf(node: Node): string {
    const { start, length } = rangeOf(node)
    return this.#bytes
      .subarray(start, start + length)
      .toString()
      .replaceAll(/\s+/g, ' ')
  }
}

function rangeOf(node: Node): { start: number; length: number } {
  const [start = 0, length = 0] = node.src.split(':').map(Number)
  return { start, length }
}

function nameOf(expression: unknown): string {
  return isNode(expression) && expression.nodeType === 'Identifier' ? String(expression.name) : ''
}

function isLogical(node: Node): boolean {
  return node.nodeType === 'BinaryOperation' && (node.operator === '&&' || node.operator === '||')
}

/** Pure by a cast, so that every function can call it; the word at zero is scratch space between statements. */
function libraryNamed(name: string): string {
  return `
library ${name} {
    function _report(uint256 tag) private view {
        assembly ("memory-safe") {
            mstore(0x00, tag)
            pop(staticcall(gas(), ${LISTENER}, 0x00, 0x20, 0x00, 0x00))
        }
    }
    function _pure(function(uint256) internal view given) private pure returns (function(uint256) internal pure same) {
        assembly ("memory-safe") {
            same := given
        }
    }
    function hit(uint256 tag) internal pure {
        _pure(_report)(tag);
    }
    function outcome(bool taken, uint256 whenTrue, uint256 whenFalse) internal pure returns (bool) {
        hit(taken ? whenTrue : whenFalse);
        return taken;
    }
}
`
}
