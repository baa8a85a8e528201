import { RATES_PATH } from '@pbstream/core/Quote'
import { RENTALS_PATH } from '@pbstream/core/rental/Wire'
import { PAYMENTS_PATH } from '@pbstream/core/standalone/Wire'
import { PATH as SESSIONS } from '@pbstream/core/session/OpenSession'
import type { CatalogRoute } from '@pbstream/db/CatalogRoute'

export type Match =
  | { kind: 'route'; route: CatalogRoute }
  /** The path is served, but not by this method. */
  | { kind: 'method'; allow: string[] }
  | { kind: 'none' }

const reservedPaths: ReadonlySet<string> = new Set(['/healthz', '/.well-known/pbstream', '/.well-known/jwks.json'])

/** Paths that the gateway answers itself: no route can take them. */
export function isReserved(path: string): boolean {
  return reservedPaths.has(path) || isSessionPath(path) || isPaymentsPath(path) || isRatesPath(path)
}

/** Where providers' own servers have payments authorised, and rentals billed. */
export function isPaymentsPath(path: string): boolean {
  return [PAYMENTS_PATH, RENTALS_PATH].some((base) => path === base || path.startsWith(`${base}/`))
}

/** Where rate cards are published. */
export function isRatesPath(path: string): boolean {
  return path === RATES_PATH || path.startsWith(`${RATES_PATH}/`)
}

/** Where sessions are opened, and what lies below. */
export function isSessionPath(path: string): boolean {
  return path === SESSIONS || path.startsWith(`${SESSIONS}/`)
}

/**
 * Finds the route of a canonical path: the exact one, else the longest prefix. The path decides first and the method
 * second, so a wider route never takes the place of a narrower one that is switched off or lacks the method.
 */
export class Router {
  readonly #exact = new Map<string, CatalogRoute[]>()
  readonly #prefixes = new Map<string, CatalogRoute[]>()
  /** The same by folded spelling: several may share one. */
  readonly #folded = new Map<string, CatalogRoute[][]>()
  /** Lengths of the prefixes, longest first. */
  readonly #lengths: number[]

  constructor(routes: readonly CatalogRoute[]) {
    for (const route of routes) {
      if (isReserved(route.path)) continue
      const prefix = route.path.endsWith('/*')
      const table = prefix ? this.#prefixes : this.#exact
      const key = prefix ? route.path.slice(0, -1) : route.path
      const same = table.get(key)
      if (same !== undefined) {
        same.push(route)
        continue
      }
      const group = [route]
      table.set(key, group)
      const folded = prefix ? `${fold(key)}/*` : fold(key)
      this.#folded.set(folded, [...(this.#folded.get(folded) ?? []), group])
    }
    this.#lengths = [...new Set([...this.#prefixes.keys()].map((prefix) => prefix.length))].sort((a, b) => b - a)
  }

  match(method: string, path: string): Match {
    const routes = this.#find(path)
    if (routes === undefined) return { kind: 'none' }
    const route =
      routes.find((candidate) => candidate.methods.includes(method)) ??
      routes.find((candidate) => candidate.methods.includes('*'))
    if (route !== undefined) return route.enabled ? { kind: 'route', route } : { kind: 'none' }
    const allow = routes.filter((candidate) => candidate.enabled).flatMap((candidate) => candidate.methods)
    return allow.length === 0 ? { kind: 'none' } : { kind: 'method', allow: [...new Set(allow)].sort() }
  }

  /**
   * Whether a lenient origin would take this path for another route's: one that overlooks case, a closing slash, dots
   * or `;parameters` serves `/PAID/` as `/paid`. A spelling that a route declares is never ambiguous.
   */
  isAmbiguous(path: string, decoded: string): boolean {
    if (this.#exact.has(path) || this.#prefixes.has(path)) return false
    const found = this.#find(path)
    const near = this.#nearest(fold(decoded))
    return near !== undefined && (found === undefined || !near.includes(found))
  }

  #nearest(folded: string): CatalogRoute[][] | undefined {
    let groups = this.#folded.get(folded)
    for (let end = folded.lastIndexOf('/'); groups === undefined && end >= 0; end = folded.lastIndexOf('/', end - 1)) {
      groups = this.#folded.get(`${folded.slice(0, end)}/*`)
      if (end === 0) break
    }
    return groups
  }

  #find(path: string): CatalogRoute[] | undefined {
    const exact = this.#exact.get(path)
    if (exact !== undefined) return exact
    for (const length of this.#lengths) {
      if (length > path.length) continue
      const routes = this.#prefixes.get(path.slice(0, length))
      if (routes !== undefined) return routes
    }
    return undefined
  }
}

/** What lenient origins make of a path. */
function fold(path: string): string {
  return path
    .toLowerCase()
    .replace(/;[^/]*/g, '')
    .replace(/[. ]+(?=\/|$)/g, '')
    .replace(/\/$/, '')
}
