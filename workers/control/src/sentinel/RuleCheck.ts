/** Whether a set of rules holds, and where it does not: each condition is compiled with the lists it may ask about. Pure. */
import * as Formula from '@pbstream/core/Formula'
import { type BreakerSettings, breakerSettings } from '@pbstream/core/message/Sentinel'
import * as Rule from '@pbstream/core/Rule'
import { canonical } from '@pbstream/db/Canonical'
import { LISTS_MAX, type RuleProblem } from './RuleSchemas.ts'

/** A set as it is stored. Times in lists are Unix milliseconds. */
export type RulesetText = {
  rules: Rule.RuleInput[]
  lists: Rule.List[]
  breaker: BreakerSettings | null
}
/** As JSON: every gateway and every key holds the sets that concern it. */
export const BYTES_MAX = 64 * 1_024

/** What is wrong with a set; nothing: it can be put in force. */
export function problemsOf({ rules, lists, breaker }: RulesetText): RuleProblem[] {
  return [
    ...twice(rules, ({ id }) => id, '/rules', 'id'),
    ...twice(lists, ({ name }) => name, '/lists', 'name'),
    ...lists.flatMap(({ entries }, i) => twice(entries, ({ value }) => value, `/lists/${i}/entries`, 'value')),
    ...lists.flatMap((list, i) => parsed(() => Rule.parseList(list), `/lists/${i}`)),
    ...rules.flatMap((rule, i) => parsed(() => Rule.parse([rule], namesOf(lists)), `/rules/${i}`)),
    ...(breaker === null ? [] : ofBreaker(breaker)),
    ...(lists.length > LISTS_MAX ? [{ field: '/lists', message: `at most ${LISTS_MAX} lists` }] : []),
    ...tooLarge({ rules, lists, breaker }),
  ]
}

/** Of a set that holds: the variables that each rule reads, by its id. */
export function readsOf({ rules, lists }: Pick<RulesetText, 'rules' | 'lists'>): Map<string, string[]> {
  const set = Rule.parse(rules, namesOf(lists))
  return new Map(set.rules.map(({ id, formula }) => [id, [...formula.names].toSorted()]))
}

/** The names of lists; of two with one name the first counts, and the second is a mistake that is told of elsewhere. */
function namesOf(lists: readonly Rule.List[]): string[] {
  return [...new Set(lists.map(({ name }) => name))]
}

function parsed(read: () => unknown, field: string): RuleProblem[] {
  try {
    read()
    return []
  } catch (error) {
    if (!(error instanceof Rule.InvalidRuleError)) throw error
    const { cause, message } = error
    if (!(cause instanceof Formula.FormulaError)) return [{ field, message: message.slice(0, 200) }]
    const { position, line, column } = cause
    return [{ field: `${field}/when`, message: cause.message.slice(0, 200), position, line, column }]
  }
}

function twice<T>(all: readonly T[], nameOf: (each: T) => string, field: string, member: string): RuleProblem[] {
  const seen = new Set<string>()
  return all.flatMap((each, i) => {
    const known = seen.has(nameOf(each))
    seen.add(nameOf(each))
    return known ? [{ field: `${field}/${i}/${member}`, message: 'it is there already' }] : []
  })
}

function ofBreaker(breaker: BreakerSettings): RuleProblem[] {
  const { error } = breakerSettings.safeParse(breaker)
  return (error?.issues ?? []).map(({ path, message }) => ({ field: `/breaker/${path.join('/')}`, message }))
}

function tooLarge(set: RulesetText): RuleProblem[] {
  const bytes = new TextEncoder().encode(canonical(set)).length
  return bytes > BYTES_MAX ? [{ field: '', message: `${bytes} bytes as JSON: at most ${BYTES_MAX}` }] : []
}
