/** The real handlers of workers/settlement over their `Deps` port; the queues in front of them are simulated. */
import type { DeadLettersApi } from '@pbstream/core/message/Operations'
import type { RefundOrder } from '@pbstream/core/message/Session'
import type { ClaimMessage } from '@pbstream/core/message/Settlement'
import type { Signer } from '@pbstream/core/NobleSigner'
import { RpcUnavailable } from '@pbstream/nonce-lane/ChainRpc'
import * as Claims from '../../../workers/settlement/src/Claims.ts'
import * as DeadLetters from '../../../workers/settlement/src/DeadLetters.ts'
import { deposit } from '../../../workers/settlement/src/Deposit.ts'
import type { Chain, Deps } from '../../../workers/settlement/src/Deps.ts'
import { observe } from '../../../workers/settlement/src/Observe.ts'
import { refund } from '../../../workers/settlement/src/Refund.ts'
import { confirmations } from '../fast/Lane.ts'
import { CALM_FEE } from '../fast/Settlement.ts'
import type { SettlementPort } from '../fast/Parts.ts'
import type { World } from '../fast/World.ts'
import { channelIds, configs, contractDomain, session, signatureOf, WITHDRAW_DELAY } from '../support/fixtures.ts'
import { gas, type RealLane } from './RealLane.ts'
import { rpcOf } from './Rpc.ts'

type Queued = { id: string; body: unknown; attempts: number; notBefore: number }
type Verdict = 'ack' | { seconds: number }

const MAX_RETRIES = 3

/** The contract is a fake: who signed is told by the address alone. */
const authorizer: Signer = { address: configs[0].receiverAuthorizer, sign: async () => signatureOf(0, 1n) }

export class RealSettlement implements SettlementPort {
  readonly #world: World
  readonly #lane: RealLane
  readonly #deps: Deps
  readonly #told: (line: string) => void
  readonly #begun = new Set<Promise<unknown>>()
  #queue: Queued[] = []
  #dead: Queued[] = []
  #count = 0
  #broken: Error | undefined

  constructor(world: World, lane: RealLane, told: (line: string) => void) {
    this.#world = world
    this.#lane = lane
    this.#told = told
    this.#deps = this.#connect(told)
  }

  get queued(): number {
    return this.#queue.length
  }

  get dead(): number {
    return this.#dead.length
  }

  get dueAt(): number | undefined {
    return this.#queue.length === 0 ? undefined : Math.min(...this.#queue.map(({ notBefore }) => notBefore))
  }

  enqueue(body: ClaimMessage): boolean {
    const { faults, now, oracle, plant } = this.#world
    const sent = plant.claim?.(body) ?? body
    oracle.claimed(sent)
    if (plant.chatty === true) this.#told(JSON.stringify(sent))
    if (faults.hit('sendThrows')) return false
    const message = {
      id: `m${++this.#count}`,
      body: JSON.parse(JSON.stringify(sent)) as unknown,
      attempts: 1,
      notBefore: now,
    }
    if (!faults.hit('messageLost')) this.#queue.push(message)
    return !faults.hit('sendHangs')
  }

  async consume(): Promise<void> {
    const { random, faults, now } = this.#world
    const due = this.#queue.filter(({ notBefore }) => notBefore <= now)
    if (due.length === 0) return
    const batch = random.some(due)
    const copies = batch.filter(() => faults.hit('messageTwice')).map((message) => ({ ...message }))
    const dies = faults.hit('consumerDies')
    const verdicts = await this.#handle(batch, (messages) => Claims.consume(this.#deps, messages, { minAmount: 0n }))
    for (const [i, message] of batch.entries()) {
      // Of a Worker that died nobody hears what it meant to say.
      const verdict = dies && random.below(2) === 0 ? { seconds: 1 } : verdicts[i]!
      if (verdict === 'ack') this.#queue.splice(this.#queue.indexOf(message), 1)
      else this.#retry(message, verdict.seconds)
    }
    this.#queue.push(...copies)
  }

  async bury(): Promise<void> {
    const message = this.#dead[0]
    if (message === undefined) return
    const letters = { put: async () => undefined } as unknown as DeadLettersApi
    const [verdict] = await this.#handle([message], (some) => DeadLetters.consume(this.#deps, letters, some))
    if (verdict === 'ack') this.#dead.shift()
  }

  deposit(depositId: string, channel: number, amount: bigint, authorization: string): unknown {
    // Made from the call alone, so that the same call sends the same authorisation.
    const salt = `0x${Buffer.from(authorization).toString('hex').padStart(64, '0')}` as const
    const by = { validAfter: 0n, validBefore: 10n ** 12n, salt, signature: signatureOf(channel, amount) }
    return this.#begin(
      deposit(this.#deps, {
        v: 1,
        session,
        depositId,
        channelId: channelIds[channel]!,
        config: configs[channel]!,
        amount,
        authorization: by,
        waitMs: 0,
      }),
    )
  }

  refund(channel: number, order: RefundOrder): unknown {
    const where = { v: 1, session, channelId: channelIds[channel]!, config: configs[channel]!, waitMs: 0 } as const
    return this.#begin(refund(this.#deps, { ...where, ...order }))
  }

  observe(channel: number): unknown {
    return this.#begin(observe(this.#deps, session, channelIds[channel]!, configs[channel]!))
  }

  isWaiting(depositId: string): boolean {
    return this.#lane.isWaiting(`deposit:${depositId}`)
  }

  broken(error: Error): void {
    this.#broken ??= error
  }

  async idle(): Promise<void> {
    while (this.#begun.size > 0) await Promise.all(this.#begun)
    if (this.#broken !== undefined) throw this.#broken
  }

  /**
   * The gateway asks and does not wait: an answer that is an error is one that it never got. A mistake of the program is
   * no answer, and must not pass for a chain that is silent.
   */
  #begin(work: Promise<unknown>): Promise<unknown> {
    const failed = (error: unknown) => {
      if (error instanceof TypeError || error instanceof ReferenceError) this.broken(error)
    }
    const begun = work.catch(failed).finally(() => this.#begun.delete(begun))
    this.#begun.add(begun)
    return begun
  }

  async #handle(batch: Queued[], work: (messages: never[]) => Promise<void>): Promise<Verdict[]> {
    const verdicts: Verdict[] = batch.map(() => 'ack')
    const decided = new Set<number>()
    // The first word on a message counts.
    const say = (i: number, verdict: Verdict) => {
      if (!decided.has(i)) verdicts[i] = verdict
      decided.add(i)
    }
    const messages = batch.map(({ id, body, attempts }, i) => ({
      id,
      body,
      attempts,
      ack: () => say(i, 'ack'),
      retry: (options?: { delaySeconds?: number }) => say(i, { seconds: options?.delaySeconds ?? 0 }),
    }))
    await work(messages as never[])
    return verdicts
  }

  #retry(message: Queued, seconds: number): void {
    if (message.attempts > MAX_RETRIES) {
      this.#queue.splice(this.#queue.indexOf(message), 1)
      this.#dead.push({ ...message, attempts: 1 })
      return
    }
    message.attempts++
    message.notBefore = this.#world.now + 1_000 * seconds
  }

  #connect(told: (line: string) => void): Deps {
    const world = this.#world
    const pass = async <T>(effect: () => T): Promise<T> => {
      if (world.faults.hit('rpcSilent')) throw new RpcUnavailable('silent')
      return effect()
    }
    const { kind } = world.chain
    const contract = { kind, address: session.contract, collector: session.contract, domain: contractDomain }
    const chain = {
      chainId: session.chainId,
      network: `eip155:${session.chainId}`,
      token: configs[0].token,
      tokenName: 'USDC',
      tokenVersion: '2',
      tokenDomain: contractDomain,
      withdrawDelay: WITHDRAW_DELAY,
      confirmations,
      maxBatchGas: 5_000_000,
      minDeposit: 0n,
      calmFeePerGas: CALM_FEE,
      etherPrice: 0n,
      contracts: [contract],
      canonical: contract,
      rpc: rpcOf(world, pass),
    } as unknown as Chain
    return {
      keys: { receiverAuthorizer: authorizer, gas, facilitatorGas: gas },
      chains: [chain],
      chain: (chainId) => (chainId === session.chainId ? chain : undefined),
      lane: () => this.#lane,
      acknowledge: async (_, events) => {
        if (!world.tell(events)) throw new Error('lost')
      },
      standing: async (_, channelId) => world.session.book.standing(channelId, world.session.now),
      publish: async (events) => {
        if (world.faults.hit('sendThrows')) throw new Error('overloaded')
        for (const event of events) told(JSON.stringify(event))
      },
      watch: async () => undefined,
      now: () => world.now,
      sleep: async () => undefined,
      log: (event, detail) => told(JSON.stringify({ event, ...detail })),
    }
  }
}
