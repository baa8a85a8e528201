/** The set of a scope: as it stands, as callers see it, and how it is changed. */
import type { BreakerSettings } from '@pbstream/core/message/Sentinel'
import { type List, seeds } from '@pbstream/core/Rule'
import type { Database } from '@pbstream/db/Database'
import { type By as Author, changeRuleset, type RulesetHead } from '@pbstream/db/RulesetChanges'
import { headOf, lastVersions, PLATFORM_SCOPE, SEEDED_REVISION } from '@pbstream/db/Rulesets'
import type { z } from '../api/Parts.ts'
import { Refusal } from '../Problem.ts'
import { problemsOf, type RulesetText } from './RuleCheck.ts'
import type * as Schemas from './RuleSchemas.ts'
import { versioned, whole } from './RuleVersions.ts'

export type { Author }

export type Standing = RulesetText & {
  revision: number
  author: string | null
  createdAt: Date | null
  onItsWay: boolean
}

/** A set as it is wanted: rules without versions. What is left out stays as it is. */
export type WantedSet = {
  rules?: readonly Schemas.NewRule[] | undefined
  lists?: readonly List[] | undefined
  breaker?: BreakerSettings | null | undefined
}

/** The set in force. That of the platform begins with the rules of the product, every other one with nothing. */
export async function standingOf(database: Database, stored: string): Promise<Standing> {
  return toStanding(await headOf(database, stored), stored)
}

export function toStanding(head: RulesetHead | undefined, stored: string): Standing {
  if (head === undefined) {
    const isPlatform = stored === PLATFORM_SCOPE
    const rules = isPlatform ? seeds.map((rule) => whole(rule, rule.version)) : []
    return {
      revision: isPlatform ? SEEDED_REVISION : 0,
      rules,
      lists: [],
      breaker: null,
      author: null,
      createdAt: null,
      onItsWay: false,
    }
  }
  const { revision, rules, lists, author, createdAt, pushedRevision } = head
  const breaker = head.breaker
  return { revision, rules, lists, breaker, author, createdAt, onItsWay: pushedRevision < revision }
}

/**
 * Makes another set out of the one in force. `expected`: the revision that the caller starts from; undefined where a change
 * goes with any.
 *
 * @throws {Refusal} precondition_failed, validation_failed with the places, or what `plan` throws.
 */
export async function changeSet(
  database: Database,
  by: Author,
  stored: string,
  expected: number | undefined,
  plan: (now: Standing) => WantedSet,
): Promise<Standing> {
  const head = await changeRuleset(database, by, stored, async (before) => {
    const now = toStanding(before, stored)
    if (expected !== undefined && now.revision !== expected) {
      throw new Refusal('precondition_failed', { detail: `the revision is "${now.revision}" now` })
    }
    const next = await made(database, stored, now, plan(now), by.at)
    hold(next)
    return { ...next, revision: now.revision }
  })
  return toStanding(head, stored)
}

/** What a wanted set would be: for a change, and for who only asks. */
export async function made(
  database: Database,
  stored: string,
  now: Standing,
  wanted: WantedSet,
  at: Date,
): Promise<RulesetText> {
  const ids = wanted.rules?.map(({ id }) => id) ?? []
  const last = ids.length === 0 ? new Map<string, number>() : await lastVersions(database, stored, ids)
  return {
    rules: wanted.rules === undefined ? now.rules : versioned(wanted.rules, now.rules, last),
    // What has expired is of no use to anybody any more.
    lists: (wanted.lists ?? now.lists).map(({ name, entries }) => ({
      name,
      entries: entries.filter(({ until }) => until === undefined || until > at.getTime()),
    })),
    breaker: wanted.breaker === undefined ? now.breaker : wanted.breaker,
  }
}

/** @throws {Refusal} validation_failed */
function hold(set: RulesetText): void {
  const errors = problemsOf(set)
  const [first] = errors
  if (first === undefined) return
  const detail = `${first.field || 'the set'}: ${first.message}`
  throw new Refusal('validation_failed', { detail, members: { errors: errors.slice(0, 20) } })
}

export function listsOf(given: readonly z.infer<typeof Schemas.NewList>[]): List[] {
  return given.map(({ name, entries }) => ({ name, entries: entriesOf(entries) }))
}

export function entriesOf(given: readonly Schemas.Entry[]): List['entries'] {
  return given.map(({ value, until }) => (until === undefined ? { value } : { value, until: Date.parse(until) }))
}

export function showSet(set: Standing, scope: string): z.infer<typeof Schemas.Ruleset> {
  return {
    scope,
    revision: set.revision,
    rules: set.rules.map(showRule),
    lists: set.lists.map(showList),
    breaker: set.breaker,
    author: set.author,
    createdAt: set.createdAt?.toISOString() ?? null,
    onItsWay: set.onItsWay,
  }
}

export function showRule(rule: RulesetText['rules'][number]): z.infer<typeof Schemas.Rule> {
  return whole(rule, rule.version) as z.infer<typeof Schemas.Rule>
}

export function showList({ name, entries }: List): z.infer<typeof Schemas.List> {
  return {
    name,
    entries: entries.map(({ value, until }) =>
      until === undefined ? { value } : { value, until: new Date(until).toISOString() },
    ),
  }
}
