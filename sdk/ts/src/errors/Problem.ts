/** A failed answer as an error, for those who want to throw it. */
import { PBStreamError, type SentinelFacts } from './PBStreamError.ts'

/** The body of a problem answer (RFC 9457), as far as it is used here. */
export type ProblemBody = {
  code: string
  title?: string
  status?: number
  detail?: string
  hint?: string
  retryable?: boolean
  requestId?: string
  sentinel?: unknown
}

/** A class for each code. */
export type ErrorClasses = { readonly [code: string]: new (details?: object) => PBStreamError }

/** The problem in an answer, without using up its body; `undefined` when it holds none. Never throws. */
export async function problemOf(response: Response): Promise<ProblemBody | undefined> {
  if (response.status < 400 || response.bodyUsed) return undefined
  if (!/^application\/(?:problem\+)?json\b/i.test(response.headers.get('content-type') ?? '')) return undefined
  try {
    const body: unknown = await response.clone().json()
    const { code } = (body ?? {}) as { code?: unknown }
    return typeof code === 'string' ? (body as ProblemBody) : undefined
  } catch {
    return undefined
  }
}

/** The error that a problem stands for: made by the class of its code, or a plain one where there is none. */
export function toError(problem: ProblemBody, status: number, classes: ErrorClasses = {}): PBStreamError {
  const { code, detail, hint, retryable, requestId } = problem
  const details = {
    ...(typeof detail === 'string' ? { detail } : {}),
    ...(typeof hint === 'string' ? { hint } : {}),
    ...(typeof retryable === 'boolean' ? { retryable } : {}),
    ...(typeof requestId === 'string' ? { requestId } : {}),
    ...sentinelOf(problem.sentinel),
  }
  const known = Object.hasOwn(classes, code) ? classes[code] : undefined
  if (known !== undefined) return new known(details)
  const title = typeof problem.title === 'string' ? problem.title : `The call failed with ${status}`
  return new PBStreamError(
    { code, status, title, hint: hint ?? 'Read the answer.', retryable: retryable ?? false },
    details,
  )
}

/** Only what is documented, and of its type. */
function sentinelOf(value: unknown): { sentinel?: SentinelFacts } {
  const { scope, decision, stop, retryAfter } = (value ?? {}) as { [name in keyof SentinelFacts]?: unknown }
  if (typeof scope !== 'string' || typeof decision !== 'string') return {}
  const known = {
    ...(typeof stop === 'string' ? { stop } : {}),
    ...(typeof retryAfter === 'number' ? { retryAfter } : {}),
  }
  return { sentinel: { scope, decision, ...known } }
}
