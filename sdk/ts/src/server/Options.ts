/** How a server is set up: options, else the environment; wrong ones fail when it starts. */
import type { ReplayStore } from './Replays.ts'

export type PaywallOptions = {
  /** The origin of the gateway: `PB_GATEWAY_URL`. */
  gateway?: string
  /**
   * Behind the gateway: whose tokens are taken, `provider/route` or `provider/*`; several as a list: `PB_AUDIENCE`, by
   * commas. `GET /v1/routes` shows it.
   */
  audience?: string | readonly string[]
  /** Stand-alone: an API key with the scope `payments:write`: `PB_SECRET_KEY`. */
  secretKey?: string
  /** Needed only where both an audience and a secret key are set. */
  deployment?: 'gateway' | 'standalone'
  /** Behind the gateway: the path of the route's upstream URL, if it has one: `/internal/v2`. */
  basePath?: string
  /** Behind the gateway: the hosts under which callers reach it, if that is not the host of `gateway` alone. */
  hosts?: readonly string[]
  /** Behind the gateway: where used tokens are noted; the memory of this process when left out. */
  replays?: ReplayStore
  /** Stand-alone: the origin that callers see, if a proxy in front changes it: `https://api.example.com`. */
  publicUrl?: string
  /** Stand-alone: which provider sells, where the owner of the key has several. */
  provider?: string
  /** Lets `gateway` be http:// elsewhere than on this machine. */
  allowHttp?: boolean
  /** What carries requests to the gateway. */
  fetch?: typeof fetch
  /** Unix milliseconds. */
  now?: () => number
  /** Told when something has to be looked at by a person; `console.error` when left out. Holds nothing secret. */
  onError?: (message: string) => void
}

/** Variables of a process, or the bindings of a Worker. */
export type Environment = { readonly [name: string]: unknown }

export type Settings = {
  gateway: string
  fetch: typeof fetch
  now: () => number
} & (
  | { deployment: 'gateway'; audiences: string[]; hosts: string[]; basePath: string; replays: ReplayStore | undefined }
  | { deployment: 'standalone'; secretKey: string; provider: string | undefined }
)

/** Settings that cannot work. The message says which, and what to write; it never shows a key. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError'
}

/**
 * An explicit option beats the environment.
 *
 * @throws {ConfigurationError}
 */
export function settle(options: PaywallOptions, environment: Environment): Settings {
  const variable = (name: string) => {
    const value = environment[name]
    return typeof value === 'string' && value !== '' ? value : undefined
  }
  const gateway = originOf(options.gateway ?? variable('PB_GATEWAY_URL'), options.allowHttp ?? false)
  const common = { gateway, fetch: options.fetch ?? boundFetch, now: options.now ?? Date.now }
  const audiences = audiencesOf(options.audience ?? variable('PB_AUDIENCE'))
  const secretKey = options.secretKey ?? variable('PB_SECRET_KEY')
  const deployment = options.deployment ?? deploymentOf(audiences.length > 0, secretKey !== undefined)
  if (deployment === 'standalone') {
    return { ...common, deployment, secretKey: keyOf(secretKey), provider: options.provider }
  }
  if (audiences.length === 0) {
    throw new ConfigurationError(
      'audience is missing: set PB_AUDIENCE to the audience of your route (provider/route, or provider/*), so that tokens for others are refused',
    )
  }
  const basePath = options.basePath ?? ''
  if (!/^(?:\/[^/?#]+)*$/.test(basePath)) {
    throw new ConfigurationError(
      `basePath '${basePath}' is the path of the upstream URL: '' or '/v2', without a slash at its end`,
    )
  }
  const hosts = [...(options.hosts ?? [new URL(gateway).host])]
  return { ...common, deployment, audiences, hosts, basePath, replays: options.replays }
}

function originOf(text: string | undefined, allowHttp: boolean): string {
  if (text === undefined) throw new ConfigurationError('gateway is missing: set PB_GATEWAY_URL to its origin')
  const url = parsed(text)
  if (url === undefined || url.pathname !== '/' || url.search !== '' || url.hash !== '' || url.username !== '') {
    throw new ConfigurationError(`gateway '${redact(text)}' is no origin: write it as 'https://gateway.example.com'`)
  }
  const isLocal = /^(?:localhost|127\.[0-9.]+|\[::1\])$/.test(url.hostname)
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && (isLocal || allowHttp))) {
    throw new ConfigurationError(
      `gateway '${url.origin}' is not https: whoever sits between could give out tokens; allowHttp lets it pass`,
    )
  }
  return url.origin
}

/** Not every runtime has `URL.canParse`. */
function parsed(text: string): URL | undefined {
  try {
    return new URL(text)
  } catch {
    return undefined
  }
}

/** A user name or password does not go into a log. */
function redact(text: string): string {
  return text.replace(/\/\/[^/]*@/, '//…@').slice(0, 200)
}

function audiencesOf(value: string | readonly string[] | undefined): string[] {
  const list = typeof value === 'string' ? value.split(',').map((each) => each.trim()) : [...(value ?? [])]
  for (const each of list) {
    if (!/^[^\s,*]+(?:\/\*)?$/.test(each)) {
      throw new ConfigurationError(`audience '${each}': write 'provider/route', or 'provider/*' for all its routes`)
    }
  }
  return list
}

function deploymentOf(hasAudience: boolean, hasKey: boolean): 'gateway' | 'standalone' {
  if (hasAudience && hasKey) {
    throw new ConfigurationError(
      "both an audience and a secret key are set: say deployment: 'gateway' (the gateway calls this server) or 'standalone' (callers do)",
    )
  }
  return hasKey ? 'standalone' : 'gateway'
}

function keyOf(secretKey: string | undefined): string {
  if (secretKey === undefined) {
    throw new ConfigurationError('secretKey is missing: set PB_SECRET_KEY to an API key with the scope payments:write')
  }
  if (!/^pb_(?:live|test)_[0-9A-Za-z]{49}$/.test(secretKey)) {
    throw new ConfigurationError('secretKey is no API key: it begins with pb_live_ or pb_test_ and has 57 characters')
  }
  return secretKey
}

/** `fetch` of Workers has to be called as a function of the global scope. */
const boundFetch: typeof fetch = (input, init) => fetch(input, init)
