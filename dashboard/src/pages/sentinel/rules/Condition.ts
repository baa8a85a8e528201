/**
 * A condition as rows of a form: feature, comparison, value. Rows stand in groups; inside of a group they are joined one
 * way and the groups the other. Values are as conditions have them: money in atomic units, shares in thousandths.
 */
export type Kind = 'int' | 'bool' | 'string'

export const OPERATORS = {
  int: ['>', '>=', '<', '<=', '==', '!=', 'in', 'not in'],
  bool: ['is', 'is not'],
  string: ['==', '!=', 'in', 'not in', 'in list', 'not in list', 'startsWith', 'endsWith', 'contains'],
} as const satisfies Record<Kind, readonly string[]>

export type Operator = (typeof OPERATORS)[Kind][number]

/** `values`: one, or with `in` those to choose from; of a bool none; with `in list` the name of the list. */
export type Row = { feature: string; kind: Kind; operator: Operator; values: string[] }

/** `join`: how groups are joined; rows within a group the other way. */
export type Condition = { join: 'and' | 'or'; groups: Row[][] }

/** The formula for it. Text is quoted, so whatever a person typed is a value and nothing else. */
export function print({ join, groups }: Condition): string {
  const filled = groups.filter((group) => group.length > 0)
  const [inside, between] = join === 'or' ? [' && ', ' || '] : [' || ', ' && ']
  return filled
    .map((group) => {
      const text = group.map(printRow).join(inside)
      return join === 'and' && group.length > 1 && filled.length > 1 ? `(${text})` : text
    })
    .join(between)
}

export function printRow({ feature, kind, operator, values }: Row): string {
  const literal = (value: string) => (kind === 'string' ? quote(value) : value)
  const [first = kind === 'string' ? '' : '0'] = values
  switch (operator) {
    case 'is':
      return feature
    case 'is not':
      return `!${feature}`
    case 'in':
      return `${feature} in [${values.map(literal).join(', ')}]`
    case 'not in':
      return `!(${feature} in [${values.map(literal).join(', ')}])`
    case 'in list':
      return `${feature} in list.${first}`
    case 'not in list':
      return `!(${feature} in list.${first})`
    case 'startsWith':
    case 'endsWith':
    case 'contains':
      return `${feature}.${operator}(${quote(first)})`
    default:
      return `${feature} ${operator} ${literal(first)}`
  }
}

/** A text as formulas write it. JSON escapes are CEL's too, but for `\/`, which JSON.stringify never writes. */
export function quote(text: string): string {
  return JSON.stringify(text)
}

/** Whether a row has what it needs to be written. */
export function isComplete({ kind, operator, values }: Row): boolean {
  if (kind === 'bool') return true
  if (values.length === 0) return false
  if (kind === 'int') return values.every((value) => /^-?[0-9]{1,19}$/.test(value))
  return operator === '==' || operator === '!=' || values.every((value) => value !== '')
}
