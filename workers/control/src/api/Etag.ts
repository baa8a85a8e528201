/** Edits that could undo another's: the ETag is the revision of a row, and an edit names the one it starts from. */
import { Refusal } from '../Problem.ts'
import type { ApiContext } from './Types.ts'

export function etag(revision: number): string {
  return `"${revision}"`
}

/**
 * Call it inside the plan of the change, with the row as it is then.
 *
 * @throws {Refusal} precondition_required without If-Match, precondition_failed when it is another revision.
 */
export function requireMatch(c: ApiContext, revision: number): void {
  const given = c.req.header('if-match')
  if (given === undefined) throw new Refusal('precondition_required')
  if (given !== etag(revision)) throw new Refusal('precondition_failed')
}
