/** Which URLs an oracle may be read from: the gate for upstreams, and a query behind the path. */
import * as UpstreamUrl from '@pbstream/core/UpstreamUrl'
import type { Env } from '../Env.ts'

const QUERY_MAX = 1_024
/** What stands in a query as it is, and escapes; nothing that a parser could take for the end of it. */
const QUERY = /^[A-Za-z0-9\-._~!$&'()*+,;=:@/?%[\]]*$/

export type Judged = { ok: true; url: URL } | { ok: false; why: string }

/** `own`: more names of this deployment. Never throws but for a mistake of the deployment. */
export function judge(env: Env, text: string, own: readonly string[] = []): Judged {
  const rules = UpstreamUrl.rulesOf(env)
  if (!UpstreamUrl.mayCall(rules, isStrictlyPublic())) return { ok: false, why: 'not_configured' }
  const at = text.indexOf('?')
  const [base, query] = at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
  if (query.length > QUERY_MAX || !QUERY.test(query)) return { ok: false, why: 'query' }
  const result = UpstreamUrl.check(base, { ...rules, ownZones: [...(rules.ownZones ?? []), ...own] })
  if (!result.ok) return result
  const { url } = result
  if (query !== '') url.search = query
  return { ok: true, url }
}

function isStrictlyPublic(): boolean {
  const { compatibilityFlags } = Cloudflare as { compatibilityFlags?: Record<string, boolean> }
  return compatibilityFlags?.['global_fetch_strictly_public'] === true
}
