/** What of a batch of events concerns which scope: charges and failures, for the object of each. */
import type { PbEvent, SessionEvent } from '@pbstream/core/message/Event'
import { type SessionRef, sessionName } from '@pbstream/core/message/Session'
import type { CrossSet, Observed, ScopeCharge, ScopeFailures, SentinelScopeApi } from '@pbstream/sentinel-scope/Port'
import type { Database } from '@pbstream/db/Database'
import { openBreakers } from '@pbstream/db/Breakers'
import { headsOf } from '@pbstream/db/Rulesets'
import type { Env } from './Env.ts'

/** Sets are looked up again after so long; bound of the names that are remembered. */
const FRESH_MS = 5_000
const REMEMBERED = 2_000
const AT_ONCE = 90

type Part = { charges: ScopeCharge[]; failures: ScopeFailures[] }

export function scopeObject(env: Env, scope: string): SentinelScopeApi {
  return env.SENTINEL_SCOPE.getByName(scope) as unknown as SentinelScopeApi
}

export function nameOfSession(session: SessionEvent['session']): string {
  return sessionName(session as SessionRef)
}

/** Tells each scope what concerns it. `ownerOf`: the stored scope of a session's owner, if somebody manages it. */
export async function observe(
  env: Env,
  db: Database,
  events: readonly PbEvent[],
  ownerOf: (session: string) => string | undefined,
): Promise<void> {
  const parts = partsOf(events, ownerOf)
  if (parts.size === 0) return
  const [sets, open] = await Promise.all([setsOf(db, [...parts.keys()]), openBreakers(db)])
  const isOpen = new Set(open.map(({ scope }) => scope))
  await Promise.all(
    [...parts].map(async ([scope, part]) => {
      const set = sets.get(scope)
      const asks = set !== undefined && set.rules.length > 0
      const what: Observed = {
        ...(set === undefined ? {} : { set }),
        // Without such a rule nobody asks about charges.
        charges: asks ? part.charges : [],
        failures: asks || scope.startsWith('provider:') || isOpen.has(scope) ? part.failures : [],
      }
      // That there are no rules any more has to be heard once.
      const isNews = set !== undefined && !asks && ended.get(scope) !== set.revision
      if (!isNews && what.charges.length + what.failures.length === 0) return
      await scopeObject(env, scope).observe(1, scope, what)
      if (isNews) ended.set(scope, set.revision)
    }),
  )
}

function partsOf(events: readonly PbEvent[], ownerOf: (session: string) => string | undefined): Map<string, Part> {
  const parts = new Map<string, Part>()
  const of = (scope: string): Part => {
    const part = parts.get(scope) ?? { charges: [], failures: [] }
    parts.set(scope, part)
    return part
  }
  for (const event of events) {
    if (event.kind !== 'session') continue
    const session = nameOfSession(event.session)
    const owner = ownerOf(session)
    const scopes = (providerId: string) =>
      ['platform', `provider:${providerId}`, owner].flatMap((scope) => (scope === undefined ? [] : [of(scope)]))
    for (const charge of chargesOf(event, session)) {
      for (const part of scopes(charge.providerId)) part.charges.push(charge)
    }
    for (const each of event.sentinel?.failures ?? []) {
      for (const part of scopes(each.providerId)) part.failures.push({ ...each, session })
    }
  }
  return parts
}

function chargesOf({ rows, channels }: SessionEvent, session: string): ScopeCharge[] {
  return rows.flatMap(({ kind, seq, at, amount, providerId, routeId, channelId, country, place }) => {
    if (kind !== 'charge' || providerId === undefined || routeId === undefined) return []
    const payee = channels.find((each) => each.channelId === channelId)?.receiver ?? ''
    const where = { country: country ?? '', place: place ?? '' }
    return [{ session, seq, at, amount, providerId, route: routeId, payee, ...where }]
  })
}

type Looked = { at: number; set: CrossSet | undefined }
/** In memory of the isolate: what is out of date for some seconds is caught up with. */
const looked = new Map<string, Looked>()
/** Revisions without such a rule that the object of a scope has heard of. */
const ended = new Map<string, number>()

/** The rules that look across keys, of the scopes that have a set: there may be none. */
async function setsOf(db: Database, scopes: readonly string[]): Promise<Map<string, CrossSet>> {
  const now = Date.now()
  for (const memory of [looked, ended]) if (memory.size > REMEMBERED) memory.clear()
  const stale = scopes.filter((scope) => (looked.get(scope)?.at ?? 0) <= now - FRESH_MS)
  for (let i = 0; i < stale.length; i += AT_ONCE) {
    const some = stale.slice(i, i + AT_ONCE)
    const found = await headsOf(db, some)
    for (const scope of some) looked.set(scope, { at: now, set: crossOf(found.find(({ set }) => set.scope === scope)) })
  }
  return new Map(scopes.flatMap((scope) => of(scope, looked.get(scope)?.set)))
}

function of(scope: string, set: CrossSet | undefined): [string, CrossSet][] {
  return set === undefined ? [] : [[scope, set]]
}

function crossOf(head: Awaited<ReturnType<typeof headsOf>>[number] | undefined): CrossSet | undefined {
  if (head === undefined) return undefined
  const { revision, rules, lists } = head.set
  return { revision, rules: rules.filter(({ over, state }) => over === 'cross' && state !== 'off'), lists }
}
