/** How the API says no: RFC 9457 problem details. */
import { chineseOfCode } from '../said/Codes.ts'
import { chineseOf, englishOf, type Said } from '../said/Said.ts'
import { locale } from '../text.ts'
import { problemWords } from './words.ts'

export type FieldError = { field: string; detail: string; position?: number; line?: number; column?: number }

/** A refusal of the API. `said` is what to show: what is wrong and what to do; `message` is the same as one text. */
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
    const errors = fieldErrors(body['errors'])
    // Where fields have errors of their own the detail is the first of them once more.
    const detail = errors.length > 0 ? '' : (text(body['detail']) ?? '')
    const said = spoken(code, detail, body)
    super(said.english === undefined ? said.text : `${said.text} (${said.english})`)
    this.code = code
    this.status = status
    this.detail = detail
    this.body = body
    this.errors = errors
    if (retryAfter !== undefined) this.retryAfter = retryAfter
    if (body['typedData'] !== undefined) this.typedData = body['typedData']
  }

  /** In the language of the page, whichever it was when it happened. */
  get said(): Said {
    return spoken(this.code, this.detail, this.body)
  }

  /** The problem of an answer. Never throws: an answer that is no problem document becomes one by its status. */
  static of(response: Response, body: unknown): ApiProblem {
    const after = Number(response.headers.get('retry-after') ?? Number.NaN)
    const members = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {}
    return new ApiProblem(response.status, members, Number.isFinite(after) ? after : undefined)
  }
}

/** By the code, which is stable; the detail after it. Only English has words for a code that is newer than this page. */
function spoken(code: string, detail: string, body: Record<string, unknown>): Said {
  const known = (problemWords as { [code: string]: (() => string) | undefined })[code]
  if (locale.value === 'zh') return withDetail(known?.() ?? chineseOfCode(code) ?? problemWords.unknown(), detail)
  if (known !== undefined) return { text: detail === '' ? known() : `${known()} (${englishOf(detail)})` }
  const said = [text(body['title']), englishOf(detail), text(body['hint'])].filter((part) => part !== undefined && part)
  return { text: said.length > 0 ? said.map((part) => sentence(part ?? '')).join(' ') : problemWords.unknown() }
}

function withDetail(text: string, detail: string): Said {
  if (detail === '') return { text }
  const chinese = chineseOf(detail)
  return chinese === undefined ? { text, english: detail } : { text: `${text}（${chinese}）` }
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
