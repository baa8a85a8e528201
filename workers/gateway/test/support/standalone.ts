/** A provider's own server in front of a gateway: its keys, and a session that remembers how reservations ended. */
import { newApiKey } from '@pbstream/db/ApiKeyText'
import type { Mode } from '@pbstream/db/Mode'
import type { ProviderKey } from '@pbstream/db/ProviderKeys'
import type { Outcome, Report, ReportReply } from '@pbstream/core/message/Session'
import type { CatalogRoute } from '@pbstream/db/CatalogRoute'
import * as Challenge from '@pbstream/core/Challenge'
import type { Env } from '../../src/Env.ts'
import { ProviderKeys } from '../../src/standalone/ProviderKeys.ts'
import { chain, PAY_TO, route, world } from './world.ts'

export const SITE = 'https://acme.example'
export const PATH = '/.well-known/pbstream/payments'
export const provider = {
  id: 'acme',
  name: 'Acme',
  payTo: PAY_TO,
  enabled: true,
  withdrawDelay: null,
  settle: { amount: null, ageMs: null },
}

export type Reply = {
  status: number
  headers: Headers
  json: Record<string, unknown> & { kind?: string; code?: string }
}

/** The server's side of it, with a key that counts. Chains are test chains. */
export async function standalone(more: Partial<Env> = {}, routes: CatalogRoute[] = [route()]) {
  const at = await world(routes, { CHAINS: JSON.stringify([{ ...chain, testnet: true }]), ...more })
  const rows = new Map<string, ProviderKey>()
  const log: string[] = []
  const state = { away: false }
  const keys = new ProviderKeys(
    {
      key: async (hash) => {
        log.push(hash)
        if (state.away) throw new Error('the database is away')
        return rows.get(hash)
      },
      isReceiver: async () => false,
      touch: async (id) => void log.push(`touch ${id}`),
    },
    at.gateway.ports.now,
  )
  at.gateway.providerKeys = keys
  remember(at.session)
  async function keyOf(over: Partial<ProviderKey> = {}, mode: Mode = 'test') {
    const { text, hash } = await newApiKey(mode)
    const id = `key_${rows.size}`
    rows.set(hash, {
      ...{ id, hash, owner: '0xowner', mode, scopes: ['payments:write'], providers: [provider] },
      ...{ revokedAt: null, expiresAt: null, lastUsedAt: null, ...over },
    })
    return text
  }
  const key = await keyOf()
  async function call(operation: string, body: unknown, as: string | null = key): Promise<Reply> {
    const response = await at.send(`${PATH}/${operation}`, {
      method: 'POST',
      headers: as === null ? {} : { authorization: `Bearer ${as}` },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })
    return { status: response.status, headers: response.headers, json: await response.json() }
  }
  const ask = (over: Record<string, unknown> = {}, as = key) =>
    call(
      'authorize',
      { v: 1, route: 'answers', method: 'GET', url: `${SITE}/a?x=1`, price: '1000', headers: {}, ...over },
      as,
    )
  return { ...at, rows, log, database: state, key, keyOf, call, ask }
}

export type Server = Awaited<ReturnType<typeof standalone>>

/** The offers that the server is to relay. */
export async function offered(at: Server, over: Record<string, unknown> = {}) {
  const { json } = await at.ask(over)
  const required = Challenge.decode((json['headers'] as Record<string, string>)['payment-required'] ?? '')
  if (required === undefined) throw new Error(`no offer: ${JSON.stringify(json)}`)
  return required
}

/** As the object does it: a reservation ends once, and its request id keeps the receipt of its charge. */
function remember(session: Server['session']): void {
  const ended = new Map<string, Outcome>()
  session.report = async (_: 1, reports: Report[]): Promise<ReportReply[]> =>
    reports.map((report) => {
      const { reservationId } = report
      if (ended.has(reservationId)) return { done: false }
      session.reports.push(report)
      if (report.kind === 'post') {
        ended.set(reservationId, {
          kind: 'charged',
          ...(report.receipt === undefined ? {} : { receipt: report.receipt }),
        })
      }
      if (report.kind === 'void') ended.set(reservationId, { kind: 'ended' })
      return { done: true }
    })
  session.outcome = async (_: 1, reservationId: string) => ended.get(reservationId) ?? { kind: 'open' }
}
