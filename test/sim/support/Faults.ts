/** Which faults a history has, and how often each call meets them: two levels, so that rare mixtures happen too. */
import type { Random } from './Random.ts'

/** What can go wrong, by the port where it does. */
export const faultNames = [
  // Storage and life of the session object.
  'diskThrows',
  'crashBeforeWrite',
  'crashBeforeReply',
  'alarmLate',
  'alarmLost',
  'clockSkew',
  // Queues.
  'sendThrows',
  'sendHangs',
  'messageTwice',
  'messageLost',
  'consumerDies',
  'ackLost',
  'ackTwice',
  // Lane and chain.
  'rpcSilent',
  'rpcSilentAfter',
  'laneDies',
  'nodeLags',
  'nodeRefuses',
  'poolDrops',
  'reorganises',
  'feesRise',
  'budgetSpent',
  // Other people on chain.
  'withdraws',
  'claimsByOthers',
  'depositsDirectly',
  'refundCopied',
  // Gateway and upstream.
  'gatewayDies',
  'reportTwice',
  'upstreamFails',
  'upstreamHangs',
  'callerHangsUp',
  'vouchersWrong',
  // Looks at the chain whose news arrive when others are there already.
  'lookLate',
  // The payer stops the session key, or lets it go on (core world).
  'keyStops',
] as const
export type Fault = (typeof faultNames)[number]

const rates = [0.01, 0.05, 0.15, 0.4]

export class Faults {
  readonly #random: Random
  readonly #rates = new Map<Fault, number>()

  constructor(random: Random, seed: number) {
    this.#random = random
    random.reseed(seed, -1)
    // One history in eight has none at all: the plain way has to work too.
    const density = random.pick([0, 0.08, 0.08, 0.15, 0.15, 0.3, 0.3, 0.6])
    for (const name of faultNames) if (random.chance(density)) this.#rates.set(name, random.pick(rates))
    random.reseed(seed, -4)
  }

  /** Whether this history has the fault at all. */
  on(name: Fault): boolean {
    return this.#rates.has(name)
  }

  /** Whether this call meets it. */
  hit(name: Fault): boolean {
    const rate = this.#rates.get(name)
    return rate !== undefined && this.#random.chance(rate)
  }

  /** The phase without faults. */
  stop(): void {
    this.#rates.clear()
  }

  get names(): Fault[] {
    return [...this.#rates.keys()]
  }
}
