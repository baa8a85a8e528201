/** What of events is worth an alert, whose it is, and what belongs together. */
import type { Severity } from '@pbstream/core/Alert'
import type { IncidentEvent, PbEvent, SessionEvent } from '@pbstream/core/message/Event'
import type { DecisionRow, Scope, StopRow } from '@pbstream/core/message/Sentinel'
import type { BreakerNews } from '@pbstream/sentinel-scope/Port'
import { type NameOf, storedOf } from './RuleNames.ts'
import { nameOfSession } from './Scopes.ts'
import type { Notice } from './Tell.ts'
import * as Words from './Words.ts'

export type OwnerOf = (session: string) => string | undefined

/** The stored scopes whose rules are told of. */
export function scopesTold(events: readonly PbEvent[], ownerOf: OwnerOf): string[] {
  return events.flatMap((event) => {
    if (event.kind !== 'session' || event.sentinel === undefined) return []
    const owner = ownerOf(nameOfSession(event.session))
    const { decisions, stops } = event.sentinel
    return [...decisions.filter(isTold), ...stops].flatMap(({ scope }) => storedOf(scope, owner) ?? [])
  })
}

export function noticesOf(events: readonly PbEvent[], ownerOf: OwnerOf, nameOf: NameOf): Notice[] {
  return events.flatMap((event) => {
    if (event.kind === 'incident') return [ofIncident(event)]
    return event.kind === 'session' ? ofSession(event, ownerOf, nameOf) : []
  })
}

function ofSession({ session: of, sentinel }: SessionEvent, ownerOf: OwnerOf, nameOf: NameOf): Notice[] {
  if (sentinel === undefined) return []
  const { decisions, stops } = sentinel
  const session = nameOfSession(of)
  const about = { session, owner: ownerOf(session), nameOf }
  const stopped = new Set(stops.map(({ decision }) => decision))
  return [
    // A stop says what its decision would.
    ...decisions.filter((each) => isTold(each) && !stopped.has(each.id)).map((each) => ofDecision(each, about)),
    ...stops.map((stop) =>
      ofStop(
        stop,
        decisions.find(({ id }) => id === stop.decision),
        about,
      ),
    ),
  ]
}

/** What only would have been done is not told, nor that somebody was let through. */
function isTold({ effect, action }: DecisionRow): boolean {
  return effect === 'done' && action !== 'allow'
}

/** `session`: its name, if one key is meant. `owner`: stored scope of the key's owner. */
type About = { readonly session: string | undefined; readonly owner: string | undefined; readonly nameOf?: NameOf }

export function ofDecision(decision: DecisionRow, about: About): Notice {
  const { id, scope, at, rule } = decision
  const key = about.session === undefined ? undefined : keyOf(about.session)
  return {
    // Repeats are the same decision, and told once; a breaker closes under another one.
    id: `decision:${id}`,
    scopes: scopesOf(scope, about.owner),
    at,
    severity: severity(decision) ?? 'medium',
    group: `${rule}:${about.session ?? ''}`,
    words: Words.decision(decision, { key, name: nameIn(about, scope, rule) }),
  }
}

function ofStop(stop: StopRow, decision: DecisionRow | undefined, about: About & { session: string }): Notice {
  const { id, scope, at, rule, kind, releasedAt } = stop
  const isOver = releasedAt !== undefined
  return {
    id: isOver ? `release:${id}` : `stop:${id}`,
    scopes: scopesOf(scope, about.owner),
    at: releasedAt ?? at,
    severity: isOver ? 'info' : (severity(decision) ?? (kind === 'frozen' ? 'critical' : 'high')),
    group: `${rule}:${about.session}`,
    words: Words.stop(stop, { key: keyOf(about.session), name: nameIn(about, scope, rule), decision }),
  }
}

function nameIn({ owner, nameOf }: About, scope: Scope, rule: string): string | undefined {
  const stored = storedOf(scope, owner)
  return stored === undefined ? undefined : nameOf?.(stored, rule)
}

function ofIncident(incident: IncidentEvent): Notice {
  const { id, at, what } = incident
  const words = Words.incident(incident)
  return {
    id: `incident:${id}:${at}`,
    scopes: ['platform'],
    at,
    severity: Words.severityOf(incident),
    group: what,
    words,
  }
}

export function ofBreaker(news: BreakerNews): Notice {
  const { scope, subject, at, revision, phase } = news
  return {
    id: `breaker:${scope}:${subject}:${revision}`,
    // What a provider's customers cannot reach concerns operators, too.
    scopes: [...new Set([scope, 'platform'])],
    at,
    severity: phase === 'closed' ? 'info' : 'high',
    group: `breaker:${subject}`,
    words: Words.breaker(news),
  }
}

export function ofDeadLetter(message: string, at: number): Notice {
  return {
    id: `dead:${message}`,
    scopes: ['platform'],
    at,
    severity: 'high',
    group: 'dead_letters',
    words: Words.deadLetter(message),
  }
}

/** What the platform decides about the key of an owner he hears too; what a provider decides only that provider does. */
function scopesOf(scope: Scope, owner: string | undefined): string[] {
  const whose = owner === undefined ? [] : [owner]
  if (scope === 'owner') return whose
  return scope === 'platform' ? ['platform', ...whose] : [scope]
}

function severity(decision: DecisionRow | undefined): Severity | undefined {
  return decision?.hits.find(({ rule }) => rule === decision.rule)?.severity
}

/** The signer of a session's vouchers. */
function keyOf(session: string): string {
  return session.split(':').at(-1)!
}
