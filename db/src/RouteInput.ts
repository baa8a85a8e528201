/** Checks what is written into the catalog: providers and routes as people and seeds describe them. */
import { isAddress, lower } from '@pbstream/core/Hex'
import * as Path from '@pbstream/core/Path'
import * as Usage from '@pbstream/core/Usage'
import type { CatalogRoute, Origin, RateRule, SealedCredential } from './CatalogRoute.ts'

export type ProviderInput = {
  id: string
  name: string
  /** Where the provider is paid. */
  payTo: string
  /** Default true. */
  enabled?: boolean
}

export type RouteInput = {
  id: string
  providerId: string
  /** Default `['*']`: every method. */
  methods?: string[]
  path: string
  origin: Origin
  /** Chains to take payment on, best first; may be empty only for a free route. */
  chainIds: number[]
  /** Default false. */
  bodyPriced?: boolean
  /** Default 1 MiB. */
  maxBodyBytes?: number
  /** Default true. */
  chargeOnAbandon?: boolean
  credential?: SealedCredential
  /** How the usage of answers is read (`Usage.parseAdapter`). Default null: by `PBStream-Usage`. */
  adapter?: string | null
  /** Default true. */
  enabled?: boolean
  /** Default `<providerId>/<id>`. */
  audience?: string
  /** A rule publishes a card when it differs from the one in force; null makes the route free; absent leaves the price. */
  rate?: RateRule | null
}

/** A route as its row holds it, price aside. */
export type RouteRow = Omit<
  CatalogRoute,
  'providerName' | 'payTo' | 'rate' | 'coming' | 'credential' | 'revision' | 'withdrawDelay' | 'settle'
> & {
  credentialHeader: string | null
  credentialSealed: string | null
}

const ID = /^[a-z0-9][a-z0-9._-]{0,63}$/
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/

/** @throws {TypeError} that names the field which cannot be used. */
export function checkProvider(input: ProviderInput) {
  require_(ID.test(input.id), 'provider id', input.id)
  require_(input.name.trim() !== '', 'provider name', input.name)
  require_(isAddress(input.payTo), 'payTo', input.payTo)
  return { id: input.id, name: input.name, payTo: lower(input.payTo), enabled: input.enabled ?? true }
}

/** @throws {TypeError} that names the field which cannot be used. */
export function checkRoute(input: RouteInput): RouteRow {
  const methods = (input.methods ?? ['*']).map((method) => method.toUpperCase())
  const maxBodyBytes = input.maxBodyBytes ?? 1_048_576
  require_(ID.test(input.id), 'route id', input.id)
  require_(methods.length > 0 && methods.every((method) => TOKEN.test(method)), 'methods', methods.join(' '))
  require_(isCanonical(input.path), 'path', input.path)
  require_(isOrigin(input.origin), 'origin', JSON.stringify(input.origin))
  require_(
    input.chainIds.every((id) => Number.isSafeInteger(id) && id > 0),
    'chainIds',
    input.chainIds.join(' '),
  )
  require_(input.chainIds.length > 0 || input.rate === null, 'chainIds of a route with a price', '[]')
  require_(
    Number.isSafeInteger(maxBodyBytes) && maxBodyBytes >= 0 && maxBodyBytes < 2 ** 31,
    'maxBodyBytes',
    `${maxBodyBytes}`,
  )
  const { adapter = null } = input
  require_(adapter === null || Usage.parseAdapter(adapter) !== undefined, 'adapter', `${adapter}`)
  require_(input.credential === undefined || TOKEN.test(input.credential.header), 'credential header', '')
  return {
    id: input.id,
    providerId: input.providerId,
    methods,
    path: input.path,
    origin: input.origin,
    chainIds: input.chainIds,
    bodyPriced: input.bodyPriced ?? false,
    maxBodyBytes,
    chargeOnAbandon: input.chargeOnAbandon ?? true,
    adapter,
    credentialHeader: input.credential?.header.toLowerCase() ?? null,
    credentialSealed: input.credential?.sealed ?? null,
    enabled: input.enabled ?? true,
    audience: input.audience ?? `${input.providerId}/${input.id}`,
  }
}

/** Exact, or a prefix that ends in `/*`; the gateway matches normalised paths, so another one would never match. */
function isCanonical(pattern: string): boolean {
  const path = pattern.endsWith('/*') ? pattern.slice(0, -1) : pattern
  const normal = Path.normalise(`https://route${path}`)
  return path.startsWith('/') && !path.includes('*') && normal.ok && normal.path === path && normal.search === ''
}

function isOrigin(origin: Origin): boolean {
  if (origin.kind === 'zone') return true
  if (origin.kind === 'service') return /^UPSTREAM_\w+$/.test(origin.binding)
  if (!URL.canParse(origin.url)) return false
  const url = new URL(origin.url)
  return (
    /^https?:$/.test(url.protocol) && url.username === '' && url.password === '' && url.search === '' && url.hash === ''
  )
}

function require_(holds: boolean, field: string, value: string): asserts holds {
  if (!holds) throw new TypeError(`${field} cannot be used: ${value}`)
}
