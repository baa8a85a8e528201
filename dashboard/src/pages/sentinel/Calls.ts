/** The calls of the API that these pages make, each with whose it is. They throw `ApiProblem`. */
import { api, data, dataAndEtag } from '../../api/Client.ts'
import { confirmed } from '../../api/Confirmed.ts'
import type { ChannelEdit, MoneyBreaker, NewBacktest, NewChannel, NewRule, RuleList, Ruleset } from './Types.ts'
import type { Whose } from './Whose.ts'

const LIMIT = 100

function paged(whose: Whose, cursor: string | undefined) {
  return { ...whose, limit: LIMIT, ...(cursor === undefined ? {} : { cursor }) }
}

type Page<T> = { data: T[]; nextCursor: string | null }

function pageOf<T>({ data: items, nextCursor }: Page<T>): { items: T[]; nextCursor: string | null } {
  return { items, nextCursor }
}

const ifMatch = (revision: number) => ({ 'If-Match': `"${revision}"` })

/* Rules */

export const getRules = (whose: Whose, signal: AbortSignal): Promise<Ruleset> =>
  data(api.GET('/rules', { params: { query: whose }, signal }))

export type WantedSet = { rules: NewRule[]; lists?: RuleList[]; breaker?: MoneyBreaker | null }

/** Puts a set in force, whole or not at all. `revision`: the one that the edit started from. */
export const setRules = (whose: Whose, revision: number, set: WantedSet): Promise<Ruleset> =>
  data(api.PUT('/rules', { params: { query: whose }, headers: ifMatch(revision), body: set }))

export const validateRules = (whose: Whose, set: WantedSet, signal?: AbortSignal) =>
  data(
    api.POST('/rules/validate', {
      params: { query: whose },
      body: set,
      ...(signal === undefined ? {} : { signal }),
    }),
  )

export const features = (signal?: AbortSignal) =>
  data(api.GET('/rules/features', signal === undefined ? {} : { signal })).then((answer) => answer.data)

export const templates = (signal?: AbortSignal) =>
  data(api.GET('/rules/templates', signal === undefined ? {} : { signal })).then((answer) => answer.data)

export const versions = (whose: Whose, id: string, cursor: string | undefined, signal: AbortSignal) =>
  data(api.GET('/rules/{id}/versions', { params: { path: { id }, query: paged(whose, cursor) }, signal })).then(pageOf)

export const revisions = (whose: Whose, cursor: string | undefined, signal: AbortSignal) =>
  data(api.GET('/rule-revisions', { params: { query: paged(whose, cursor) }, signal })).then(pageOf)

export const revision = (whose: Whose, number: number, signal: AbortSignal): Promise<Ruleset> =>
  data(api.GET('/rule-revisions/{revision}', { params: { path: { revision: number }, query: whose }, signal }))

export const backtest = (whose: Whose, wanted: NewBacktest, signal: AbortSignal) =>
  data(api.POST('/rules/backtest', { params: { query: whose }, body: wanted, signal }))

/* Lists: each change is a set in force at once */

export const lists = (whose: Whose, signal: AbortSignal) =>
  data(api.GET('/rule-lists', { params: { query: whose }, signal }))

export const setList = (whose: Whose, { name, entries }: RuleList) =>
  data(api.PUT('/rule-lists/{name}', { params: { path: { name }, query: whose }, body: { entries } }))

export const deleteList = (whose: Whose, name: string) =>
  data(api.DELETE('/rule-lists/{name}', { params: { path: { name }, query: whose } }))

export const addEntries = (whose: Whose, name: string, entries: RuleList['entries']) =>
  data(
    api.POST('/rule-lists/{name}/entries', {
      params: { path: { name }, query: whose },
      body: { entries },
    }),
  )

export const removeEntries = (whose: Whose, name: string, values: string[]) =>
  data(api.POST('/rule-lists/{name}/remove', { params: { path: { name }, query: whose }, body: { values } }))

/* Snoozes */

export const snoozes = (whose: Whose, session: string, signal: AbortSignal) =>
  data(api.GET('/snoozes', { params: { query: { ...whose, session } }, signal }))

/** `of: 'platform'` needs the wallet, but to end one. `seconds` 0 ends it. */
export const snooze = (whose: Whose, wish: { session: string; rule: string; seconds: number; of?: 'platform' }) => {
  const params = { query: whose }
  return confirmed((headers) => data(api.PUT('/snoozes', { params, body: wish, headers })))
}

/* Decisions */

export type DecisionFilter = {
  rule?: string
  action?: 'allow' | 'alert' | 'throttle' | 'require_signature' | 'block' | 'freeze' | 'breaker'
  effect?: 'done' | 'shadow' | 'snoozed' | 'failed'
  session?: string
  since?: string
  until?: string
}

export const decisions = (whose: Whose, filter: DecisionFilter, cursor: string | undefined, signal: AbortSignal) =>
  data(api.GET('/decisions', { params: { query: { ...paged(whose, cursor), ...filter } }, signal })).then(pageOf)

export const decision = (id: string, signal: AbortSignal) =>
  data(api.GET('/decisions/{id}', { params: { path: { id } }, signal }))

export const results = (whose: Whose, between: { since?: string; until?: string }, signal: AbortSignal) =>
  data(api.GET('/rule-results', { params: { query: { ...whose, ...between } }, signal }))

/* Stops */

export type StopFilter = { open?: 'true' | 'false'; kind?: 'signature' | 'frozen'; session?: string }

export const stops = (whose: Whose, filter: StopFilter, cursor: string | undefined, signal: AbortSignal) =>
  data(api.GET('/stops', { params: { query: { ...paged(whose, cursor), ...filter } }, signal })).then(pageOf)

export const stop = (id: string, signal: AbortSignal) =>
  data(api.GET('/stops/{id}', { params: { path: { id } }, signal }))

/** A payer's wallet is asked. @throws {ApiProblem} stop_frozen_on_chain */
export const releaseStop = (id: string, wish: { reason: string; snoozeSeconds: number }) => {
  const params = { path: { id } }
  return confirmed((headers) => data(api.POST('/stops/{id}/release', { params, body: wish, headers })))
}

export const confirmStop = (id: string, wish: { reason?: string; snoozeSeconds: number }) => {
  const params = { path: { id } }
  return confirmed((headers) => data(api.POST('/stops/{id}/confirm', { params, body: wish, headers })))
}

/* Breakers */

export const breakers = (provider: string, signal: AbortSignal) =>
  data(api.GET('/breakers', { params: { query: { provider } }, signal })).then((answer) => answer.data)

export const openBreaker = (subject: string, reason: string) =>
  data(api.POST('/breakers/{subject}/open', { params: { path: { subject } }, body: { reason } }))

export const closeBreaker = (subject: string, reason: string) =>
  data(api.POST('/breakers/{subject}/close', { params: { path: { subject } }, body: { reason } }))

/* Alert channels */

export const channels = (whose: Whose, cursor: string | undefined, signal: AbortSignal) =>
  data(api.GET('/alert-channels', { params: { query: paged(whose, cursor) }, signal })).then(pageOf)

export const channel = (id: string, signal?: AbortSignal) =>
  dataAndEtag(
    api.GET('/alert-channels/{id}', { params: { path: { id } }, ...(signal === undefined ? {} : { signal }) }),
  )

export const createChannel = (whose: Whose, wish: NewChannel) =>
  data(api.POST('/alert-channels', { params: { query: whose }, body: wish }))

export const editChannel = (id: string, etag: string, edit: ChannelEdit) =>
  data(
    api.PATCH('/alert-channels/{id}', {
      params: { path: { id } },
      headers: { 'If-Match': etag },
      body: edit,
    }),
  )

export const rotateSecret = (id: string, etag: string) =>
  data(
    api.POST('/alert-channels/{id}/rotate-secret', {
      params: { path: { id } },
      headers: { 'If-Match': etag },
    }),
  )

export const deleteChannel = (id: string) => data(api.DELETE('/alert-channels/{id}', { params: { path: { id } } }))

export const testChannel = (id: string) => data(api.POST('/alert-channels/{id}/test', { params: { path: { id } } }))

export const confirmChannel = (id: string, code: string) =>
  data(api.POST('/alert-channels/{id}/confirm', { params: { path: { id } }, body: { code } }))

export const deliveries = (id: string, cursor: string | undefined, signal: AbortSignal) =>
  data(api.GET('/alert-channels/{id}/deliveries', { params: { path: { id }, query: paged({}, cursor) }, signal })).then(
    pageOf,
  )

export const resendDelivery = (id: string, delivery: number) =>
  data(api.POST('/alert-channels/{id}/deliveries/{delivery}/resend', { params: { path: { id, delivery } } }))
