import { isObject, type Json } from './Value.ts'

/**
 * Whether all that the model reads is in the request itself: text, and nothing that stands for more than it is (images,
 * files, addresses, earlier answers, tools of the server, templates). What is not known to be harmless is not.
 */
export function isClosed(request: Json): boolean {
  for (const [name, value] of Object.entries(request)) {
    const rule = MEMBERS.get(name)
    if (rule === undefined || !(value === null || rule(value))) return false
  }
  return true
}

type Rule = (value: unknown) => boolean

const any: Rule = () => true
const isText: Rule = (value) => typeof value === 'string'
const listOf =
  (rule: Rule): Rule =>
  (value) =>
    Array.isArray(value) && value.every(rule)
const either =
  (...rules: readonly Rule[]): Rule =>
  (value) =>
    rules.some((rule) => rule(value))

/** An object with these members and no others. */
const objectOf =
  (members: Readonly<Record<string, Rule>>): Rule =>
  (value) =>
    isObject(value) &&
    Object.entries(value).every(
      ([name, inner]) => inner === null || (Object.hasOwn(members, name) && members[name]?.(inner)),
    )

const only =
  (...words: readonly string[]): Rule =>
  (value) =>
    words.includes(value as string)

const isPart = objectOf({
  type: only('text', 'input_text', 'output_text', 'refusal'),
  text: isText,
  refusal: isText,
  annotations: listOf(any),
  citations: listOf(any),
  logprobs: listOf(any),
  cache_control: any,
})
const isContent = either(isText, listOf(either(isText, isPart)))

const isCall = objectOf({
  id: isText,
  index: any,
  type: only('function', 'custom'),
  function: any,
  custom: any,
})

/** Blocks of Anthropic's messages. What thinking was cannot be more than its text. */
const isBlock = either(
  isPart,
  objectOf({ type: only('tool_use'), id: isText, name: isText, input: any, cache_control: any }),
  objectOf({ type: only('tool_result'), tool_use_id: isText, content: isContent, is_error: any, cache_control: any }),
  objectOf({ type: only('thinking'), thinking: isText, signature: isText }),
)

const isMessage = objectOf({
  role: isText,
  content: either(isText, listOf(either(isText, isBlock))),
  name: isText,
  refusal: isText,
  reasoning_content: isText,
  tool_calls: listOf(isCall),
  tool_call_id: isText,
  function_call: any,
})

/** Items of the input of the responses API. */
const isItem = either(
  objectOf({ type: only('message'), id: isText, status: isText, role: isText, content: isContent }),
  objectOf({
    type: only('function_call'),
    id: isText,
    call_id: isText,
    status: isText,
    name: isText,
    arguments: isText,
  }),
  objectOf({ type: only('function_call_output'), id: isText, call_id: isText, status: isText, output: isContent }),
)

/** Tools that the caller runs. Those of a server read what is not in the request. */
const isTool = either(
  objectOf({ type: only('function'), function: any }),
  objectOf({ type: only('function'), name: isText, description: isText, parameters: any, strict: any }),
  objectOf({ type: only('custom'), name: isText, description: isText, format: any }),
  objectOf({ type: only('custom'), custom: any }),
  objectOf({ type: only('custom'), name: isText, description: isText, input_schema: any, cache_control: any }),
)

const isPrompt = either(isText, listOf(either(isText, Number.isInteger, listOf(Number.isInteger))))

const READ: Readonly<Record<string, Rule>> = {
  messages: listOf(isMessage),
  prompt: isPrompt,
  input: either(isPrompt, listOf(either(isText, isItem))),
  instructions: isText,
  system: isContent,
  tools: listOf(isTool),
  model: isText,
  suffix: isText,
}

/** Members that say how to answer, or are read as the text that they are. */
const OTHERS = `
  functions response_format text metadata tool_choice function_call parallel_tool_calls
  max_tokens max_completion_tokens max_output_tokens n best_of stream stream_options stop stop_sequences
  temperature top_p top_k min_p seed presence_penalty frequency_penalty repetition_penalty logit_bias
  logprobs top_logprobs reasoning reasoning_effort thinking verbosity
  user safety_identifier service_tier store prompt_cache_key prompt_cache_retention cache_control
  encoding_format dimensions truncation
`

const MEMBERS: ReadonlyMap<string, Rule> = new Map([
  ...Object.entries(READ),
  ...OTHERS.trim()
    .split(/\s+/)
    .map((name): [string, Rule] => [name, any]),
])
