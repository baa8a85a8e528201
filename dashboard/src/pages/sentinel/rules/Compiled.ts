/**
 * Conditions compiled in the page, by the code that the service judges them with. It is loaded when a condition is first
 * looked at, so pages without one do not carry it.
 */
import type { Node, Type } from '@pbstream/core/Formula'
import type { Feature, Over } from '../Types.ts'

export type Place = { message: string; position: number; line: number; column: number }
export type Compiled = { ok: true; ast: Node; names: string[] } | { ok: false; problem: Place }

export type Compile = (text: string) => Compiled

/** What a condition may read: the features of its kind of rule, and lists. */
export function variablesOf(features: readonly Feature[], lists: readonly string[], over: Over): Record<string, Type> {
  return Object.fromEntries<Type>([
    ...features.filter((each) => each.over.includes(over)).map(({ name, type }) => [name, type as Type] as const),
    ...[...new Set(lists)].map((name) => [`list.${name}`, 'list<string>'] as const),
  ])
}

export async function compiler(variables: Record<string, Type>): Promise<Compile> {
  const Formula = await import('@pbstream/core/Formula')
  return (text) => {
    try {
      const { ast, names } = Formula.compile(text, variables, 'bool')
      return { ok: true, ast, names: [...names].toSorted() }
    } catch (error) {
      if (!(error instanceof Formula.FormulaError)) throw error
      const { message, position, line, column } = error
      return { ok: false, problem: { message: withoutPlace(message), position, line, column } }
    }
  }
}

/** The place is said apart, in the language of the page. */
export function withoutPlace(message: string): string {
  return message.replace(/ \(line [0-9]+, column [0-9]+\)$/, '')
}

/** The line of a text in which a place is, and what to put under it. `at`: UTF-16 units from 0. */
export function lineAt(text: string, { line, column }: { line: number; column: number }): { text: string; at: number } {
  const found = text.split('\n')[line - 1] ?? ''
  return { text: found, at: Math.min(Math.max(column - 1, 0), found.length) }
}
