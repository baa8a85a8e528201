/** The operations of the service that a page may call for its visitor: `/v1/grants`, without cookies. */
import type { Address, Hex } from '@pbstream/core/Hex'
import type { PermissionJson } from '@pbstream/core/SessionKey'
import { Failure, type FieldError } from '../Failure.ts'
import type { Token } from '../format/Money.ts'
import type { Amounts } from './Request.ts'
import { loadProblems } from '../text/ProblemText.ts'

export type Chain = {
  chainId: number
  testnet: boolean
  /** Our contract; null: no key can be registered on this chain. */
  escrow: Address | null
  /** Who may freeze keys for the service; null: nobody but the account. */
  freezer: Address | null
  tokens: readonly Token[]
}

export type NewGrant = {
  name: string
  chainId: number
  permission: PermissionJson
  routes: readonly string[] | null
  deadline: number
  signature: Hex
}

/** `token` lets its holder read this one grant, and nothing else. */
export type Made = { id: string; token: string; expiresAt: string }

export type Usage = {
  spent: string
  reserved: string
  left: string
  inFlight: number
  window: { start: number; end: number; spent: string; left: string } | null
}

/** `at` is ISO 8601. */
export type GrantReceipt = {
  id: string
  at: string
  price: string
  asset: string | null
  service: string | null
  path: string | null
}

/** A grant as it stands. Amounts are decimal strings in atomic units, times Unix seconds but for receipts. */
export type Grant = {
  id: string
  name: string
  chainId: number
  account: Address
  key: Address
  token: Address
  status: 'draft' | 'active' | 'freezing' | 'frozen' | 'revoked' | 'rotated' | 'expired'
  payees: readonly Address[]
  spendCap: string
  periodAmount: string
  periodDuration: number
  perPaymentMax: string
  start: number
  expiry: number
  routes: readonly string[] | null
  usage: Usage | null
  /** As the chain has it: `usage` is what was put in, less what was taken out. Null when it could not be asked. */
  onChain: { usage: string } | null
  receipts: readonly GrantReceipt[]
}

/** The limits of a grant, of which zero means none. */
export function amountsOf({ spendCap, periodAmount, periodDuration, perPaymentMax, expiry }: Grant): Amounts {
  const [total, period, payment] = [BigInt(spendCap), BigInt(periodAmount), BigInt(perPaymentMax)]
  return { spendCap: total, periodAmount: period, periodDuration, perPaymentMax: payment, expiry }
}

export type Action = 'freeze' | 'unfreeze' | 'revoke'
export type Signed = { signature: Hex; deadline: number; version: number }
export type TypedData = { message: Record<string, unknown> } & Record<string, unknown>

type Fetch = (url: string, init: RequestInit) => Promise<Response>
type Call = { method?: 'POST'; token?: string; body?: unknown; idempotencyKey?: string; waitMs?: number }

/** A grant waits for a block; everything else answers at once. */
const GRANT_MS = 60_000
const WAIT_MS = 15_000

export class Service {
  /** Ends without a slash. */
  readonly base: string
  readonly #fetch: Fetch

  /** @throws {Failure} `configuration` when it is no http address. */
  constructor(address: string, fetch_: Fetch = (url, init) => fetch(url, init)) {
    const url = URL.canParse(address) ? new URL(address) : undefined
    if (url === undefined || !/^https?:$/.test(url.protocol)) {
      throw new Failure('configuration', { detail: `service: ${address.slice(0, 100)} is no address` })
    }
    this.base = `${url.origin}${url.pathname}`.replace(/\/+$/, '')
    this.#fetch = fetch_
  }

  /** The chain, and the service's clock in Unix seconds. @throws {Failure} `no_escrow` where no key can be registered. */
  async chain(chainId: number): Promise<{ chain: Chain & { escrow: Address }; now: number }> {
    const { chains, now } = (await this.#call(`/terms?chainId=${chainId}`)) as { chains: Chain[]; now: number }
    const chain = chains.find((each) => each.chainId === chainId)
    if (chain?.escrow == null || chain.tokens.length === 0) throw new Failure('no_escrow')
    return { chain: { ...chain, escrow: chain.escrow }, now }
  }

  /** @param idempotencyKey the same for each repeat of one grant. */
  async create(grant: NewGrant, idempotencyKey: string): Promise<Made> {
    return (await this.#call('', { method: 'POST', body: grant, idempotencyKey, waitMs: GRANT_MS })) as Made
  }

  async show(id: string, token: string): Promise<Grant> {
    return (await this.#call(pathOf(id), { token })) as Grant
  }

  /** The signed receipt of a payment; null when it is not kept any longer. */
  async receipt(id: string, token: string, payment: string): Promise<string | null> {
    const answer = await this.#call(`${pathOf(id)}/receipts${pathOf(payment)}`, { token })
    return (answer as { jws: string | null }).jws
  }

  async signingRequest(id: string, token: string, action: Action): Promise<TypedData> {
    return (await this.#call(`${pathOf(id)}/signing-request?action=${action}`, { token })) as TypedData
  }

  async change(id: string, token: string, action: Action, signed: Signed): Promise<void> {
    await this.#call(`${pathOf(id)}/${action}`, { method: 'POST', token, body: signed, waitMs: GRANT_MS })
  }

  async #call(path: string, { method, token, body, idempotencyKey, waitMs = WAIT_MS }: Call = {}): Promise<unknown> {
    const headers: Record<string, string> = { accept: 'application/json' }
    if (body !== undefined) headers['content-type'] = 'application/json'
    if (token !== undefined) headers['authorization'] = `Bearer ${token}`
    if (idempotencyKey !== undefined) headers['idempotency-key'] = idempotencyKey
    let response: Response
    let answer: unknown
    try {
      response = await this.#fetch(`${this.base}/v1/grants${path}`, {
        method: method ?? 'GET',
        headers,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        credentials: 'omit',
        redirect: 'error',
        cache: 'no-store',
        signal: AbortSignal.timeout(waitMs),
      })
      answer = await response.json().catch(() => undefined)
    } catch {
      throw new Failure('network', { retryable: true })
    }
    if (response.ok && typeof answer === 'object' && answer !== null) return answer
    await loadProblems()
    throw problem(answer, response.status)
  }
}

function pathOf(id: string): string {
  return `/${encodeURIComponent(id)}`
}

/** What RFC 9457 problems of the service say, as far as it is text. */
function problem(answer: unknown, status: number): Failure {
  const body = (typeof answer === 'object' && answer !== null ? answer : {}) as Record<string, unknown>
  const text = (name: string) => (typeof body[name] === 'string' ? body[name] : '')
  const detail = [text('title'), text('detail'), text('hint')].filter((part) => part !== '').join('. ')
  const errors = (Array.isArray(body['errors']) ? body['errors'] : []) as FieldError[]
  return new Failure('service', {
    detail: (detail || `HTTP ${status}`).slice(0, 400),
    problem: text('code') || `http_${status}`,
    errors: errors.filter((each) => typeof each?.field === 'string' && typeof each.message === 'string'),
    retryable: status >= 500 || status === 429 || status === 409,
  })
}
