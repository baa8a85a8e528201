/**
 * A world in which the official x402 client (2.27.0, batch-settlement) calls a server over a slow network: events in
 * virtual time, everything random from one seed. What the client does was read from its source: it probes every call,
 * shares one record per channel between its parallel calls, and follows one correction per call.
 */

/** What a server says to a payment. */
export type Reply =
  | { kind: 'granted'; reservationId: string; charged: bigint }
  | { kind: 'deposit'; depositId: string }
  | { kind: 'corrective'; charged: bigint | undefined }
  | { kind: 'refused'; code: string }

export type Payment = { callId: string; max: bigint; hold: bigint; deposit: bigint | undefined }

/** The server's side: the object that is under test, behind a gateway that this simulation plays. */
export type Server = {
  reserve(payment: Payment, reply: (reply: Reply) => void): void
  /** Charges `amount`, or with undefined voids. */
  end(reservationId: string, amount: bigint | undefined): void
  deposited(depositId: string, amount: bigint): void
}

export type Outcome = 'paid' | 'upstream_error' | 'payment_failed'

export class World {
  now = 0
  /** The channel on chain. */
  balance = 0n
  claimed = 0n
  deposits = 0
  correctives = 0
  #seed: number
  #order = 0
  readonly #events: { at: number; order: number; run: () => void }[] = []

  constructor(seed: number) {
    this.#seed = seed
  }

  /** 0 ≤ x < 1, the same for the same seed. */
  random(): number {
    this.#seed = (this.#seed * 1_664_525 + 1_013_904_223) % 4_294_967_296
    return this.#seed / 4_294_967_296
  }

  after(ms: number, run: () => void): void {
    this.#events.push({ at: this.now + ms, order: this.#order++, run })
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve))
  }

  /** A network hop of about `ms`. */
  hop(ms = 10): Promise<void> {
    return this.sleep(ms * (0.5 + this.random()))
  }

  /** Runs until nothing is left to happen. */
  async run(): Promise<void> {
    for (;;) {
      // Callbacks of promises first: time only goes on when everybody waits for it.
      for (let i = 0; i < 20; i++) await Promise.resolve()
      const next = this.#next()
      if (next === undefined) return
      this.now = next.at
      next.run()
    }
  }

  #next(): { at: number; run: () => void } | undefined {
    let first = 0
    for (const [i, event] of this.#events.entries()) {
      const other = this.#events[first]!
      if (event.at < other.at || (event.at === other.at && event.order < other.order)) first = i
    }
    return this.#events.splice(first, 1)[0]
  }
}

export type Price = { max: bigint; charge: bigint; fails: boolean }

/** One payer's client: its calls share what it believes of the channel. */
export class OfficialClient {
  readonly #world: World
  readonly #server: Server
  readonly #depositTarget: bigint
  #record: { charged: bigint; balance: bigint } | undefined
  #calls = 0

  constructor(world: World, server: Server, depositTarget: bigint) {
    this.#world = world
    this.#server = server
    this.#depositTarget = depositTarget
  }

  async call(price: Price): Promise<Outcome> {
    const callId = `quote-${this.#calls++}`
    await this.#world.hop() // the unpaid probe
    await this.#world.hop()
    const first = await this.#pay(callId, price)
    if (first !== 'corrected') return first
    const second = await this.#pay(callId, price)
    return second === 'corrected' ? 'payment_failed' : second
  }

  async #pay(callId: string, price: Price): Promise<Outcome | 'corrected'> {
    const record = (this.#record ??= { charged: this.#world.claimed, balance: await this.#readBalance() })
    const max = record.charged + price.max
    const short = max > record.balance
    const missing = max - record.balance
    const deposit = short ? (missing > this.#depositTarget ? missing : this.#depositTarget) : undefined
    await this.#world.hop(4) // signing
    await this.#world.hop()
    let reply = await this.#reserve({ callId, max, hold: price.max, deposit })
    if (reply.kind === 'deposit' && deposit !== undefined) {
      await this.#mine(reply.depositId, deposit)
      reply = await this.#reserve({ callId, max, hold: price.max, deposit })
    }
    if (reply.kind === 'granted') return this.#serve(reply, price, deposit)
    await this.#world.hop()
    if (reply.kind !== 'corrective') return 'payment_failed'
    this.#world.correctives += 1
    const balance = await this.#readBalance()
    // Told nothing, it starts over from what the chain says was claimed.
    this.#record = { charged: reply.charged ?? this.#world.claimed, balance }
    return 'corrected'
  }

  async #serve(
    reply: { reservationId: string; charged: bigint },
    price: Price,
    deposit: bigint | undefined,
  ): Promise<Outcome> {
    await this.#world.hop(20) // the upstream
    this.#server.end(reply.reservationId, price.fails ? undefined : price.charge)
    await this.#world.hop()
    if (price.fails) return 'upstream_error'
    // PAYMENT-RESPONSE: the client believes it only if it continues what the client knows.
    const record = this.#record ?? { charged: 0n, balance: 0n }
    const charged = record.charged + price.charge
    const said = reply.charged - price.max + price.charge
    if (charged === said) this.#record = { charged, balance: record.balance + (deposit ?? 0n) }
    return 'paid'
  }

  #reserve(payment: Payment): Promise<Reply> {
    return new Promise((resolve) => this.#server.reserve(payment, resolve))
  }

  async #mine(depositId: string, amount: bigint): Promise<void> {
    await this.#world.sleep(2_000)
    this.#world.balance += amount
    this.#world.deposits += 1
    this.#server.deposited(depositId, amount)
    await this.#world.hop()
  }

  async #readBalance(): Promise<bigint> {
    await this.#world.hop(5)
    return this.#world.balance
  }
}
