/** A route while it is written, and the bodies that make it or change it. */
import type { components } from '../../api/Schema.d.ts'

export type Route = components['schemas']['Route']
type NewRoute = components['schemas']['NewRoute']
type RoutePatch = components['schemas']['RoutePatch']
type Origin = components['schemas']['Origin']

export const ADAPTERS = ['none', 'openai', 'anthropic', 'pbstream-usage', 'json', 'events'] as const
export type Adapter = (typeof ADAPTERS)[number]

export type RouteDraft = {
  path: string
  /** With spaces between; empty: every method. */
  methods: string
  origin: { kind: Origin['kind']; url: string; binding: string }
  chainIds: number[]
  adapter: Adapter
  /** Of the adapter `json`. */
  jsonPath: string
  bodyPriced: boolean
  maxBodyBytes: number | undefined
  chargeOnAbandon: boolean
  enabled: boolean
  /** `kept` names the header of the one that the route has: only then there is something to `keep`. */
  credential: { what: 'none' | 'keep' | 'set'; kept: string | null; header: string; value: string }
}

export const NEW: RouteDraft = {
  path: '',
  methods: '',
  origin: { kind: 'url', url: '', binding: '' },
  chainIds: [],
  adapter: 'none',
  jsonPath: '',
  bodyPriced: false,
  maxBodyBytes: 1_048_576,
  chargeOnAbandon: true,
  enabled: true,
  credential: { what: 'none', kept: null, header: 'authorization', value: '' },
}

export function ofRoute(route: Route): RouteDraft {
  const { path, methods, origin, chainIds, bodyPriced, maxBodyBytes, chargeOnAbandon, enabled, credential } = route
  return {
    ...{ path, chainIds, bodyPriced, maxBodyBytes, chargeOnAbandon, enabled },
    methods: methods.includes('*') ? '' : methods.join(' '),
    origin: {
      kind: origin.kind,
      url: origin.kind === 'url' ? origin.url : '',
      binding: origin.kind === 'service' ? origin.binding : '',
    },
    ...adapterOf(route.adapter),
    credential: {
      what: credential === null ? 'none' : 'keep',
      kept: credential?.header ?? null,
      header: credential?.header ?? 'authorization',
      value: '',
    },
  }
}

export function toNew(draft: RouteDraft, providerId: string, rate: NewRoute['rate']): NewRoute {
  const { credential, enabled } = draft
  return {
    ...membersOf(draft),
    providerId,
    rate,
    ...(enabled ? {} : { enabled }),
    ...(credential.what === 'set' ? { credential: { header: credential.header.trim(), value: credential.value } } : {}),
  }
}

/** Only what is different: what is sent again might need a signature. Undefined where nothing is. */
export function toPatch(draft: RouteDraft, route: Route): RoutePatch | undefined {
  const { what, header, value } = draft.credential
  const now: Record<string, unknown> = { ...membersOf(draft), enabled: draft.enabled }
  const before: Record<string, unknown> = { ...membersOf(ofRoute(route)), enabled: route.enabled }
  const changed = Object.keys(now).filter((key) => JSON.stringify(now[key]) !== JSON.stringify(before[key]))
  const patch = {
    ...Object.fromEntries(changed.map((key) => [key, now[key]])),
    ...(what === 'set' ? { credential: { header: header.trim(), value } } : {}),
    ...(what === 'none' && route.credential !== null ? { credential: null } : {}),
  } as RoutePatch
  return Object.keys(patch).length === 0 ? undefined : patch
}

/** Whether the change leads calls elsewhere: in live mode that needs the wallet. */
export function leadsElsewhere(patch: RoutePatch): boolean {
  return patch.origin !== undefined || patch.path !== undefined || patch.credential !== undefined
}

/** The host of a URL, with its port if it is not that of its scheme; undefined for what is no URL. */
export function hostOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).host : undefined
}

function membersOf(draft: RouteDraft) {
  const { path, chainIds, bodyPriced, maxBodyBytes, chargeOnAbandon } = draft
  return {
    path: path.trim(),
    methods: methodsOf(draft.methods),
    origin: originOf(draft.origin),
    chainIds: [...chainIds].toSorted((a, b) => a - b),
    adapter: adapterText(draft),
    bodyPriced,
    ...(maxBodyBytes === undefined ? {} : { maxBodyBytes }),
    chargeOnAbandon,
  }
}

function methodsOf(text: string): string[] {
  const methods = text
    .toUpperCase()
    .split(/[\s,]+/)
    .filter((method) => method !== '')
  return methods.length === 0 ? ['*'] : [...new Set(methods)]
}

function originOf({ kind, url, binding }: RouteDraft['origin']): Origin {
  if (kind === 'url') return { kind, url: url.trim() }
  return kind === 'service' ? { kind, binding: binding.trim() } : { kind }
}

function adapterText({ adapter, jsonPath }: RouteDraft): string | null {
  if (adapter === 'none') return null
  return adapter === 'json' ? `json:${jsonPath.trim()}` : adapter
}

function adapterOf(adapter: string | null): { adapter: Adapter; jsonPath: string } {
  if (adapter === null) return { adapter: 'none', jsonPath: '' }
  if (adapter.startsWith('json:')) return { adapter: 'json', jsonPath: adapter.slice('json:'.length) }
  return { adapter: (ADAPTERS as readonly string[]).includes(adapter) ? (adapter as Adapter) : 'none', jsonPath: '' }
}
