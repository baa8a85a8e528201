/** How the API says no: RFC 9457 problem details. */
import { locale } from '../text.ts'
import { problemWords } from './words.ts'

export type FieldError = { field: string; detail: string; position?: number; line?: number; column?: number }

/** A refusal of the API. `message` is what to show: what is wrong and what to do. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem'
  /** Stable, from the table of the API; `network` when nothing was answered. */
  readonly code: string
  /** 0 when nothing was answered. */
  readonly status: number
  readonly detail: string
  /** `field` is a dotted path into the body (`rule.amount`), or a parameter. */
  readonly errors: FieldError[]
  /** Seconds. */
  readonly retryAfter?: number
  readonly typedData?: unknown
  readonly body: Record<string, unknown>

  constructor(status: number, body: Record<string, unknown>, retryAfter?: number) {
    const code = text(body['code']) ?? 'unknown'
    const detail = text(body['detail']) ?? ''
    super(spoken(code, detail, body))
    this.code = code
    this.status = status
    this.detail = detail
    this.body = body
    this.errors = fieldErrors(body['errors'])
    if (retryAfter !== undefined) this.retryAfter = retryAfter
    if (body['typedData'] !== undefined) this.typedData = body['typedData']
  }

  /** The problem of an answer. Never throws: an answer that is no problem document becomes one by its status. */
  static of(response: Response, body: unknown): ApiProblem {
    const after = Number(response.headers.get('retry-after') ?? Number.NaN)
    const members = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {}
    return new ApiProblem(response.status, members, Number.isFinite(after) ? after : undefined)
  }
}

/** Our own words where we have them; else what the API said: title, detail and hint, which are English. */
function spoken(code: string, detail: string, body: Record<string, unknown>): string {
  const known = (problemWords as { [code: string]: (() => string) | undefined })[code]
  if (known !== undefined) return detail !== '' && locale.value === 'en' ? `${known()} (${detail})` : known()
  const said = [text(body['title']), detail, text(body['hint'])].filter((part) => part !== undefined && part !== '')
  return said.length > 0 ? said.map((part) => sentence(part ?? '')).join(' ') : problemWords.unknown()
}

function sentence(part: string): string {
  const cased = part.charAt(0).toUpperCase() + part.slice(1)
  return /[.!?。！？]$/.test(cased) ? cased : `${cased}.`
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function fieldErrors(value: unknown): FieldError[] {
  if (!Array.isArray(value)) return []
  return value.flatMap((one: unknown) => {
    if (typeof one !== 'object' || one === null) return []
    const { field, message, detail, ...place } = one as Record<string, unknown>
    const said = text(detail) ?? text(message)
    if (said === undefined) return []
    return [{ field: dotted(text(field) ?? ''), detail: said, ...numbers(place) }]
  })
}

/** `/rule/amount` (a JSON pointer) as `rule.amount`. */
function dotted(field: string): string {
  return field
    .replace(/^\//, '')
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .join('.')
}

function numbers(place: Record<string, unknown>): { position?: number; line?: number; column?: number } {
  const names = ['position', 'line', 'column'] as const
  return Object.fromEntries(names.filter((name) => typeof place[name] === 'number').map((name) => [name, place[name]]))
}
