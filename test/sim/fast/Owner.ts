/** The owner of the key: sets limits, freezes and unfreezes, says it again until it is answered, and late, and out of order. */
import type { SetPolicyReply } from '@pbstream/core/message/Session'
import type { Policy } from '@pbstream/core/Policy'
import { configs, session as ref } from '../support/fixtures.ts'
import type { World } from './World.ts'

const { receiver, token } = configs[0]

export class Owner {
  /** Every second history has one; in the others nobody manages the key. */
  readonly isThere: boolean
  readonly #world: World
  readonly #sent: Policy[] = []
  #unanswered: Policy | undefined

  constructor(world: World) {
    this.#world = world
    this.isThere = (world.seed & 1) === 1
  }

  act(): void {
    const { random } = this.#world
    const again = this.#unanswered
    // The service repeats what was not answered; and now and then an old message comes once more.
    if (again !== undefined && random.below(4) > 0) return this.#send(again)
    if (this.#sent.length > 0 && random.below(6) === 0) return this.#send(random.pick(this.#sent))
    const policy = this.#another()
    this.#sent.push(policy)
    this.#world.oracle.limits.asked(policy)
    this.#unanswered = policy
    this.#send(policy)
  }

  /** Mostly the terms of before with another status, sometimes other terms. */
  #another(): Policy {
    const { random, session } = this.#world
    const last = this.#sent.at(-1)
    const version = (last?.version ?? 0) + 1
    const roll = random.below(12)
    const status = roll === 0 ? (random.below(8) === 0 ? 'revoked' : 'frozen') : roll < 3 ? 'frozen' : 'active'
    if (last !== undefined && random.below(3) > 0) return { ...last, version, status }
    const second = Math.floor(session.now / 1_000)
    const periodDuration = random.pick([0, 10, 120, 3_600])
    return {
      version,
      status,
      token,
      payees: random.below(10) === 0 ? [] : [receiver],
      spendCap: BigInt(5 + random.below(random.pick([60, 400]))),
      periodAmount: periodDuration === 0 ? 0n : BigInt(8 + random.below(50)),
      periodDuration,
      perPaymentMax: random.pick([0n, 0n, 6n]),
      start: second + random.pick([-1_000, -100, 0, 60]),
      expiry: second + random.pick([300, 100_000, 100_000, 100_000]),
      routes: random.pick([null, null, ['route'], ['route', 'other'], ['other']]),
    }
  }

  #send(policy: Policy): void {
    const world = this.#world
    let reply: SetPolicyReply | undefined
    world.session.call({
      apply: (book, now) => (reply = book.setPolicy(ref, policy, now)),
      settle: () => {
        world.reach('policy', reply!.applied ? policy.status : 'late')
        world.oracle.limits.answered(policy, reply!)
        if (this.#unanswered === policy) this.#unanswered = undefined
      },
      failed: () => undefined,
    })
  }
}
