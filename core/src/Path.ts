/**
 * One path for matching, pricing and forwarding.
 *
 * A path that a router and an origin could read differently is refused: that difference is how paywalls are walked
 * around (`/free/../paid`, `//paid`, `/%70aid`).
 */

export type Result =
  | {
      ok: true
      /** Canonical, percent-encoding in upper case. */
      path: string
      /** With its `?`, or empty. */
      search: string
      /**
       * The path with its percent-encoding undone. Where it matches another route than `path` does (`/x%3Arun` and
       * `/x:run`), origins may disagree about which one is meant: refuse it.
       */
      decoded: string
    }
  | { ok: false }

const PREFIX = /^https?:\/\/[^/?#\\]+/i
/** Space, controls and non-ASCII never stand bare in a request target; nor does a fragment. */
const BARE = /[^\x21-\x7e]|#/
/** A percent sign that does not begin an encoded byte. */
const BROKEN = /%(?![0-9a-fA-F]{2})/
/** Encoded slash, backslash, controls, encoding on encoding, and what needs none: letters, digits and - . _ ~ */
const FORBIDDEN = /%(?:2f|5c|25(?=[0-9a-f]{2})|[01][0-9a-f]|7f|4[1-9a-f]|5[0-9a]|6[1-9a-f]|7[0-9a]|3[0-9]|2d|2e|5f|7e)/i

/** Splits and checks the URL of a request as it came in. Never throws. */
export function normalise(rawUrl: string): Result {
  const prefix = PREFIX.exec(rawUrl)
  if (prefix === null || BARE.test(rawUrl)) return { ok: false }
  const target = rawUrl.slice(prefix[0].length)
  const query = target.indexOf('?')
  const rawPath = (query < 0 ? target : target.slice(0, query)) || '/'
  if (rawPath.includes('//') || rawPath.includes('\\') || BROKEN.test(rawPath) || FORBIDDEN.test(rawPath))
    return { ok: false }
  const url = parseUrl(rawUrl)
  if (url === undefined || url.pathname !== rawPath) return { ok: false }
  const decoded = decode(rawPath)
  if (decoded === undefined) return { ok: false }
  return { ok: true, path: upperEscapes(rawPath), search: url.search, decoded }
}

function parseUrl(text: string): URL | undefined {
  try {
    return new URL(text)
  } catch {
    return undefined
  }
}

function upperEscapes(path: string): string {
  return path.includes('%') ? path.replace(/%[0-9a-f]{2}/gi, (escape) => escape.toUpperCase()) : path
}

function decode(path: string): string | undefined {
  if (!path.includes('%')) return path
  try {
    return decodeURIComponent(path)
  } catch {
    // The bytes are not UTF-8.
    return undefined
  }
}
