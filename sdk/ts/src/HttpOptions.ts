/** The request that a person describes as for curl: `-X`, `-H`, `-d`. */
import { readFile } from 'node:fs/promises'
import { buffer } from 'node:stream/consumers'
import { UsageError } from './Failure.ts'
import type * as Options from './Options.ts'
import type { Request } from './validate/Ask.ts'

export const options = {
  request: { type: 'string', short: 'X' },
  header: { type: 'string', short: 'H', multiple: true },
  data: { type: 'string', short: 'd' },
} as const

export const help = `  -X METHOD          GET, or POST with -d
  -H 'Name: value'   a header, or @FILE with one in each line: secrets are not for arguments
  -d DATA            the body, or @FILE, or @- for stdin; as application/json when it is JSON`

/** Headers by which a call is paid, or that belong to the connection. */
const RESERVED = /^(?:payment-.*|x-payment.*|pbstream-.*|host|content-length|connection|transfer-encoding)$/i

type Given = { request?: string | undefined; header?: string[] | undefined; data?: string | undefined }

/** @throws {UsageError} which quotes no header's value. */
export async function request(url: URL, given: Given, at: Options.Environment): Promise<Request> {
  const body = given.data === undefined ? undefined : await bytes(given.data, at)
  const method = (given.request ?? (body === undefined ? 'GET' : 'POST')).toUpperCase()
  if (!/^[A-Z]{1,32}$/.test(method) || ['CONNECT', 'TRACE', 'TRACK'].includes(method)) {
    throw new UsageError('-X is not a method such as POST.')
  }
  if (body !== undefined && (method === 'GET' || method === 'HEAD')) throw new UsageError(`A ${method} has no body.`)
  const headers = new Headers({ accept: '*/*' })
  const lines = await Promise.all((given.header ?? []).map((header) => linesOf(header)))
  for (const line of lines.flat()) add(headers, line)
  if (body !== undefined && !headers.has('content-type')) {
    headers.set('content-type', isJson(body) ? 'application/json' : 'application/x-www-form-urlencoded')
  }
  return { url: withoutFragment(url), method, headers, body }
}

function add(headers: Headers, line: string): void {
  const colon = line.indexOf(':')
  const name = line.slice(0, Math.max(0, colon)).trim()
  if (RESERVED.test(name)) throw new UsageError(`The header ${name} is set by the tool.`)
  try {
    headers.append(name, line.slice(colon + 1).trim())
  } catch {
    throw new UsageError("A header is not of the form 'Name: value'.")
  }
}

async function linesOf(header: string): Promise<string[]> {
  if (!header.startsWith('@')) return [header]
  const text = await readFile(header.slice(1), 'utf8').catch(() => {
    throw new UsageError(`The header file ${header.slice(1)} cannot be read.`)
  })
  return text.split(/\r?\n/).filter((line) => line.trim() !== '')
}

async function bytes(data: string, at: Options.Environment): Promise<Uint8Array<ArrayBuffer>> {
  if (!data.startsWith('@')) return new Uint8Array(new TextEncoder().encode(data))
  try {
    return new Uint8Array(data === '@-' ? await buffer(at.stdin) : await readFile(data.slice(1)))
  } catch {
    throw new UsageError(`The body ${data.slice(1)} cannot be read.`)
  }
}

function isJson(body: Uint8Array): boolean {
  try {
    JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body))
    return true
  } catch {
    return false
  }
}

function withoutFragment(url: URL): URL {
  const bare = new URL(url)
  bare.hash = ''
  return bare
}
