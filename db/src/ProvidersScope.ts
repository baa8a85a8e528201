/** Whose rows a call is about, who makes a change of them, and how a change is refused. */
import type { ErrorCode } from '@pbstream/core/Errors'
import type { Act } from './Audit.ts'
import type { Orm, Statement } from './Database.ts'
import type { Mode } from './Mode.ts'

/** Every row that a caller sees is of one owner and one mode. */
export type Scope = { owner: string; mode: Mode }

/** Who makes a change. `also`: statements of the caller that stand or fall with it, say a nonce that is used up. */
export type Who = Scope & { actor: string; at: Date; also?: (orm: Orm) => Statement[] }

/** How many of each an owner may have in a mode: names and paths of the gateway are everybody's. */
export const LIMITS = { providers: 50, routes: 500, roots: 20, hosts: 100 } as const

/** A change that cannot be made; `detail` holds nothing of another owner. */
export class Refused extends Error {
  override readonly name = 'Refused'
  readonly code: ErrorCode
  readonly detail: string | undefined
  constructor(code: ErrorCode, detail?: string) {
    super(detail === undefined ? code : `${code}: ${detail}`)
    this.code = code
    this.detail = detail
  }
}

/** @throws {Refused} when the row has been changed since the caller read it. */
export function match(row: { revision: number }, revision: number): void {
  if (row.revision !== revision) throw new Refused('precondition_failed', `the revision is "${row.revision}" now`)
}

/** `detail` is JSON without secrets. */
export function actOf(who: Who, action: string, subject: string, detail: Record<string, unknown>): Act {
  return { actor: who.actor, action, subject, detail, at: who.at }
}

/** How a route and a provider are left in a plan that has nothing to write. */
export const nothing = { acts: [], statements: (): Statement[] => [] }
