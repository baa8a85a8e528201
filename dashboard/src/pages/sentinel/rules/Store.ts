/** Drafts, kept in this browser until they are published or thrown away. Nothing in them is secret. */
import { store, stored } from '../../../Stored.ts'
import type { NewRule } from '../Types.ts'
import { nameOf, type Whose } from '../Whose.ts'
import type { Draft } from './Draft.ts'

/** Of whom, in which mode, for which scope: nobody finds the draft of somebody else who used this browser. */
export function draftKey(owner: string, mode: string, whose: Whose): string {
  return `rules.${mode}.${owner}.${nameOf(whose)}`
}

export function savedDraft(key: string): Draft | undefined {
  const text = stored(key)
  if (text === undefined) return undefined
  try {
    const value: unknown = JSON.parse(text)
    return isDraft(value) ? value : undefined
  } catch {
    return undefined
  }
}

export function saveDraft(key: string, draft: Draft | undefined): void {
  store(key, draft === undefined ? undefined : JSON.stringify(draft))
}

function isDraft(value: unknown): value is Draft {
  if (!isRecord(value) || !isRecord(value['from']) || typeof value['at'] !== 'number') return false
  const { from, breaker } = value
  if (typeof from['revision'] !== 'number' || (breaker !== null && !isRecord(breaker))) return false
  return areRules(from['rules']) && areRules(value['rules'])
}

const TEXTS = ['id', 'name', 'when', 'severity', 'action', 'fail'] as const

function areRules(value: unknown): value is NewRule[] {
  return (
    Array.isArray(value) && value.every((each) => isRecord(each) && TEXTS.every((t) => typeof each[t] === 'string'))
  )
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
