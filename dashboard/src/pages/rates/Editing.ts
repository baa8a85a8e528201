/** The two sides of the editor, form and JSON: whichever is changed, the other follows. */
import { type Draft, fromJson, toJson } from './Draft.ts'
import { shapeOf } from './Shape.ts'

export type Editing = {
  draft: Draft
  text: string
  /** Why the JSON is no card; the form then shows the last one that was. */
  problem?: { message: string; path?: string; line?: number }
}

export function ofDraft(draft: Draft): Editing {
  return { draft, text: JSON.stringify(toJson(draft), null, 2) }
}

/** Text that was typed: kept letter by letter. */
export function ofText(text: string, before: Draft): Editing {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    return { draft: before, text, problem: { message: 'syntax', ...lineOf(text, error) } }
  }
  const shape = shapeOf(value)
  if (!shape.ok) return { draft: before, text, problem: { message: shape.message, path: shape.path } }
  return { draft: fromJson(shape.card), text }
}

/** Engines say the place in different words, or not at all. */
function lineOf(text: string, error: unknown): { line?: number } {
  const said = error instanceof Error ? error.message : ''
  const line = /line ([0-9]+)/.exec(said)?.[1]
  if (line !== undefined) return { line: Number(line) }
  const position = /position ([0-9]+)/.exec(said)?.[1]
  return position === undefined ? {} : { line: text.slice(0, Number(position)).split('\n').length }
}
