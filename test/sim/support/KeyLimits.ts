/**
 * I10: what the owner of a key has said holds for every reservation that is written, whatever dies or comes twice. From
 * sums kept beside the product. Times are Unix seconds of the session's clock.
 */
import type { SetPolicyReply } from '@pbstream/core/message/Session'
import type { Policy } from '@pbstream/core/Policy'
import { configs } from './fixtures.ts'
import { demand } from './Violation.ts'

/** A reservation that begins. `cost`: what it holds, or what it was charged in the end. */
export type Begun = { hold: bigint; routeId: string; cost(): bigint }

const { receiver, token } = configs[0]

export class KeyLimits {
  readonly #asked = new Map<number, Policy>()
  /** The highest version that was answered: it, or a later one, is in force. */
  #answered = 0
  /** What is in force by what was written. */
  #current: Policy | undefined
  /** Reservations since windows were last cut anew, by window; the last of them never goes back. */
  #windows = new Map<number, Begun[]>()
  #last = Number.NEGATIVE_INFINITY

  /** The owner has sent this; nobody knows yet whether it arrived. */
  asked(policy: Policy): void {
    this.#asked.set(policy.version, policy)
  }

  answered(policy: Policy, { applied, version, status }: SetPolicyReply): void {
    const said = this.#asked.get(version)
    demand(said?.status === status, 'I10', 'the answer is not what the owner said')
    demand(!applied || version === policy.version, 'I10', 'applied, and another version is in force')
    demand(version >= this.#answered, 'I10', 'a version fell')
    this.#answered = version
  }

  /**
   * After a write. `policy`: what the session says is in force; `begun`: the reservations that are new; `all`: what the
   * key has spent and holds.
   */
  written(policy: Policy | undefined, begun: readonly Begun[], all: bigint, now: number): void {
    const version = policy?.version ?? 0
    demand(version >= this.#answered, 'I10', 'a policy that was answered is not in force')
    const before = this.#current
    const after = this.#asked.get(version)
    demand(before === undefined || version >= before.version, 'I10', 'a version fell')
    demand(before?.status !== 'revoked' || after?.status === 'revoked', 'I10', 'a revocation was undone')
    // In a group that changes the policy a reservation may have come before the change or after it.
    for (const each of begun) {
      const why = before === after ? this.#broken(after, each, now) : undefined
      const either = before === after || [before, after].some((one) => this.#broken(one, each, now) === undefined)
      demand(why === undefined && either, 'I10', why ?? 'a reservation passes neither the old policy nor the new one')
    }
    if (before !== after) this.#cut(before, after)
    this.#current = after
    if (after === undefined || begun.length === 0 || before !== after) return
    demand(all <= after.spendCap, 'I10', 'the spend cap was passed')
    this.#counted(after, begun, now)
  }

  #broken(policy: Policy | undefined, { hold, routeId }: Begun, now: number): string | undefined {
    if (policy === undefined) return undefined
    if (policy.status !== 'active') return 'a key that was stopped pays'
    if (now < policy.start || now >= policy.expiry) return 'a key pays outside of its time'
    if (policy.token !== token || !policy.payees.includes(receiver)) return 'a key pays whom it may not'
    if (policy.routes !== null && !policy.routes.includes(routeId)) return 'a key pays for a route that it may not'
    return policy.perPaymentMax > 0n && hold > policy.perPaymentMax
      ? 'the maximum for one payment was passed'
      : undefined
  }

  #counted(policy: Policy, begun: readonly Begun[], now: number): void {
    const { start, periodDuration, periodAmount } = policy
    if (periodDuration === 0) return
    const window = Math.max(this.#last, start + Math.floor((now - start) / periodDuration) * periodDuration)
    this.#last = window
    const inWindow = [...(this.#windows.get(window) ?? []), ...begun]
    this.#windows.set(window, inWindow)
    const sum = inWindow.reduce((total, each) => total + each.cost(), 0n)
    demand(sum <= periodAmount, 'I10', 'the period limit was passed')
  }

  #cut(before: Policy | undefined, after: Policy | undefined): void {
    if (before?.start === after?.start && before?.periodDuration === after?.periodDuration) return
    this.#windows = new Map()
    this.#last = Number.NEGATIVE_INFINITY
  }
}
