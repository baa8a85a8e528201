import * as Anthropic from './Anthropic.ts'
import * as Generic from './Generic.ts'
import type { JsonPicker } from './JsonPicker.ts'
import * as OpenAi from './OpenAi.ts'
import type { Tally } from './Tally.ts'
import type { Adapter } from './Types.ts'
import { parse } from './Value.ts'

/** How the answers of one kind of upstream are read. One is made for each answer. */
export interface Protocol {
  /** Where counts stand in a document, or in the data of an event. */
  readonly paths: readonly (readonly string[])[]
  /** An event of a stream. True: it carries nothing but usage. */
  event(data: string): boolean
  /** An event too long to be kept, or a whole document. */
  picked(picker: JsonPicker): void
  /** Whether the answer is made: at most its usage is still to come. */
  readonly isMade: boolean
  /** What a stream is cut with. */
  error(): string
}

const MESSAGE = 'the amount set aside for this call is used up'
const CODE = 'amount_used_up'

export function of(adapter: Exclude<Adapter, { kind: 'header' }>, tally: Tally): Protocol {
  if (adapter.kind === 'openai') return openAi(tally)
  if (adapter.kind === 'anthropic') return anthropic(tally)
  if (adapter.kind === 'json') return path(adapter.path, tally)
  return events(tally)
}

function openAi(tally: Tally): Protocol {
  let isMade = false
  let isChat = true
  return {
    paths: [['usage'], ['response', 'usage']],
    event(data) {
      isMade ||= OpenAi.isLast(data)
      if (data.startsWith('{"type":"response.')) isChat = false
      return OpenAi.event(data, tally)
    },
    picked(picker) {
      const told = OpenAi.report(picker.found(1)) ?? OpenAi.report(picker.found(0))
      if (told !== undefined) tally.report(told, true)
    },
    get isMade() {
      // The responses API tells its usage with its last event; in chats some servers tell it all along.
      return isMade || (!isChat && tally.isReported)
    },
    error: () => OpenAi.error(MESSAGE, CODE, isChat),
  }
}

function anthropic(tally: Tally): Protocol {
  const usage = new Anthropic.Usage()
  return {
    paths: [['usage'], ['message', 'usage']],
    event(data) {
      Anthropic.event(data, usage, tally)
      return false
    },
    picked: (picker) => Anthropic.reported(picker.found(1), picker.found(0), usage, tally),
    get isMade() {
      return tally.isReported
    },
    error: () => Anthropic.error(MESSAGE),
  }
}

function path(names: readonly string[], tally: Tally): Protocol {
  const quoted = names.findLast((name) => !/^[0-9]+$/.test(name))
  return {
    paths: [names],
    event(data) {
      if (quoted === undefined || data.includes(`"${quoted}"`)) {
        Generic.report(Generic.value(Generic.at(parse(data), names)), tally)
      }
      return false
    },
    picked: (picker) => Generic.report(Generic.value(picker.found(0)), tally),
    isMade: false,
    error,
  }
}

function events(tally: Tally): Protocol {
  const counted = () => tally.count('custom.event')
  return {
    // What is in events does not matter, only that they come.
    paths: [[]],
    event() {
      counted()
      return false
    },
    picked: counted,
    isMade: false,
    error,
  }
}

function error(): string {
  return `event: error\ndata: ${JSON.stringify({ error: { message: MESSAGE, code: CODE } })}\n\n`
}
