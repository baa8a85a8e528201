/** What the service says is wrong with a set: each with the rule it is about and its place there. */
import type { VNode } from 'preact'
import { saidOf } from '../../../said/Said.ts'
import { SaidText } from '../../../ui/SaidText.tsx'
import type { NewRule } from '../Types.ts'
import { memberName } from './Members.ts'
import { w } from './words.ts'

export type Problem = { field: string; detail: string; line?: number; column?: number }

type Props = { problems: readonly Problem[]; rules: readonly Pick<NewRule, 'id'>[]; otherwise: VNode | string }

export function Problems({ problems, rules, otherwise }: Props): VNode {
  if (problems.length === 0) return <p>{otherwise}</p>
  return (
    <ul>
      {problems.map((problem, i) => (
        <li key={i}>
          {aboutOf(problem.field, rules)}
          {problem.line === undefined || problem.column === undefined
            ? ''
            : ` · ${w.place({ line: problem.line, column: problem.column })}`}
          {': '}
          <SaidText {...saidOf(problem.detail)} />
        </li>
      ))}
    </ul>
  )
}

/** `rules.3.when` or `/rules/3/when`: the rule by its id, and the member. */
export function aboutOf(field: string, rules: readonly Pick<NewRule, 'id'>[]): string {
  const found = /^\/?rules[./]([0-9]+)(?:[./](\w+))?/.exec(field)
  const rule = found === null ? undefined : rules[Number(found[1])]
  if (rule === undefined) return field
  const member = found?.[2]
  return member === undefined ? rule.id : `${rule.id}, ${memberName(member)}`
}
