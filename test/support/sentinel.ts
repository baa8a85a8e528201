/** Rules, stops, decisions and channels of an owner, as the API of control has them. */
import type { RuleInput } from '@pbstream/core/Rule'
import { expect } from 'vitest'
import type { Owner, Reply } from './keysApi.ts'
import { until } from './until.ts'

/** A rule as the API takes it: versions are the server's. */
export type NewRule = Omit<RuleInput, 'version'>

/** Frozen for what it says, by those with the highest priority. */
export function ruleOf(over: Partial<NewRule> & Pick<NewRule, 'when'>): NewRule {
  return { id: 'rule', name: 'A rule', severity: 'high', action: 'freeze', fail: 'open', ...over }
}

export type SetParts = { rules?: NewRule[]; lists?: object[]; breaker?: object | null }

const query = (provider?: string) => (provider === undefined ? '' : `?provider=${provider}`)

/** Puts another set in force and waits until every key of the owner has it. With `provider`: that provider's set. */
export async function setRules(owner: Owner, set: SetParts, provider?: string): Promise<number> {
  const { json: now } = await owner.call('GET', `/rules${query(provider)}`)
  const headers = { 'if-match': `"${now['revision'] as number}"` }
  const put = await owner.call('PUT', `/rules${query(provider)}`, { body: set, headers })
  expect([put.status, put.json]).toEqual([200, put.json])
  await until('all keys have the rules', async () => {
    const { json } = await owner.call('GET', `/rules${query(provider)}`)
    return json['onItsWay'] === false
  })
  return put.json['revision'] as number
}

export type Stop = {
  id: string
  kind: 'frozen' | 'signature'
  scope: string
  rule: string
  version: number
  releasedAt: string | null
}

/** Stops of the owner's keys, newest first; also those that are over. */
export async function stopsOf(owner: Owner, provider?: string): Promise<Stop[]> {
  const { json } = await owner.call('GET', `/stops${query(provider)}`)
  return json['data'] as Stop[]
}

export type Decided = {
  id: string
  action: string
  effect: string
  rule: string
  version: number
  repeats: number
  country: string | null
}
export type Explained = Decided & {
  hits: { rule: string; version: number; effect: string; inputs: Record<string, string>; nodes: unknown[] }[]
}

/** Decisions about the owner's keys, newest first. */
export async function decisionsOf(owner: Owner, provider?: string): Promise<Decided[]> {
  const { json } = await owner.call('GET', `/decisions${query(provider)}`)
  return json['data'] as Decided[]
}

/** One of them with what its rule saw. */
export async function explained(owner: Owner, { id }: Decided): Promise<Explained> {
  const { json } = await owner.call('GET', `/decisions/${id}`)
  return json as Explained
}

/** Releases a stop with the wallet's consent. */
export function release(owner: Owner, id: string, body: object): Promise<Reply> {
  return owner.confirmed('POST', `/stops/${id}/release`, { body })
}

/** What an answer of the gateway was refused for; `ok` for one that was served. */
export async function codeOf(response: Response): Promise<string> {
  const text = await response.text()
  return response.ok ? 'ok' : (JSON.parse(text) as { code: string }).code
}
