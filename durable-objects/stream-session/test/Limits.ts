/** What a key may spend, kept beside the books: every grant is held against the policy that it says let it pass. */
import type { PolicyStanding, Reserve } from '@pbstream/core/message/Session'
import type { Policy } from '@pbstream/core/Policy'
import fc from 'fast-check'
import { expect } from 'vitest'
import { configOf, sessionOf } from './fixtures.ts'

/** Of a policy, all but its version; times in seconds from now. */
export type Terms = Omit<Policy, 'version' | 'start' | 'expiry' | 'token'> & { from: number; until: number }

const { receiver, token } = configOf(sessionOf(1))
const mostly = <T>(usual: T, ...others: T[]) =>
  fc.oneof({ weight: 6, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: fc.constantFrom(...others) })

export const terms: fc.Arbitrary<Terms> = fc
  .record({
    status: mostly<Policy['status']>('active', 'frozen', 'frozen', 'revoked'),
    payees: mostly([receiver], []),
    routes: mostly<string[] | null>(null, ['route'], ['other']),
    spendCap: fc.bigInt(5n, 150n),
    periodAmount: fc.bigInt(3n, 30n),
    periodDuration: fc.constantFrom(0, 5, 60, 600),
    perPaymentMax: fc.constantFrom(0n, 0n, 6n),
    from: mostly(-100, -7, 0, 3),
    until: mostly(1_000_000, 5, 100),
  })
  .map((made) => (made.periodDuration === 0 ? { ...made, periodAmount: 0n } : made))

export const policyOf = ({ from, until, ...rest }: Terms, version: number, now: number): Policy => {
  const second = Math.floor(now / 1_000)
  return { ...rest, version, token, start: second + from, expiry: second + until }
}

type Granted = { id: string; hold: bigint; epoch: number; window: number }

export class Limits {
  readonly #policies = new Map<number, { policy: Policy; epoch: number; fresh: boolean }>()
  readonly #granted: Granted[] = []
  #current: Policy | undefined
  #epoch = 0
  /** Before this group. */
  #managed = false

  /** Of the policy that is in force. */
  get version(): number | undefined {
    return this.#current?.version
  }

  /** A policy is in force: said and written. */
  put(policy: Policy): void {
    const before = this.#current
    if (before !== undefined && before.version >= policy.version) return
    const same = before?.start === policy.start && before.periodDuration === policy.periodDuration
    const fresh = before === undefined || before.periodDuration === 0 || this.#granted.length === 0
    if (!same) this.#epoch++
    const known = before === undefined ? undefined : this.#policies.get(before.version)
    this.#policies.set(policy.version, { policy, epoch: this.#epoch, fresh: same ? (known?.fresh ?? true) : fresh })
    this.#current = policy
  }

  /** A grant, or a lease, has left. `most`: what one payment of it costs at the most. */
  granted(
    { keyVersion, reservationId }: { keyVersion?: number; reservationId: string },
    command: Pick<Reserve, 'hold' | 'routeId' | 'config'>,
    now: number,
    most = command.hold,
  ): void {
    if (keyVersion === undefined) return expect(this.#managed, 'a managed key says its version').toBe(false)
    const { policy, epoch } = this.#policies.get(keyVersion)!
    const { hold, routeId, config } = command
    const second = Math.floor(now / 1_000)
    expect(policy.status, 'I10: nothing is granted to a key that has stopped').toBe('active')
    expect(policy.start <= second && second < policy.expiry, 'in its time').toBe(true)
    expect(policy.payees, 'payees').toContain(config.receiver)
    if (policy.routes !== null) expect(policy.routes, 'routes').toContain(routeId)
    if (policy.perPaymentMax > 0n) expect(most <= policy.perPaymentMax, 'the maximum for one payment').toBe(true)
    const { periodDuration: length, start } = policy
    const window = length === 0 ? start : start + Math.floor((second - start) / length) * length
    this.#granted.push({ id: reservationId, hold, epoch, window })
    // It began before the policies that are newer, which were put in force in the same group: they go on from it.
    for (const later of this.#policies.values()) if (later.epoch > epoch) later.fresh = false
  }

  /** A hold has grown, under the policy that is in force: it is held against that as a grant of all of it. */
  grown(id: string, command: Pick<Reserve, 'hold' | 'routeId' | 'config'>, now: number): void {
    const before = this.#granted.findIndex((grant) => grant.id === id)
    if (before !== -1) this.#granted.splice(before, 1)
    const keyVersion = this.#current?.version
    this.granted({ reservationId: id, ...(keyVersion === undefined ? {} : { keyVersion }) }, command, now)
  }

  /**
   * After a commit. `costs`: what each reservation has cost or holds; `all`: what the channels have spent and hold;
   * `last`: the version under which the last grant of the group passed.
   */
  audit(standing: PolicyStanding | undefined, costs: ReadonlyMap<string, bigint>, all: bigint, last?: number): void {
    this.#managed = this.#current !== undefined
    expect(standing?.policy, 'the policy that was put in force').toEqual(this.#current)
    if (standing === undefined) return
    const { usage, policy } = standing
    const { epoch, fresh } = this.#policies.get(policy.version)!
    expect(usage.spent + usage.reserved, 'all that was spent and is held').toBe(all)
    if (last !== undefined) expect(all <= this.#policies.get(last)!.policy.spendCap, 'the spend cap').toBe(true)
    for (const [window, sum] of this.#windows(epoch, costs)) {
      if (policy.periodDuration === 0) continue
      // What passed in an earlier window may have passed under a higher limit.
      if (last === policy.version && window === this.#granted.at(-1)?.window)
        expect(sum <= policy.periodAmount, 'the period limit').toBe(true)
      if (window !== usage.periodStart) continue
      if (fresh) expect(usage.periodSpent, 'used in the window').toBe(sum)
      else expect(usage.periodSpent >= sum, 'used in the window').toBe(true)
    }
  }

  #windows(epoch: number, costs: ReadonlyMap<string, bigint>): Map<number, bigint> {
    const windows = new Map<number, bigint>()
    for (const grant of this.#granted) {
      if (grant.epoch !== epoch) continue
      windows.set(grant.window, (windows.get(grant.window) ?? 0n) + (costs.get(grant.id) ?? 0n))
    }
    return windows
  }
}
