import * as Bounds from './Bounds.ts'
import * as Members from './Members.ts'
import * as Scan from './Scan.ts'
import type { Adapter, Prepared } from './Types.ts'
import { isObject, type Json, parse } from './Value.ts'

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const encoder = new TextEncoder()

const FORM = /^\s*multipart\/form-data\b/i
const USAGE = '{"include_usage":true}'

/**
 * Reads a request before it goes to the upstream: what it allows to use, and, for chat completions in a stream, the
 * order to report what was used. Of the caller's bytes nothing is changed but that.
 *
 * @param adapter `undefined`: of a route that counts by no adapter.
 */
export function prepare(
  adapter: Adapter | undefined,
  body: Uint8Array | undefined,
  contentType: string | null,
): Prepared {
  if (body === undefined || body.length === 0) return plain(body)
  const isModel = adapter?.kind === 'openai' || adapter?.kind === 'anthropic'
  const text = decode(body)
  const json = text === undefined ? undefined : parse(text)
  if (text === undefined || !isObject(json)) {
    if (!isModel || isForm(body, contentType)) return plain(body)
    return { ...plain(body), refused: 'the body is not a JSON object in UTF-8' }
  }
  // Of two members of one name, origins take the one or the other.
  const isPlain = Members.count(text) === Bounds.countMembers(json)
  if (!isModel) return { ...plain(body), bounds: isPlain ? Bounds.ofPlain(json) : {} }
  const bounds = isPlain ? Bounds.ofModel(json, body.length) : {}
  const read = { ...plain(body), bounds, stream: streams(text) }
  return adapter?.kind === 'openai' && read.stream && isChat(json) ? ordered(read, text) : read
}

function plain(body: Uint8Array | undefined): Prepared {
  return { ...(body === undefined ? {} : { body }), rewritten: false, bounds: {}, stream: false, hides: false }
}

function decode(body: Uint8Array): string | undefined {
  try {
    return decoder.decode(body)
  } catch {
    return undefined
  }
}

/** A form, as for files; it also begins as one. */
function isForm(body: Uint8Array, contentType: string | null): boolean {
  return FORM.test(contentType ?? '') && body[0] === 45 && body[1] === 45
}

const FALSE = new Set(['false', 'f', 'no', 'n', 'off', '0', ''])

/** Whether any member asks for a stream, in any way that some server understands. */
function streams(text: string): boolean {
  return Members.of(text).some((member) => {
    if (Members.folded(member.name) !== 'stream') return false
    const value = parse(text.slice(member.from, member.to))
    if (typeof value === 'string') return !FALSE.has(value.trim().toLowerCase())
    return Boolean(value)
  })
}

/** Chat completions, or completions: not the responses API, which always reports, nor images, which do too. */
function isChat(json: Json): boolean {
  const names = new Map(Object.entries(json).map(([name, value]) => [Members.folded(name), value]))
  if (names.has('messages')) return true
  const prompt = names.get('prompt')
  if (typeof prompt !== 'string' && !Array.isArray(prompt)) return false
  return !/image|dall-e/i.test(String(names.get('model')))
}

/** With the order to report usage, wherever a server may look for it. */
function ordered(read: Prepared, text: string): Prepared {
  const options = Members.of(text).filter((member) => Members.folded(member.name) === 'stream_options')
  const edits: Edit[] = []
  let asked = false
  for (const { from, to } of options) {
    if (text.slice(from, to) === 'null') edits.push({ from, to, text: USAGE })
    else if (text[from] !== '{') return { ...read, refused: 'stream_options is not an object' }
    else {
      const inner = Members.of(text, from).filter((member) => Members.folded(member.name) === 'include_usage')
      asked ||= inner.some((member) => text.slice(member.from, member.to) === 'true')
      for (const member of inner) edits.push({ from: member.from, to: member.to, text: 'true' })
      if (!inner.some((member) => member.name === 'include_usage')) {
        const isEmpty = text[Scan.skipSpace(text, from + 1)] === '}'
        edits.push({ from: from + 1, to: from + 1, text: `"include_usage":true${isEmpty ? '' : ','}` })
      }
    }
  }
  if (!options.some((member) => member.name === 'stream_options')) {
    const end = text.lastIndexOf('}')
    edits.push({ from: end, to: end, text: `,"stream_options":${USAGE}` })
  }
  const changed = edit(text, edits)
  if (changed === text) return { ...read, hides: false }
  return { ...read, body: encoder.encode(changed), rewritten: true, hides: !asked }
}

/** `from` to `to` becomes `text`. */
type Edit = { from: number; to: number; text: string }

function edit(text: string, edits: readonly Edit[]): string {
  let out = ''
  let at = 0
  for (const change of edits.toSorted((a, b) => a.from - b.from)) {
    out += text.slice(at, change.from) + change.text
    at = change.to
  }
  return out + text.slice(at)
}
