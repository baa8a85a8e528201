/** Where an owner's route may lead, and how its credential gets there. */
import * as Seal from '@pbstream/core/Seal'
import * as UpstreamUrl from '@pbstream/core/UpstreamUrl'
import { isAddress } from '@pbstream/core/Hex'
import type { Origin } from '@pbstream/db/Catalog'
import { isConfirmed } from '@pbstream/db/ProvidersHosts'
import { type ApiContext, callerOf } from '../api/Types.ts'
import type { Env } from '../Env.ts'
import { Refusal } from '../Problem.ts'

/** What an operator gave an owner of the deployment itself. */
type Grant = { owner: string; services: string[]; zone: boolean }

/**
 * A URL has to pass the gate and to lie on a host that the owner has shown to be his. Services and the zone belong to the
 * deployment: only whom an operator gave them may use them.
 *
 * @throws {Refusal}
 */
export async function judgeOrigin(c: ApiContext, origin: Origin): Promise<void> {
  const caller = callerOf(c)
  if (origin.kind === 'url') {
    const url = gate(c, origin.url)
    if (!(await isConfirmed(c.var.database, caller, url.host))) throw new Refusal('host_not_verified')
    return
  }
  const own = grants(c.env).filter(({ owner }) => owner === caller.owner)
  const given =
    origin.kind === 'zone'
      ? own.some(({ zone }) => zone)
      : own.some(({ services }) => services.includes(origin.binding))
  if (!given) throw new Refusal('origin_not_permitted')
}

/** @throws {Refusal} upstream_refused, with the class of what is wrong. */
export function gate(c: ApiContext, text: string): URL {
  const rules = UpstreamUrl.rulesOf(c.env)
  if (!UpstreamUrl.mayCall(rules, Cloudflare.compatibilityFlags['global_fetch_strictly_public'] === true))
    throw new TypeError('neither the flag global_fetch_strictly_public nor OWN_ZONES is set')
  const { hostname } = new URL(c.env.PUBLIC_URL ?? c.req.url)
  // On one machine everything has one name, and only ports differ.
  const ownZones = rules.insecure === true ? (rules.ownZones ?? []) : [...(rules.ownZones ?? []), hostname]
  const result = UpstreamUrl.check(text, { ...rules, ownZones })
  if (!result.ok) throw new Refusal('upstream_refused', { detail: result.why })
  return result.url
}

/** Seals a credential for the gateway. Nobody gets it back from here. */
export async function sealed(env: Env, { header, value }: { header: string; value: string }) {
  const secret = env.UPSTREAM_SECRET
  if (secret === undefined)
    throw new Refusal('temporarily_unavailable', { detail: 'credentials cannot be sealed here' })
  const where = { secret, purpose: Seal.UPSTREAM_CREDENTIAL, place: header }
  return { header, sealed: await Seal.seal(crypto, where, value) }
}

/** The variable ORIGIN_GRANTS: `[{"owner": "0x…", "services": ["UPSTREAM_…"], "zone": false}]`. */
function grants(env: Env): Grant[] {
  const list = JSON.parse(env.ORIGIN_GRANTS ?? '[]') as unknown
  if (!Array.isArray(list)) throw new TypeError('ORIGIN_GRANTS has to be a list')
  return list.map((value: Partial<Grant>) => {
    const { owner = '', services = [], zone = false } = value
    if (!isAddress(owner.split(':').at(-1))) throw new TypeError('ORIGIN_GRANTS: owner is none')
    return { owner, services, zone }
  })
}
