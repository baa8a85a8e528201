/**
 * Which URLs the gateway may be told to call: upstreams of routes and targets of webhooks, when they are written and
 * again when they are called.
 *
 * A name that is public today can point anywhere tomorrow, and a Worker cannot pin the address that it resolved. So this
 * gate is one of three: fetches leave by the public network only (`global_fetch_strictly_public`), and the name's owner
 * has to prove that it is theirs.
 */
import * as Path from './Path.ts'

/** Why a URL is refused. */
export type Refusal =
  | 'not_a_url'
  | 'too_long'
  /** Something that a person and a parser could read differently: blanks, backslashes, non-ASCII, escapes in the host. */
  | 'spelling'
  | 'not_https'
  /** A user name or password in it. */
  | 'credentials'
  | 'port'
  /** An address where a name has to stand. */
  | 'address'
  /** A name of a private network, of a metadata service, or one that stands for an address. */
  | 'private_name'
  /** A name of this deployment: it would call itself. */
  | 'own_zone'
  | 'query_or_fragment'
  /** Dot segments, empty segments, needless escapes. */
  | 'path'

export type Rules = {
  /** Names of this deployment; all names below them are its own too. Lower case. */
  ownZones?: readonly string[]
  /** One machine on its own: http, addresses and private names are allowed. */
  insecure?: boolean
}

export type Result = { ok: true; url: URL } | { ok: false; why: Refusal }

const MAX_LENGTH = 2_048
const MAX_HOST = 253
const PORTS: ReadonlySet<string> = new Set(['', '8443'])
const AUTHORITY = /^https?:\/\/([^/?#]*)/i
/** What stands in the authority of a plain URL: a name or an address, and a port. */
const PLAIN_AUTHORITY = /^(?:[a-z0-9_.-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?$/i
/** Labels that are no top-level domain of the public network, or that nobody there owns. */
const PRIVATE_TLD =
  /(?:^|\.)(?:localhost|local|localdomain|internal|intranet|private|corp|home|lan|arpa|svc|onion|invalid|test)$/
/** Public names of metadata services, and of services that give every address a name. */
const ADDRESS_NAMES =
  /(?:^|\.)(?:nip\.io|sslip\.io|xip\.io|localtest\.me|lvh\.me|vcap\.me|lacolhost\.com|metadata\.packet\.net|metadata\.platformequinix\.com|metadata\.azure\.com)$/

/** Judges a base URL: origin and path, to which the path of the call is added. Never throws. */
export function check(text: string, rules: Rules = {}): Result {
  if (text.length > MAX_LENGTH) return refused('too_long')
  if (!/^[\x21-\x7e]*$/.test(text) || text.includes('\\')) return refused('spelling')
  const url = parse(text)
  if (url === undefined) return refused('not_a_url')
  if (url.protocol !== 'https:' && !(rules.insecure === true && url.protocol === 'http:')) return refused('not_https')
  const authority = AUTHORITY.exec(text)?.[1] ?? ''
  if (url.username !== '' || url.password !== '' || authority.includes('@')) return refused('credentials')
  if (!PLAIN_AUTHORITY.test(authority)) return refused('spelling')
  if (url.search !== '' || url.hash !== '' || /[?#]/.test(text)) return refused('query_or_fragment')
  const path = Path.normalise(text)
  if (!path.ok || path.path !== url.pathname) return refused('path')
  const why = rules.insecure === true ? undefined : (publicName(url) ?? (PORTS.has(url.port) ? undefined : 'port'))
  if (why !== undefined) return refused(why)
  return isOwn(url.hostname, rules.ownZones ?? []) ? refused('own_zone') : { ok: true, url }
}

/** The rules of a deployment, from its variables: `OWN_ZONES` are names separated by commas. */
export function rulesOf(env: { INSECURE_UPSTREAMS?: string; OWN_ZONES?: string }): Rules {
  const names = (env.OWN_ZONES ?? '').toLowerCase().split(',')
  const ownZones = names.map((name) => name.trim().replace(/\.$/, '')).filter((name) => name !== '')
  return { ownZones, insecure: env.INSECURE_UPSTREAMS === 'true' }
}

/**
 * Whether a deployment may call upstreams by URL at all: its fetches must not reach what stands behind its own zone past
 * the gateway. Strictly public fetches cannot; else the zones have to be named, so that the gate refuses them.
 */
export function mayCall(rules: Rules, strictlyPublic: boolean): boolean {
  return rules.insecure === true || strictlyPublic || (rules.ownZones ?? []).length > 0
}

/** Whether a host is one of the zones or below one. */
export function isOwn(host: string, zones: readonly string[]): boolean {
  const name = host.toLowerCase().replace(/\.+$/, '')
  return zones.some((zone) => name === zone || name.endsWith(`.${zone}`))
}

/** Why the host is no name of the public network. The parser has brought every spelling of an address to one form. */
function publicName({ hostname }: URL): Refusal | undefined {
  const last = hostname.replace(/\.$/, '').split('.').at(-1) ?? ''
  if (hostname.startsWith('[') || /^(?:[0-9]+|0x[0-9a-f]*)$/i.test(last)) return 'address'
  // A closing dot names the same host, and escapes every comparison of names.
  if (hostname.endsWith('.') || hostname.length > MAX_HOST) return 'spelling'
  const labels = hostname.split('.')
  if (!labels.every((label) => /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/.test(label))) return 'spelling'
  if (labels.length < 2 || PRIVATE_TLD.test(hostname) || ADDRESS_NAMES.test(hostname)) return 'private_name'
  return undefined
}

function parse(text: string): URL | undefined {
  try {
    return new URL(text)
  } catch {
    return undefined
  }
}

function refused(why: Refusal): Result {
  return { ok: false, why }
}
