/**
 * How a request names a lease: the `PBStream-Lease` header, and the request ids `<lease id>.<n>` that only such a request
 * has. Nobody else's ids look like these, so that one signed request cannot be served twice.
 */

/** The form of a lease's id. */
export const ID = /^ls_[A-Za-z0-9_-]{16,40}$/

/** A lease that the caller of an answer may name: until `expires` (Unix seconds), with `n` from 1 to `count`. */
export type Offered = { id: string; expires: number; count: number }

/** One request under a lease. */
export type Numbered = { id: string; n: number }

const NUMBER = '[1-9][0-9]{0,8}'
const OFFERED = new RegExp(`^"(ls_[A-Za-z0-9_-]{16,40})";expires=([1-9][0-9]{0,11});count=(${NUMBER})$`)
const NAMED = /^"(ls_[A-Za-z0-9_-]{16,40})"$/
const REQUEST_ID = new RegExp(`^(ls_[A-Za-z0-9_-]{16,40})\\.(${NUMBER})$`)

/**
 * The `PBStream-Lease` header of an answer: the lease that the next requests may name.
 *
 * @throws {TypeError} when it is none.
 */
export function encodeOffered({ id, expires, count }: Offered): string {
  const text = `"${id}";expires=${expires};count=${count}`
  if (parseOffered(text) === undefined) throw new TypeError('not a lease')
  return text
}

/** Reads the header of an answer; undefined for any text that is not in its one form. */
export function parseOffered(text: string | null): Offered | undefined {
  const match = OFFERED.exec(text ?? '')
  if (match === null) return undefined
  return { id: match[1] as string, expires: Number(match[2]), count: Number(match[3]) }
}

/** The `PBStream-Lease` header of a request. @throws {TypeError} for what is no id of a lease. */
export function encodeNamed(id: string): string {
  if (!ID.test(id)) throw new TypeError('not a lease')
  return `"${id}"`
}

/** The lease that a request names; undefined for any text that is not in its one form. */
export function parseNamed(text: string | null): string | undefined {
  return NAMED.exec(text ?? '')?.[1]
}

/** The id of the `n`th request under a lease. @throws {TypeError} for what is no lease or no number. */
export function requestId({ id, n }: Numbered): string {
  const text = `${id}.${n}`
  if (!REQUEST_ID.test(text)) throw new TypeError('not a request under a lease')
  return text
}

/** What a request id says of its lease; undefined for any that has not this form. */
export function parseRequestId(text: string): Numbered | undefined {
  const match = REQUEST_ID.exec(text)
  return match === null ? undefined : { id: match[1] as string, n: Number(match[2]) }
}
