/** A gateway with everything around it replaced: the session, settlement, the upstream, the clock and the catalog. */
import { onTestFinished } from 'vitest'
import { env } from 'cloudflare:workers'
import * as Challenge from '@pbstream/core/Challenge'
import type { Address, Hex } from '@pbstream/core/Hex'
import * as NobleRecover from '@pbstream/core/NobleRecover'
import type {
  LeaseReply,
  SessionAsk,
  SessionOpen,
  SessionOpened,
  SessionRaise,
  SessionReply,
  SessionReserve,
  SessionRoom,
  SessionsEnded,
} from '@pbstream/core/message/PaidSession'
import type { Report, ReportReply, Reserve, ReserveReply, StreamSessionApi } from '@pbstream/core/message/Session'
import type { RulesetSnapshot } from '@pbstream/core/message/Sentinel'
import type { SettlementApi } from '@pbstream/core/message/Settlement'
import type { Catalog, CatalogRoute } from '@pbstream/db/CatalogRoute'
import type { Known, Loaded } from '../../src/Catalog.ts'
import type { Gateway } from '../../src/Call.ts'
import type { Env, Ports } from '../../src/Env.ts'
import { assemble } from '../../src/Gateway.ts'
import { handle } from '../../src/Handler.ts'

export const ORIGIN = 'https://api.example'
export const PAY_TO: Address = `0x${'5e'.repeat(20)}`
export const AUTHORIZER: Address = `0x${'a0'.repeat(20)}`
export const TOKEN: Address = '0x036cbd53842c5426634e7929541ec2318f3dcf7e'
export const CONTRACT: Address = '0x4020074e9df2ce1dee5a9c1b5c3f541d02a10003'
export const NETWORK = 'eip155:84532'
export const TX: Hex = `0x${'77'.repeat(32)}`
export const START = 1_800_000_000_000

/** The key pair of RFC 8037, appendix A: public knowledge. */
export const GATEWAY_KEY = {
  kty: 'OKP',
  crv: 'Ed25519',
  kid: 'gateway-1',
  x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
  d: 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A',
}

export const chain = {
  chainId: 84532,
  network: NETWORK,
  contract: CONTRACT,
  collector: '0x4020806089470a89826cb9fb1f4059150b550004',
  token: TOKEN,
  tokenName: 'USDC',
  tokenVersion: '2',
  withdrawDelay: 86_400,
  maxTimeoutSeconds: 60,
}

export function route(more: Partial<CatalogRoute> = {}): CatalogRoute {
  return {
    id: 'weather',
    providerId: 'acme',
    providerName: 'Acme',
    methods: ['GET', 'POST'],
    path: '/v1/weather',
    origin: { kind: 'url', url: 'https://upstream.example/base' },
    payTo: PAY_TO,
    chainIds: [84532],
    rate: { version: 3, rule: { v: 1, kind: 'flat', amount: '1000' } },
    coming: [],
    bodyPriced: false,
    maxBodyBytes: 4 * 1024 * 1024,
    chargeOnAbandon: true,
    credential: null,
    enabled: true,
    audience: 'acme/weather',
    revision: 7,
    adapter: null,
    withdrawDelay: null,
    settle: { amount: null, ageMs: null },
    ...more,
  }
}

/** Grants every reservation, as a session would whose channel has endless money. */
export class FakeSession implements StreamSessionApi {
  readonly reserves: Reserve[] = []
  readonly reports: Report[] = []
  /** How many reports came in each call. */
  readonly calls: number[] = []
  decide: ((command: Reserve) => ReserveReply | Promise<ReserveReply>) | undefined
  onReport: ((reports: Report[]) => Promise<void> | void) | undefined
  reply: ReportReply = { done: true }
  outcome: StreamSessionApi['outcome'] = async () => ({ kind: 'ended' })
  refund: StreamSessionApi['refund'] = async () => ({ kind: 'refused', code: 'refund_no_balance' })

  async reserve(command: Reserve, reports: Report[] = []): Promise<ReserveReply> {
    this.reports.push(...reports)
    this.reserves.push(command)
    return (await this.decide?.(command)) ?? this.grant(command)
  }

  grant(command: Reserve): ReserveReply {
    const { channelId, voucher } = command
    const channel = {
      channelId,
      balance: 10n ** 9n,
      totalClaimed: 0n,
      chargedCumulative: voucher.max,
      withdrawRequestedAt: 0,
      refundNonce: 0n,
    }
    return { kind: 'granted', reservationId: `r${this.reserves.length}`, channel }
  }

  async report(_: 1, reports: Report[]): Promise<ReportReply[]> {
    this.calls.push(reports.length)
    await this.onReport?.(reports)
    this.reports.push(...reports)
    return reports.map((report) => (report.kind === 'grow' ? this.#grown(report) : this.reply))
  }

  /** What each reservation holds in session mode. */
  readonly #holds = new Map<string, bigint>()

  /** As far as there is room. */
  #grown({ reservationId, to }: Extract<Report, { kind: 'grow' }>): ReportReply {
    const { accepted, charged } = this.paid
    const before = this.#holds.get(reservationId)
    if (before === undefined) return { done: false }
    const room = accepted - charged
    const hold = to <= before ? before : to - before <= room ? to : before + room
    this.#holds.set(reservationId, hold)
    this.paid.charged += hold - before
    return { done: hold >= to, hold }
  }

  readonly openings: SessionOpen[] = []
  readonly pays: SessionReserve[] = []
  readonly raises: SessionRaise[] = []
  /** What is accepted and charged in session mode, and the epoch of sessions. */
  readonly paid = { accepted: 0n, charged: 0n, epoch: 1 }
  decidePaid: ((command: SessionReserve) => SessionReply | undefined) | undefined
  decideOpening: ((command: SessionOpen | SessionRaise) => SessionOpened | undefined) | undefined
  receipt: StreamSessionApi['receipt'] = async () => ({ kind: 'unknown' })

  #room(channelId: Hex): SessionRoom {
    const { accepted, charged } = this.paid
    const channel = {
      channelId,
      balance: 10n ** 9n,
      totalClaimed: 0n,
      chargedCumulative: charged,
      withdrawRequestedAt: 0,
      refundNonce: 0n,
    }
    return { channel, accepted, room: accepted - charged }
  }

  async openSession(command: SessionOpen): Promise<SessionOpened> {
    this.openings.push(command)
    return this.decideOpening?.(command) ?? this.opened(command)
  }

  async raise(command: SessionRaise): Promise<SessionOpened> {
    this.raises.push(command)
    return this.decideOpening?.(command) ?? this.opened(command)
  }

  opened({ channelId, voucher }: SessionOpen | SessionRaise): Extract<SessionOpened, { kind: 'opened' }> {
    if (voucher.max > this.paid.accepted) this.paid.accepted = voucher.max
    return { kind: 'opened', epoch: this.paid.epoch, ...this.#room(channelId) }
  }

  async pay(command: SessionReserve, reports: Report[] = []): Promise<SessionReply> {
    this.reports.push(...reports)
    this.pays.push(command)
    const decided = this.decidePaid?.(command)
    if (decided !== undefined) return decided
    const { channelId, epoch, hold, voucher } = command
    if (epoch !== this.paid.epoch) return { kind: 'refused', code: 'session_ended' }
    if (voucher !== undefined && voucher.max > this.paid.accepted) this.paid.accepted = voucher.max
    if (this.paid.charged + hold > this.paid.accepted) return { kind: 'short', ...this.#room(channelId) }
    this.paid.charged += hold
    const reservationId = `p${this.pays.length}`
    this.#holds.set(reservationId, hold)
    return { kind: 'granted', reservationId, ...this.#room(channelId) }
  }

  async leased(): Promise<LeaseReply[]> {
    return []
  }

  async endSessions({ channelId, epoch }: SessionAsk): Promise<SessionsEnded> {
    if (epoch !== this.paid.epoch) return { kind: 'refused', code: 'session_ended' }
    this.paid.epoch++
    return { kind: 'ended', epoch: this.paid.epoch, ...this.#room(channelId) }
  }

  async acknowledge(): Promise<void> {}

  /** Rules that it was given, in their order, and the newest revision of each scope. */
  readonly pushes: RulesetSnapshot[] = []
  readonly held: Record<string, number> = {}
  setRules: StreamSessionApi['setRules'] = async (_, __, snapshots) => {
    this.pushes.push(...snapshots)
    const applied = snapshots.filter(({ scope, revision }) => revision > (this.held[scope] ?? 0))
    for (const { scope, revision } of applied) this.held[scope] = revision
    return { applied: applied.map(({ scope }) => scope), held: this.held, refused: [] }
  }

  vouchers = never
  setPolicy = never
  policy = never
  snooze = never
  stop = never
  releaseStop = never
  closeBreaker = never
  sentinel = never

  async view() {
    return {
      provisional: 0n,
      deposited: 5_000n,
      returned: 1_000n,
      accepted: 4_000n,
      spent: 4_000n,
      claimed: 4_000n,
      settled: 0n,
      lost: 0n,
      published: 0n,
      reserved: 0n,
    }
  }
}

/** Settlement on a chain where everything is mined at once. */
export class FakeSettlement implements SettlementApi {
  readonly log: string[] = []
  observe: SettlementApi['observe'] = async () => (this.log.push('observe'), { ok: true })
  deposit: SettlementApi['deposit'] = async () => (this.log.push('deposit'), { kind: 'mined', transaction: TX })
  refund: SettlementApi['refund'] = async () => (this.log.push('refund'), { kind: 'mined', transaction: TX })
  checkExact: SettlementApi['checkExact'] = async () => (this.log.push('checkExact'), { ok: true })
  exact: SettlementApi['exact'] = async () => (this.log.push('exact'), { kind: 'mined', transaction: TX })
  addresses: SettlementApi['addresses'] = async () => ({ receiverAuthorizer: AUTHORIZER })
}

/** What no gateway calls. */
async function never(): Promise<never> {
  throw new Error('not for gateways')
}

const sunny = () => new Response('sunny', { headers: { 'content-type': 'text/plain' } })

export type World = Awaited<ReturnType<typeof world>>

export async function world(routes: CatalogRoute[] = [route()], more: Partial<Env> = {}) {
  const session = new FakeSession()
  const settlement = new FakeSettlement()
  const seen: Request[] = []
  const kept: Promise<unknown>[] = []
  const state = {
    now: START,
    routes,
    version: 1,
    signals: { version: 0, values: {} } as Catalog['signals'],
    sentinel: { version: 0, platform: 1, providers: {}, breakers: [] } as Catalog['sentinel'],
    upstream: sunny as (request: Request) => Response | Promise<Response>,
  }
  const ports: Ports = {
    now: () => state.now,
    random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
    fetch: async (request) => {
      seen.push(request)
      return state.upstream(request)
    },
  }
  const bindings = {
    EXACT_CLAIM: (env as unknown as Env).EXACT_CLAIM,
    STREAM_SESSION: { getByName: () => session },
    SETTLEMENT: settlement,
    GATEWAY_KEY: JSON.stringify(GATEWAY_KEY),
    UPSTREAM_SECRET: 'a secret of at least thirty-two bytes',
    CHAINS: JSON.stringify([chain]),
    ...more,
  } as unknown as Env
  // Vite instantiates .wasm imports, so the reference recovery stands in; core tests that the two agree.
  const gateway: Gateway = await assemble(bindings, ports, NobleRecover.recover)
  const sources = {
    gateway: async () => gateway,
    load: async (known: Known | undefined): Promise<Loaded> =>
      known?.version === state.version &&
      known.signals === state.signals.version &&
      known.sentinel === state.sentinel.version
        ? ('unchanged' as const)
        : { version: state.version, routes: state.routes, signals: state.signals, sentinel: state.sentinel },
    random: ports.random,
  }
  const keep = (work: Promise<unknown>) => void kept.push(work)
  const rest = async () => {
    for (let done = 0; done < kept.length; done = kept.length) await Promise.all(kept)
  }
  // Reports of one isolate gather by session: what a test leaves waiting would travel with the next test's.
  onTestFinished(rest)
  return {
    session,
    settlement,
    state,
    seen,
    gateway,
    sources,
    /** Sends one request; `path` may also be a whole URL. */
    send: (path: string, init: RequestInit = {}) =>
      handle(new Request(path.startsWith('http') ? path : ORIGIN + path, init), sources, keep),
    handle: (request: Request) => handle(request, sources, keep),
    /** Waits for everything that goes on after the answers. */
    rest,
  }
}

/** The offer of a 402, and the answer that carried it. */
export async function quoted(at: World, path: string, init: RequestInit = {}) {
  const response = await at.send(path, init)
  const required = Challenge.decode(response.headers.get('payment-required') ?? '')
  if (required === undefined) throw new Error(`no offer: ${response.status} ${await response.text()}`)
  return required
}
