/** Reads one value where an oracle says: a JSON document, or a view of a contract. What goes wrong has a word for it. */
import { parsePath, pick, readNumber, readWord } from '@pbstream/core/Oracle'
import type { OracleSource } from '@pbstream/db/OracleRows'
import { RAW_MAX } from '@pbstream/db/OracleValues'
import type { Env } from '../Env.ts'
import { judge } from './Gate.ts'

/** `raw`: the number as it stood there. */
export type Answer = { value: bigint; raw: string; source: string } | { error: string; raw: string | null }

/** From asking to the last byte. */
export const TIMEOUT_MS = 5_000
/** No document with a price in it is larger. */
export const BYTES_MAX = 65_536

/** `header`: the value of the header that the source names. Never throws. */
export async function read(env: Env, source: OracleSource, header: string | undefined): Promise<Answer> {
  try {
    if (source.kind === 'url') return await readUrl(env, source, header)
    if (source.kind === 'chain') return await readChain(env, source)
    return refused('not_read')
  } catch {
    // Words of other people's servers are not kept.
    return refused('failed')
  }
}

async function readUrl(env: Env, source: OracleSource & { kind: 'url' }, header: string | undefined): Promise<Answer> {
  // The name was good when it was written; what may be called can have changed since.
  const judged = judge(env, source.url)
  if (!judged.ok) return refused('url_refused')
  const path = parsePath(source.path)
  if (path === undefined) return refused('path_invalid')
  if (source.header !== null && header === undefined) return refused('header_unreadable')
  const text = await get(judged.url, source.header === null ? {} : { [source.header]: header ?? '' })
  if ('error' in text) return refused(text.error)
  const found = pick(parse(text.body), path)
  if (found === undefined) return refused('nothing_there')
  const value = readNumber(found, source.decimals)
  const raw = typeof found === 'number' || typeof found === 'string' ? plain(String(found)) : null
  return value === undefined ? { error: 'no_number', raw } : { value, raw: raw ?? '', source: 'url' }
}

async function readChain(env: Env, source: OracleSource & { kind: 'chain' }): Promise<Answer> {
  const { chainId, contract, data, word, signed, decimals } = source
  if (env.OPERATIONS === undefined) return refused('not_configured')
  const reply = await env.OPERATIONS.view(1, { chainId, contract, data })
  if (reply.kind !== 'returned') return refused(reply.kind)
  const value = readWord(reply.data, word, signed, decimals)
  const raw = plain(`0x${reply.data.slice(2 + 64 * word, 66 + 64 * word)}`)
  return value === undefined ? { error: 'no_number', raw } : { value, raw, source: `chain ${reply.block}` }
}

/** One GET: no redirect is followed, and no more is read than a document with a price in it has. */
async function get(url: URL, headers: Record<string, string>): Promise<{ body: string } | { error: string }> {
  const signal = AbortSignal.timeout(TIMEOUT_MS)
  try {
    const response = await fetch(url, {
      redirect: 'manual',
      signal,
      headers: { accept: 'application/json', 'user-agent': 'PB-Stream-Oracle/1', ...headers },
    })
    if (response.status !== 200) {
      await response.body?.cancel()
      return {
        error: response.status >= 300 && response.status < 400 ? 'redirect_refused' : `status_${response.status}`,
      }
    }
    const body = await whole(response, signal)
    return body === undefined ? { error: 'too_large' } : { body }
  } catch {
    return { error: signal.aborted ? 'timeout' : 'connection_failed' }
  }
}

/** The body as text; undefined when it is larger than any that is read. */
async function whole(response: Response, signal: AbortSignal): Promise<string | undefined> {
  const reader = response.body?.getReader()
  if (reader === undefined) return ''
  // A body that never ends: the time is over for it too.
  signal.addEventListener('abort', () => void reader.cancel().catch(() => {}), { once: true })
  const decoder = new TextDecoder()
  let text = ''
  let size = 0
  for (;;) {
    const { done, value } = await reader.read()
    signal.throwIfAborted()
    if (done) return text + decoder.decode()
    size += value.length
    if (size > BYTES_MAX) {
      await reader.cancel()
      return undefined
    }
    text += decoder.decode(value, { stream: true })
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** What a row can hold: short, and nothing that a database refuses. */
function plain(text: string): string {
  return text
    .slice(0, RAW_MAX)
    .replaceAll(/\p{Cc}/gu, ' ')
    .toWellFormed()
}

function refused(error: string): Answer {
  return { error, raw: null }
}
