import type { Adapter } from './Types.ts'

const NAME = /^[A-Za-z0-9_-]{1,64}$/
const MAX_DEPTH = 8

/**
 * How a route says where its usage comes from: `pbstream-usage` (a header of the answer), `openai`, `anthropic`,
 * `events` (server-sent events, each counted as `custom.event`), or `json:` with the place of the count in the
 * upstream's JSON: names of members and places in lists, with dots between them (`json:result.0.tokens`).
 *
 * `undefined`: it says none of these.
 */
export function parse(text: string): Adapter | undefined {
  switch (text) {
    case 'pbstream-usage':
      return { kind: 'header' }
    case 'openai':
    case 'anthropic':
    case 'events':
      return { kind: text }
    default:
      return text.startsWith('json:') ? json(text.slice(5)) : undefined
  }
}

function json(text: string): Adapter | undefined {
  const path = text.split('.')
  return path.length <= MAX_DEPTH && path.every((name) => NAME.test(name)) ? { kind: 'json', path } : undefined
}
