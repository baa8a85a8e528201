import * as Count from './Count.ts'
import { tokens } from './Guess.ts'
import * as Scan from './Scan.ts'
import type { Report, Tally } from './Tally.ts'
import type { Units } from './Types.ts'
import { isObject, type Json, member, parse } from './Value.ts'

/**
 * Usage as OpenAI says it, and all who speak its language: chat completions, completions, responses, embeddings,
 * images. Totals include their parts (`prompt_tokens` the cached ones, `completion_tokens` the reasoning and the
 * rejected predictions); our units do not overlap.
 */

/** What a `usage` object says; `undefined` when it says nothing usable. */
export function report(usage: unknown): Report | undefined {
  if (!isObject(usage)) return undefined
  const read = readOf(usage)
  const made = madeOf(usage)
  if (read === undefined && made === undefined) return undefined
  return { rest: audioOf(usage), ...(read === undefined ? {} : { read }), ...(made === undefined ? {} : { made }) }
}

/** Of the prompt: what was cached and what was written to a cache is taken out of the total, as far as it reaches. */
function readOf(usage: Json): Units | undefined {
  const total = promptOf(usage)
  if (total === undefined) return undefined
  const details = promptDetails(usage)
  const told = Count.of(member(details, 'cached_tokens')) ?? Count.of(member(usage, 'prompt_cache_hit_tokens')) ?? 0n
  const cached = Count.least(told, total)
  const written = Count.least(Count.of(member(details, 'cache_write_tokens')) ?? 0n, total - cached)
  return { input_token: total - cached - written, cached_token: cached, cache_write_token: written }
}

/** Of the answer: reasoning is taken out of the total. Some servers leave it out; their grand total shows that. */
function madeOf(usage: Json): Units | undefined {
  const total = Count.of(member(usage, 'completion_tokens')) ?? Count.of(member(usage, 'output_tokens'))
  if (total === undefined) return undefined
  const told = Count.of(member(completionDetails(usage), 'reasoning_tokens')) ?? 0n
  const isApart = told > 0n && Count.of(member(usage, 'total_tokens')) === (promptOf(usage) ?? 0n) + total + told
  const reasoning = Count.least(told, total)
  return { output_token: isApart ? total : total - reasoning, reasoning_token: isApart ? told : reasoning }
}

/** Audio is counted once more, beside the tokens that it is among: for cards on which it costs more. */
function audioOf(usage: Json): Units {
  return {
    'custom.audio_input_token': Count.of(member(promptDetails(usage), 'audio_tokens')) ?? 0n,
    'custom.audio_output_token': Count.of(member(completionDetails(usage), 'audio_tokens')) ?? 0n,
  }
}

function promptOf(usage: Json): bigint | undefined {
  return Count.of(member(usage, 'prompt_tokens')) ?? Count.of(member(usage, 'input_tokens'))
}

function promptDetails(usage: Json): unknown {
  return member(usage, 'prompt_tokens_details') ?? member(usage, 'input_tokens_details')
}

function completionDetails(usage: Json): unknown {
  return member(usage, 'completion_tokens_details') ?? member(usage, 'output_tokens_details')
}

/** Takes an event of a stream into account. True: it is the chunk that carries nothing but usage. */
export function event(data: string, tally: Tally): boolean {
  const json = Scan.hasObject(data, 'usage') ? parse(data) : undefined
  if (json !== undefined) {
    const told = report(member(member(json, 'response'), 'usage')) ?? report(member(json, 'usage'))
    if (told !== undefined) tally.report(told, true)
    if (isExtra(json)) return true
  }
  countDelta(data, tally)
  return false
}

/** The chunk that `include_usage` asks for. One that carries a choice as well is content, whoever asked for usage. */
function isExtra(json: unknown): boolean {
  const choices = member(json, 'choices')
  return Array.isArray(choices) && choices.length === 0 && isObject(member(json, 'usage'))
}

/** In chunks of chat: what the model made. `reasoning` may be a summary of it, which proves nothing. */
const CHAT_OUTPUT = ['content', 'refusal', 'arguments']

/** In events of the responses API: the deltas that the model made, and not summaries of its reasoning. */
const DELTA_OUTPUT = new Set([
  'response.output_text.delta',
  'response.refusal.delta',
  'response.function_call_arguments.delta',
  'response.custom_tool_call_input.delta',
  'response.mcp_call_arguments.delta',
  'response.code_interpreter_call_code.delta',
])

/** Of one event at most one token is certain: servers gather several in one, but they do not divide one. */
function countDelta(data: string, tally: Tally): void {
  const delta = Scan.valueOf(data, 'delta')
  if (delta >= 0 && data[delta] === '"') return countEventDelta(data, delta + 1, tally)
  if (delta < 0 && Scan.valueOf(data, 'choices') < 0) return
  if (countText(data, delta < 0 ? ['text'] : CHAT_OUTPUT, 'output', tally)) return
  if (countText(data, ['reasoning_content'], 'reasoning', tally)) return
  const summary = Scan.textOf(data, 'reasoning')
  if (summary >= 0) tally.guess(tokens(data, summary))
}

function countText(data: string, names: readonly string[], kind: 'output' | 'reasoning', tally: Tally): boolean {
  for (const name of names) {
    const start = Scan.textOf(data, name)
    if (start < 0) continue
    tally.delta(kind, tokens(data, start))
    return true
  }
  return false
}

function countEventDelta(data: string, start: number, tally: Tally): void {
  if (data[start] === '"') return
  const name = Scan.textOf(data, 'type')
  const type = name < 0 ? '' : data.slice(name, Scan.endOf(data, name))
  if (DELTA_OUTPUT.has(type)) return tally.delta('output', tokens(data, start))
  if (type === 'response.reasoning_text.delta') return tally.delta('reasoning', tokens(data, start))
  if (type === 'response.reasoning_summary_text.delta') tally.guess(tokens(data, start))
}

/** Whether the model has ended the answer, so that only its usage is still to come. */
export function isLast(data: string): boolean {
  return Scan.textOf(data, 'finish_reason') >= 0
}

/** The error of a stream of chat chunks, or of the events of the responses API. */
export function error(message: string, code: string, isChat: boolean): string {
  if (!isChat) return `event: error\ndata: ${JSON.stringify({ type: 'error', code, message, param: null })}\n\n`
  return `data: ${JSON.stringify({ error: { message, type: 'billing_error', param: null, code } })}\n\n`
}
