import type { RuleRevisions, Scope } from '@pbstream/core/message/Sentinel'
import { type SessionRef, sessionName } from '@pbstream/core/message/Session'
import type { PaidCall } from '../Call.ts'
import { problemWith } from '../Problem.ts'

/** Revisions that one call names to its object, and the sets that the object asks for because of them. */
export class Governed {
  readonly #call: PaidCall
  readonly #session: SessionRef
  #pushes = 0
  #named: { rules?: RuleRevisions }

  constructor(call: PaidCall, session: SessionRef) {
    this.#call = call
    this.#session = session
    this.#named = this.#revisions()
  }

  /** To be sent along with the question. */
  get named(): { rules?: RuleRevisions } {
    return this.#named
  }

  /**
   * Hands over what the object wants: then it is to be asked again, naming what it can have been given; and the time after
   * that nothing at all, so that it decides by what it has. False: it wants rules though none were named.
   */
  async push(wanted: readonly Scope[]): Promise<boolean> {
    if (this.#named.rules === undefined) return false
    if (++this.#pushes > 1) {
      this.#named = {}
      return true
    }
    const { gateway, sentinel } = this.#call
    const open = () => gateway.env.STREAM_SESSION.getByName(sessionName(this.#session))
    await gateway.rules.push(open, this.#session, wanted, sentinel)
    this.#named = this.#revisions()
    return true
  }

  #revisions(): { rules: RuleRevisions } {
    const { gateway, sentinel, route } = this.#call
    return { rules: gateway.rules.revisions(sentinel, route.providerId, sessionName(this.#session)) }
  }
}

/** The answer to a call of a caller that is refused too often to be worth its object's time. */
export function refusedBefore({ gateway, route, id }: PaidCall, session: string): Response | undefined {
  const refused = gateway.refusedCalls.of(session, route.providerId)
  if (refused === undefined) return undefined
  const { code, sentinel } = refused
  return problemWith(code, id, sentinel === undefined ? {} : { sentinel })
}
