/** What is wrong with a card, each finding with its place. */
import * as Formula from '@pbstream/core/Formula'
import * as Rate from '@pbstream/core/Rate'
import * as CardFormula from '@pbstream/core/rate/CardFormula'
import { type Draft, repeated, toJson } from './Draft.ts'
import { pointer } from './Shape.ts'

/** `path` points into the card as JSON (RFC 6901); `position` is that of a mistake in the formula, in UTF-16 units. */
export type Finding = { path: string; message: string; position?: number; line?: number; column?: number }

export type Checked = { card: Rate.Card | undefined; findings: Finding[] }

export function check(draft: Draft): Checked {
  const json = toJson(draft)
  const read = Rate.schema.safeParse(json)
  const findings = read.success ? [] : read.error.issues.map(({ path, message }) => ({ path: pointer(path), message }))
  const twice = draft.kind === 'card' ? twiceNamed(draft) : []
  if (twice.length > 0) return { card: undefined, findings: [...twice, ...findings] }
  return { card: read.success ? read.data : undefined, findings: findings.map((found) => placed(found, draft)) }
}

function twiceNamed({ levels, signals }: Extract<Draft, { kind: 'card' }>): Finding[] {
  const said = (list: string, names: string[]) =>
    names.map((name) => ({ path: pointer([list, name]), message: 'this name stands twice' }))
  return [...said('levels', repeated(levels)), ...said('signals', repeated(signals))]
}

/** The place of a mistake in the formula is not in the message of the card's check: it is asked for again. */
function placed(found: Finding, draft: Draft): Finding {
  if (found.path !== '/formula' || draft.kind !== 'card') return found
  const json = toJson(draft) as Extract<Rate.Card, { kind: 'card' }>
  try {
    CardFormula.compile(json)
  } catch (error) {
    if (!(error instanceof Formula.FormulaError)) return found
    const { position, line, column, message } = error
    return {
      path: found.path,
      message: message.replace(/ \(line [0-9]+, column [0-9]+\)$/, ''),
      position,
      line,
      column,
    }
  }
  return found
}
