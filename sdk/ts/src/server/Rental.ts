/**
 * Rentals: this server rents something out by time (a GPU, a car), and the gateway bills the time that is proven, by the
 * rate card of a route. While a rental runs or is paused, this side sends its heartbeats by itself.
 */
import type { Hex } from '@pbstream/core/Hex'
import {
  BEAT_MS,
  type RentalBody,
  type RentalState,
  RENTALS_PATH,
  type StartBody,
  type StartReply,
} from '@pbstream/core/rental/Wire'
import { again, gatewayCalls, paymentHeaders, StandaloneError, unreadable } from './GatewayCall.ts'
import type { PaymentAsk, StandaloneOptions, Verdict } from './Standalone.ts'

export type RentalOptions = StandaloneOptions & {
  /** Timers to beat by: those of the platform unless given. */
  timers?: { set(work: () => void, ms: number): unknown; clear(timer: unknown): void }
  now?: () => number
}

export type RentalAsk = Omit<PaymentAsk, 'price'> & {
  /** The longest that it can be, in seconds: its price is the ceiling. Left out: the maximum of the route's card is. */
  seconds?: number
}

/** As of the last answer. Amounts are atomic units, times Unix milliseconds. */
export type RentalRunning = {
  kind: 'running' | 'paused'
  /** What it costs so far. */
  amount: bigint
  milliseconds: number
  hold: bigint
  /** RentalRunning: up to when the money lasts that is set aside now. Each heartbeat sets more aside. */
  paidUntil?: number
}

export type RentalEnded = {
  kind: 'ended'
  /** `stopped`, or why it could not go on: `hold_used_up`, `session_ended`, `silence`, … */
  reason: string
  /** Undefined: nobody was there to stop it, and what the last heartbeat proved is charged. */
  amount?: bigint
  milliseconds?: number
  receipt?: string
  /** For an answer to the caller, if its headers are not out yet. */
  headers: Record<string, string>
}

export type Rental = {
  /** Names it, also after a restart of this server: see `Rentals.take`. Keep it secret. */
  readonly id: string
  readonly state: RentalRunning | RentalEnded
  /** Resolves when the rental ends, whoever ends it: take back what was rented out. Never rejects. */
  readonly ended: Promise<RentalEnded>
  pause(): Promise<RentalRunning | RentalEnded>
  resume(): Promise<RentalRunning | RentalEnded>
  /** Ends it, and charges the time that is proven. As often as you like. */
  stop(): Promise<RentalEnded>
}

export type RentalVerdict =
  | {
      kind: 'started'
      rental: Rental
      payer: Hex
      session: string
      /** CAIP-2. */
      network: string
      /** The most that it can cost. */
      ceiling: bigint
      /** For the answer to the caller. */
      headers: Record<string, string>
      token?: string
    }
  | Extract<Verdict, { kind: 'response' }>

export type Rentals = {
  /** Starts a rental with the payment that a caller brought; or says what the caller gets instead, as it is. */
  start(ask: RentalAsk): Promise<RentalVerdict>
  /** Goes on with a rental by its id: its next heartbeat leaves at once. */
  take(id: string): Promise<Rental>
}

const START_MS = 75_000
const TELL_MS = 10_000
/** A heartbeat that did not arrive is sent again after so long; the gateway waits for 90 s. */
const AGAIN_MS = 5_000
/** Never more often, however little money is left. */
const LEAST_MS = 500
const OVER: ReadonlySet<string> = new Set(['payment_ended', 'payment_unknown'])

/** @throws {TypeError} when the options cannot be used. */
export function rental(options: RentalOptions): Rentals {
  const { provider, timeoutMs = {} } = options
  const post = gatewayCalls(options, RENTALS_PATH)
  const tell = (operation: string, id: string): Promise<RentalState> => {
    const body: RentalBody = { v: 1, id }
    return again(() => post<RentalState>(operation, body, timeoutMs.finish ?? TELL_MS))
  }
  const keep = (id: string, state: RentalRunning | RentalEnded): Rental => new Kept(id, state, tell, options)
  return {
    async start({ headers, signal, ...ask }) {
      const given = paymentHeaders(headers)
      const body: StartBody = { v: 1, ...ask, ...(provider === undefined ? {} : { provider }), headers: given }
      const reply = await post<StartReply>('start', body, timeoutMs.authorize ?? START_MS, signal)
      if (reply.kind === 'response') return reply
      if (reply.kind !== 'started' || typeof reply.id !== 'string') throw unreadable()
      const { id, state, ceiling, payer, ...rest } = reply
      return { ...rest, payer: payer as Hex, ceiling: BigInt(ceiling), rental: keep(id, read(state)) }
    },
    take: async (id) => keep(id, await heard(() => tell('heartbeat', id))),
  }
}

/** One rental, and the timer of its next heartbeat. */
class Kept implements Rental {
  readonly id: string
  readonly ended: Promise<RentalEnded>
  readonly #tell: (operation: string, id: string) => Promise<RentalState>
  readonly #timers: NonNullable<RentalOptions['timers']>
  readonly #now: () => number
  #state: RentalRunning | RentalEnded
  #timer: unknown
  #over: (ended: RentalEnded) => void = () => {}

  constructor(
    id: string,
    state: RentalRunning | RentalEnded,
    tell: (operation: string, id: string) => Promise<RentalState>,
    { timers = platform, now = Date.now }: RentalOptions,
  ) {
    this.id = id
    this.#tell = tell
    this.#timers = timers
    this.#now = now
    this.#state = state
    this.ended = new Promise((resolve) => (this.#over = resolve))
    this.#take(state)
  }

  get state(): RentalRunning | RentalEnded {
    return this.#state
  }

  pause(): Promise<RentalRunning | RentalEnded> {
    return this.#say('pause')
  }

  resume(): Promise<RentalRunning | RentalEnded> {
    return this.#say('resume')
  }

  async stop(): Promise<RentalEnded> {
    const state = await this.#say('stop')
    if (state.kind !== 'ended') throw unreadable()
    return state
  }

  async #say(operation: string): Promise<RentalRunning | RentalEnded> {
    if (this.#state.kind === 'ended') return this.#state
    const state = await heard(() => this.#tell(operation, this.id))
    // An answer that was overtaken by the end says nothing any more.
    return this.#hasEnded() ? this.#state : this.#take(state)
  }

  #hasEnded(): boolean {
    return this.#state.kind === 'ended'
  }

  #take(state: RentalRunning | RentalEnded): RentalRunning | RentalEnded {
    this.#state = state
    this.#timers.clear(this.#timer)
    if (state.kind === 'ended') this.#over(state)
    else this.#arm(state.paidUntil === undefined ? BEAT_MS : Math.min(BEAT_MS, state.paidUntil - this.#now()))
    return state
  }

  #arm(ms: number): void {
    this.#timer = this.#timers.set(() => void this.#beat(), Math.max(LEAST_MS, ms))
  }

  async #beat(): Promise<void> {
    try {
      await this.#say('heartbeat')
    } catch {
      // The gateway knows when it is too late: then it answers so.
      if (!this.#hasEnded()) this.#arm(AGAIN_MS)
    }
  }
}

const platform: NonNullable<RentalOptions['timers']> = {
  set: (work, ms) => setTimeout(work, ms),
  clear: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout> | undefined),
}

/** The state that was told; one that the gateway knows no more has ended by silence. */
async function heard(tell: () => Promise<RentalState>): Promise<RentalRunning | RentalEnded> {
  try {
    return read(await tell())
  } catch (error) {
    if (error instanceof StandaloneError && OVER.has(error.code))
      return { kind: 'ended', reason: 'silence', headers: {} }
    throw error
  }
}

function read(state: RentalState): RentalRunning | RentalEnded {
  if (typeof state.amount !== 'string' || !/^[0-9]{1,39}$/.test(state.amount)) throw unreadable()
  const amount = BigInt(state.amount)
  if (state.kind === 'ended') {
    const { reason, receipt, headers, milliseconds } = state
    return { kind: 'ended', reason, amount, receipt, headers, ...(milliseconds === undefined ? {} : { milliseconds }) }
  }
  const { kind, milliseconds, hold, paidUntil } = state
  if (kind !== 'running' && kind !== 'paused') throw unreadable()
  return { kind, amount, milliseconds, hold: BigInt(hold), ...(paidUntil === undefined ? {} : { paidUntil }) }
}
