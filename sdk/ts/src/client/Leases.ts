/** The leases that answers have offered, by what was asked for. Each number of a lease is used once. */
import * as Lease from '@pbstream/core/session/Lease'

/** So long after its end a lease's slice may be held back, until its last report. */
const GRACE_SECONDS = 31

type Held = Lease.Offered & { next: number; left: number }

/** What names a route here: leases are good for one, and callers know addresses only. */
export type Place = string

export class Leases {
  readonly #held = new Map<Place, Held>()
  #latest = 0
  readonly #random: (below: number) => number

  /** @param random an integer from 0 to below `below`. */
  constructor(random: (below: number) => number) {
    this.#random = random
  }

  /** Remembers the lease of an answer's `PBStream-Lease`. Numbers begin anywhere: another process may hold it too. */
  offered(place: Place, header: string | null): void {
    const lease = Lease.parseOffered(header)
    if (lease === undefined || this.#held.get(place)?.id === lease.id) return
    if (this.#held.size > 100) this.#held.clear()
    this.#latest = Math.max(this.#latest, lease.expires)
    this.#held.set(place, { ...lease, next: this.#random(lease.count), left: lease.count })
  }

  /** A number of the lease for this place that was not used; `undefined` when there is none. `now`: Unix seconds. */
  take(place: Place, now: number): Lease.Numbered | undefined {
    const held = this.#held.get(place)
    if (held === undefined) return undefined
    if (held.left === 0 || now + 1 >= held.expires) {
      this.#held.delete(place)
      return undefined
    }
    const n = (held.next % held.count) + 1
    held.next += 1
    held.left -= 1
    return { id: held.id, n }
  }

  /** Whether a lease may still hold money of the channel back. `now`: Unix seconds. */
  mayHold(now: number): boolean {
    return now < this.#latest + GRACE_SECONDS
  }

  /** When the lease for this place ends, Unix seconds; 0 when none is known. */
  ends(place: Place): number {
    return this.#held.get(place)?.expires ?? 0
  }

  /** The lease is not to be used any more. */
  drop(place: Place, id: string): void {
    if (this.#held.get(place)?.id === id) this.#held.delete(place)
  }
}
