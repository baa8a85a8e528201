import * as Count from './Count.ts'
import { tokens } from './Guess.ts'
import * as Scan from './Scan.ts'
import type { Report, Tally } from './Tally.ts'
import type { Units } from './Types.ts'
import { isObject, type Json, member, parse } from './Value.ts'

/**
 * Usage as Anthropic's messages say it. Counts do not overlap: `input_tokens` is without what was read from or written
 * to a cache; `output_tokens` includes thinking. A stream begins with counts and goes on with cumulative ones: each
 * field that is not null replaces what was said before.
 */

/** Fields that a later report replaces one by one. */
const FIELDS = [
  'input_tokens',
  'cache_creation_input_tokens',
  'cache_read_input_tokens',
  'output_tokens',
  'cache_creation',
  'output_tokens_details',
  'server_tool_use',
  'iterations',
] as const

/** All that a stream has said so far. */
export class Usage {
  #said: Json = {}

  /** Takes a `usage` object; what it says counts from now on, for what it does not say the earlier one does. */
  add(usage: unknown): Report | undefined {
    if (!isObject(usage)) return undefined
    const said: Record<string, unknown> = { ...this.#said }
    for (const field of FIELDS) if (isUsable(field, usage[field])) said[field] = usage[field]
    this.#said = said
    return report(said)
  }
}

function isUsable(field: (typeof FIELDS)[number], value: unknown): boolean {
  if (field === 'iterations') return Array.isArray(value)
  return field.endsWith('_tokens') ? Count.of(value) !== undefined : isObject(value)
}

/** What a `usage` object says; `undefined` when it says nothing usable. */
export function report(usage: unknown): Report | undefined {
  if (!isObject(usage)) return undefined
  const read = readOf(usage)
  const made = madeOf(usage)
  if (read === undefined && made === undefined) return undefined
  return {
    rest: Count.plus(toolsOf(usage), advisorOf(usage)),
    ...(read === undefined ? {} : { read: Count.plus(read, compactions(usage, readOf)) }),
    ...(made === undefined ? {} : { made: Count.plus(made, compactions(usage, madeOf)) }),
  }
}

function readOf(usage: Json): Units | undefined {
  const input = Count.of(usage['input_tokens'])
  const cached = Count.of(usage['cache_read_input_tokens'])
  const created = createdOf(usage)
  if (input === undefined && cached === undefined && created === undefined) return undefined
  return { input_token: input ?? 0n, cached_token: cached ?? 0n, ...created }
}

/** Writes to the cache: the total counts; what of it is not said to last an hour lasts five minutes. */
function createdOf(usage: Json): Units | undefined {
  const split = usage['cache_creation']
  const short = Count.of(member(split, 'ephemeral_5m_input_tokens'))
  const long = Count.of(member(split, 'ephemeral_1h_input_tokens'))
  const told = Count.of(usage['cache_creation_input_tokens'])
  if (told === undefined && short === undefined && long === undefined) return undefined
  const total = told ?? (short ?? 0n) + (long ?? 0n)
  const hour = Count.least(long ?? 0n, total)
  return { cache_write_token: total - hour, cache_write_1h_token: hour }
}

function madeOf(usage: Json): Units | undefined {
  const total = Count.of(usage['output_tokens'])
  if (total === undefined) return undefined
  const thinking = Count.least(Count.of(member(usage['output_tokens_details'], 'thinking_tokens')) ?? 0n, total)
  return { output_token: total - thinking, reasoning_token: thinking }
}

const TOOL = /^([a-z][a-z0-9_]{0,23})_requests$/
const MAX_TOOLS = 8

/** What the server's own tools were asked: `web_search_requests` are `custom.web_search`. */
function toolsOf(usage: Json): Units {
  const tools: Record<string, bigint> = {}
  const asked = usage['server_tool_use']
  if (!isObject(asked)) return tools
  for (const [name, value] of Object.entries(asked)) {
    const tool = TOOL.exec(name)?.[1]
    const count = Count.of(value)
    if (tool === undefined || count === undefined) continue
    tools[`custom.${tool}`] = count
    if (Object.keys(tools).length === MAX_TOOLS) break
  }
  return tools
}

/** The rounds of one answer may be many; no answer has more. */
const MAX_ITERATIONS = 256

/** Rounds in which the conversation was summarised: paid as any other, and not in the totals. */
function compactions(usage: Json, unitsOf: (usage: Json) => Units | undefined): Units {
  return sumOf(usage, 'compaction', unitsOf)
}

/** Rounds of an advisor are another model's, at another price: units of their own. */
function advisorOf(usage: Json): Units {
  const read = Count.sum(sumOf(usage, 'advisor_message', readOf))
  const made = Count.sum(sumOf(usage, 'advisor_message', madeOf))
  return read + made === 0n ? {} : { 'custom.advisor_input_token': read, 'custom.advisor_output_token': made }
}

function sumOf(usage: Json, type: string, unitsOf: (usage: Json) => Units | undefined): Units {
  const iterations = usage['iterations']
  if (!Array.isArray(iterations)) return {}
  let total: Units = {}
  for (const iteration of iterations.slice(0, MAX_ITERATIONS) as unknown[]) {
    if (isObject(iteration) && iteration['type'] === type) total = Count.plus(total, unitsOf(iteration) ?? {})
  }
  return total
}

/** Takes an event of a stream into account. */
export function event(data: string, usage: Usage, tally: Tally): void {
  if (Scan.hasObject(data, 'usage')) {
    const json = parse(data)
    return reported(member(member(json, 'message'), 'usage'), member(json, 'usage'), usage, tally)
  }
  if (Scan.textOf(data, 'partial_json') < 0 && Scan.valueOf(data, 'delta') < 0) return
  for (const [name, kind] of DELTAS) {
    const start = Scan.textOf(data, name)
    if (start < 0) continue
    return tally.delta(kind, tokens(data, start))
  }
}

/** In `content_block_delta`. Thinking may be shown shorter than it was, never longer. */
const DELTAS = [
  ['text', 'output'],
  ['partial_json', 'output'],
  ['thinking', 'reasoning'],
] as const

/** The counts at the beginning are those of the prompt; of the answer they say only what was made by then. */
export function reported(start: unknown, delta: unknown, usage: Usage, tally: Tally): void {
  const begun = usage.add(start)
  if (begun !== undefined) tally.report(begun, false)
  const told = usage.add(delta)
  if (told !== undefined) tally.report(told, Count.of(member(delta, 'output_tokens')) !== undefined)
}

/** The error event of a stream. */
export function error(message: string): string {
  return `event: error\ndata: ${JSON.stringify({ type: 'error', error: { type: 'billing_error', message } })}\n\n`
}
