import {
  providerOf,
  providerScope,
  type RuleRevisions,
  type RulesetSnapshot,
  type Scope,
  type SentinelSessionApi,
} from '@pbstream/core/message/Sentinel'
import { type SessionRef, sessionName } from '@pbstream/core/message/Session'
import type { SentinelCatalog } from '@pbstream/db/CatalogRoute'
import { Lru } from '../Lru.ts'
import { within } from '../Within.ts'

/** Reads the sets that are in force now; a scope without one is left out. */
export type ReadSets = (scopes: Scope[]) => Promise<RulesetSnapshot[]>

/** Gives a fresh stub of the object that wants them. */
type Target = () => Pick<SentinelSessionApi, 'setRules'>

/** What the catalog says of sets. */
export type Heads = Pick<SentinelCatalog, 'platform' | 'providers'>

/** A set has up to a megabyte. */
const SETS_MAX = 64
/** How long a call waits for the texts of rules. */
const READ_MS = 1_000
/** How long it waits for an object to take them. */
const PUSH_MS = 3_000
/** A set that could not be read, or that an object would not take, is left alone for so long. */
const REST_MS = 10_000

/**
 * Brings rules to the objects that apply them. Each call names the revisions that the catalog has; an object that is behind
 * asks for those sets, and gets them before the call is decided. Revisions only rise in an object: an isolate with an older
 * catalog takes nothing back.
 *
 * What cannot be had stops no payment: the object decides by the rules that it has.
 */
export class RuleBook {
  readonly #read: ReadSets | undefined
  readonly #now: () => number
  readonly #sets = new Lru<Scope, RulesetSnapshot>(SETS_MAX)
  /** Until when, by scope, or by scope and session. */
  readonly #resting = new Lru<string, number>(4_096)
  readonly #pushing = new Map<string, Promise<void>>()

  /** `read`: absent where no database is at hand. `now`: Unix milliseconds. */
  constructor(read: ReadSets | undefined, now: () => number) {
    this.#read = read
    this.#now = now
  }

  /** What a call of this session to this provider names. 0: there is no set, or it cannot be had at the moment. */
  revisions(heads: Heads, providerId: string, session: string): RuleRevisions {
    const named = (scope: Scope, revision: number) => (this.#isResting(scope, session) ? 0 : revision)
    return {
      platform: named('platform', heads.platform),
      provider: named(providerScope(providerId), heads.providers[providerId] ?? 0),
    }
  }

  /**
   * Hands over the sets that an object wants; calls of one session that come together wait for one of them to do it. Never
   * rejects.
   */
  async push(object: Target, session: SessionRef, wanted: readonly Scope[], heads: Heads): Promise<void> {
    const scopes = wanted.filter((scope) => scope === 'platform' || providerOf(scope) !== undefined)
    if (scopes.length === 0) return
    const name = sessionName(session)
    const what = [name, ...scopes.map((scope) => `${scope}=${revisionOf(heads, scope)}`)].join(' ')
    const known = this.#pushing.get(what)
    // The platform may have cancelled the one that does it.
    if (known !== undefined) return within(PUSH_MS, known)
    const work = this.#handOver(object, session, scopes, heads).finally(() => this.#pushing.delete(what))
    this.#pushing.set(what, work)
    await work
  }

  async #handOver(object: Target, session: SessionRef, scopes: readonly Scope[], heads: Heads): Promise<void> {
    const sets = await this.#setsOf(scopes, heads)
    const until = this.#now() + REST_MS
    for (const scope of scopes) if (!sets.some((set) => set.scope === scope)) this.#resting.set(scope, until)
    if (sets.length === 0) return
    const reply = await within(PUSH_MS, object().setRules(1, session, sets))
    // One object that is in trouble keeps no rule from the others.
    const name = sessionName(session)
    for (const { scope, revision } of sets)
      if ((reply?.held[scope] ?? 0) < revision) this.#resting.set(`${scope} ${name}`, until)
  }

  async #setsOf(scopes: readonly Scope[], heads: Heads): Promise<RulesetSnapshot[]> {
    const missing = scopes.filter((scope) => (this.#sets.get(scope)?.revision ?? 0) < revisionOf(heads, scope))
    if (missing.length > 0 && this.#read !== undefined) {
      for (const set of (await within(READ_MS, this.#read(missing))) ?? []) this.#sets.set(set.scope, set)
    }
    return scopes.flatMap((scope) => {
      const set = this.#sets.get(scope)
      return set === undefined || set.revision < revisionOf(heads, scope) ? [] : [set]
    })
  }

  #isResting(scope: Scope, session: string): boolean {
    if (this.#resting.size === 0) return false
    const now = this.#now()
    return now < (this.#resting.get(scope) ?? 0) || now < (this.#resting.get(`${scope} ${session}`) ?? 0)
  }
}

/** At least 1: what an object wants, there is somewhere. */
function revisionOf({ platform, providers }: Heads, scope: Scope): number {
  const providerId = providerOf(scope)
  return Math.max(1, (providerId === undefined ? platform : providers[providerId]) ?? 0)
}
