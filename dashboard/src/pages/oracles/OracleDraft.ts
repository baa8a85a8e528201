/** An oracle while it is written, and the bodies that make it or change it. */
import type { components } from '../../api/Schema.d.ts'

export type Oracle = components['schemas']['Oracle']
export type NewOracle = components['schemas']['NewOracle']
export type OraclePatch = components['schemas']['OraclePatch']
type NewSource = components['schemas']['NewOracleSource']

export type Kind = Oracle['source']['kind']

export type OracleDraft = {
  name: string
  kind: Kind
  min: string
  max: string
  staleSeconds: number | undefined
  /** Thousandths of the value before that are kept. */
  smoothing: number | undefined
  /** Empty: the card says. */
  fallback: string
  url: string
  path: string
  headerName: string
  /** Empty: the one that is there stays. */
  headerValue: string
  chainId: number | undefined
  contract: string
  data: string
  word: number | undefined
  signed: boolean
  decimals: number | undefined
  everySeconds: number | undefined
}

export const NEW: OracleDraft = {
  ...{ name: '', kind: 'push', min: '0', max: '100', staleSeconds: 600, smoothing: 0, fallback: '' },
  ...{ url: '', path: '$.value', headerName: '', headerValue: '' },
  ...{ chainId: undefined, contract: '', data: '', word: 0, signed: false, decimals: 0, everySeconds: 60 },
}

export function ofOracle(oracle: Oracle): OracleDraft {
  const { name, min, max, staleSeconds, smoothing, fallback, source } = oracle
  const common = { ...NEW, name, min, max, staleSeconds, smoothing, fallback: fallback ?? '', kind: source.kind }
  if (source.kind === 'push') return common
  const { decimals, everySeconds } = source
  if (source.kind === 'url') {
    const { url, path, header } = source
    return { ...common, decimals, everySeconds, url, path, headerName: header ?? '' }
  }
  const { chainId, contract, data, word, signed } = source
  return { ...common, decimals, everySeconds, chainId, contract, data, word, signed }
}

/** What numbers were left out goes to the API as it is: it says what is missing. */
export function toNew(draft: OracleDraft, providerId: string): NewOracle {
  const { name, smoothing } = draft
  return {
    ...{ providerId, name: name.trim(), ...boundsOf(draft) },
    ...(smoothing === undefined ? {} : { smoothing }),
    source: sourceOf(draft),
  } as NewOracle
}

/** Only what is different; the source whole, where anything of it is. Undefined where nothing is. */
export function toPatch(draft: OracleDraft, oracle: Oracle): OraclePatch | undefined {
  const before = ofOracle(oracle)
  const [now, old] = [plainOf(draft), plainOf(before)]
  const changed = Object.keys(now).filter((key) => now[key] !== old[key])
  const isMoved = JSON.stringify(sourceOf(draft)) !== JSON.stringify(sourceOf(before))
  const patch = Object.fromEntries(changed.map((key) => [key, now[key]]))
  if (isMoved) patch['source'] = sourceOf(draft)
  return Object.keys(patch).length === 0 ? undefined : (patch as OraclePatch)
}

function plainOf(draft: OracleDraft): Record<string, unknown> {
  return { name: draft.name.trim(), ...boundsOf(draft), smoothing: draft.smoothing ?? 0 }
}

function boundsOf({ min, max, staleSeconds, fallback }: OracleDraft) {
  return {
    ...{ min: min.trim(), max: max.trim(), staleSeconds },
    fallback: fallback.trim() === '' ? null : fallback.trim(),
  }
}

function sourceOf(draft: OracleDraft): NewSource {
  const { kind, decimals, everySeconds, url, path, headerName, headerValue } = draft
  if (kind === 'push') return { kind }
  const read = { decimals, everySeconds }
  if (kind === 'url') {
    const header = headerValue === '' ? {} : { header: { name: headerName.trim(), value: headerValue } }
    return { kind, url: url.trim(), path: path.trim(), ...read, ...header } as NewSource
  }
  const { chainId, contract, data, word, signed } = draft
  return { kind, chainId, contract: contract.trim(), data: data.trim(), word, signed, ...read } as NewSource
}
