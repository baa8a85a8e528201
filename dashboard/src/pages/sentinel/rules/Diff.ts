/** What differs between two texts of a rule, member by member, and within its condition word by word. Pure. */
import type { NewRule } from '../Types.ts'

export type Member = { name: string; before: string | undefined; after: string | undefined }
export type Piece = { text: string; kind: 'same' | 'gone' | 'new' }

const MEMBERS = ['name', 'when', 'over', 'action', 'seconds', 'severity', 'priority', 'group', 'fail', 'state'] as const

export function membersOf(before: Partial<NewRule> | undefined, after: Partial<NewRule> | undefined): Member[] {
  return MEMBERS.flatMap((name) => {
    const [old, now] = [shown(before?.[name]), shown(after?.[name])]
    return old === now ? [] : [{ name, before: old, after: now }]
  })
}

function shown(value: string | number | undefined): string | undefined {
  return value === undefined ? undefined : String(value)
}

/** Beyond so many words the whole is told as gone and new: the work grows with the product of both. */
const MOST = 400

/** Words that are gone and new, with what stayed. */
export function words(before: string, after: string): Piece[] {
  const [a, b] = [split(before), split(after)]
  if (a.length > MOST || b.length > MOST) return joined([piece('gone', before), piece('new', after)])
  const length = lengths(a, b)
  const pieces: Piece[] = []
  let [i, j] = [0, 0]
  while (i < a.length || j < b.length) {
    const [old, now] = [a[i], b[j]]
    if (old !== undefined && old === now) {
      pieces.push(piece('same', old))
      i++
      j++
    } else if (now === undefined || (old !== undefined && at(length, i + 1, j) >= at(length, i, j + 1))) {
      pieces.push(piece('gone', old ?? ''))
      i++
    } else {
      pieces.push(piece('new', now))
      j++
    }
  }
  return joined(pieces)
}

function piece(kind: Piece['kind'], text: string): Piece {
  return { kind, text }
}

function split(text: string): string[] {
  return text.match(/[A-Za-z0-9_.]+|\s+|[^\sA-Za-z0-9_.]/g) ?? []
}

/** Of the longest common subsequence of what follows i and j. */
function lengths(a: readonly string[], b: readonly string[]): number[][] {
  const table = Array.from({ length: a.length + 1 }, () => Array.from({ length: b.length + 1 }, () => 0))
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      const row = table[i]
      if (row === undefined) continue
      row[j] = a[i] === b[j] ? at(table, i + 1, j + 1) + 1 : Math.max(at(table, i + 1, j), at(table, i, j + 1))
    }
  }
  return table
}

function at(table: readonly number[][], i: number, j: number): number {
  return table[i]?.[j] ?? 0
}

function joined(pieces: readonly Piece[]): Piece[] {
  const all: Piece[] = []
  for (const { kind, text } of pieces) {
    const last = all.at(-1)
    if (last?.kind === kind) all[all.length - 1] = { kind, text: last.text + text }
    else if (text !== '') all.push({ kind, text })
  }
  return all
}
