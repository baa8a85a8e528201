/**
 * What must hold, checked on what was written and on what the chain did, from sums kept beside the product and never by
 * the product's own checks.
 */
import type { Hex } from '@pbstream/core/Hex'
import type { JournalRow } from '@pbstream/core/message/Event'
import type { ChannelNumbers, ReserveReply } from '@pbstream/core/message/Session'
import type { ClaimMessage } from '@pbstream/core/message/Settlement'
import { REQUEST_MS } from '@pbstream/stream-session/Admission'
import type { Reservation } from '@pbstream/stream-session/Rows'
import type { Changes } from '@pbstream/stream-session/State'
import { channelIds, indexOf, signatureOf } from '../support/fixtures.ts'
import { type Begun, KeyLimits } from '../support/KeyLimits.ts'
import { Sums } from '../support/Sums.ts'
import { demand } from '../support/Violation.ts'
import type { State } from './FakeChain.ts'
import type { Disk } from './Disk.ts'

type Held = { channel: number; hold: bigint; requestId: string | undefined; ended: boolean; charged: bigint }

/** Two clocks may be so far apart. */
const SKEW_MS = 1_200_000

export class Oracle {
  /** By channel: the highest maximum that the payer has signed. */
  readonly signed: [bigint, bigint] = [0n, 0n]
  readonly held = new Map<string, Held>()
  readonly #owners = new Map<string, { id: string; at: number }>()
  readonly #digests = new Map<string, Hex>()
  readonly #called = new Set<string>()
  readonly sums: readonly [Sums, Sums] = [new Sums(), new Sums()]
  readonly limits = new KeyLimits()
  #seq = 0

  /** After each write of the session. `session`: by its own clock. */
  committed(changes: Changes, disk: Disk, freed: readonly string[], now: number, session: number): void {
    for (const id of freed) this.#freed(id)
    for (const { key, before, after } of changes.reservations) {
      if (before === undefined && after !== undefined) this.#taken(key, after, now)
    }
    for (const row of changes.journal) this.#journaled(row)
    for (const { key, after } of changes.reservations) if (after === undefined) this.#ended(key)
    for (const { after } of changes.requests) {
      if (after !== undefined) this.#digests.set(after.reservationId, after.digest)
    }
    for (const { key, after } of changes.channels) if (after !== undefined) this.#numbered(indexOf(key), after.channel)
    demand(disk.sent <= this.#seq, 'I13', 'rows count as sent that are not there')
    this.#limited(changes, disk, session)
  }

  /** What the owner allows, for the reservations of this write. */
  #limited(changes: Changes, disk: Disk, session: number): void {
    const begun = changes.reservations.flatMap(({ key, before, after }): Begun[] => {
      if (before !== undefined || after === undefined) return []
      const held = this.held.get(key)!
      const cost = () => (held.ended ? held.charged : held.hold)
      return [{ hold: after.hold, routeId: after.routeId, cost }]
    })
    let all = 0n
    for (const { channel } of disk.channels.values()) all += channel.spent + channel.reserved
    this.limits.written(disk.policy?.policy, begun, all, Math.floor(session / 1_000))
  }

  #taken(id: string, { channelId, hold, requestId }: Reservation, now: number): void {
    demand(!this.held.has(id), 'I7', 'a reservation came back')
    if (requestId !== undefined) {
      const owner = this.#owners.get(requestId)
      demand(owner === undefined || now - owner.at >= REQUEST_MS - SKEW_MS, 'I2', 'a request id was taken twice')
      this.#owners.set(requestId, { id, at: now })
    }
    this.held.set(id, { channel: indexOf(channelId), hold, requestId, ended: false, charged: 0n })
  }

  #ended(id: string): void {
    const held = this.held.get(id)
    demand(held !== undefined && !held.ended, 'I7', 'a reservation ended twice')
    held.ended = true
  }

  /** Its request id may be used again, by a later call of the same group too. */
  #freed(id: string): void {
    const requestId = this.held.get(id)?.requestId
    if (requestId !== undefined && this.#owners.get(requestId)?.id === id) this.#owners.delete(requestId)
  }

  #journaled({ seq, kind, channelId, debit, credit, amount, reservationId }: JournalRow): void {
    demand(seq === ++this.#seq, 'I5', 'the journal has a gap')
    const moved = BigInt(amount)
    this.sums[indexOf(channelId) as 0 | 1].moved(kind, debit, credit, moved)
    if (kind !== 'charge') return
    const held = this.held.get(reservationId ?? '')
    demand(held !== undefined, 'I6', 'a charge has no reservation')
    demand(held.charged === 0n && !held.ended, 'I7', 'a reservation was charged twice')
    demand(moved <= held.hold, 'I13', 'more was charged than held')
    held.charged = moved
  }

  #numbered(channel: number, after: ChannelNumbers): void {
    this.sums[channel as 0 | 1].written(after, this.signed[channel]!)
  }

  /** A grant has left: its upstream is called now. */
  granted(reply: Extract<ReserveReply, { kind: 'granted' }>, digest: Hex, disk: Disk): void {
    const { reservationId, channel } = reply
    const held = this.held.get(reservationId)
    demand(held !== undefined, 'I6', 'a grant left before its reservation was written')
    demand(!this.#called.has(reservationId), 'I2', 'an upstream was called twice')
    this.#called.add(reservationId)
    if (held.requestId !== undefined) {
      demand(this.#digests.get(reservationId) === digest, 'I2', 'a request id was granted to another digest')
    }
    demand(channel.chargedCumulative <= channel.balance, 'I1', 'a grant beyond the money')
    demand(disk.channels.has(channel.channelId), 'I6', 'a grant on a channel that is not written')
  }

  /** The gateway was told that its report counts, or that the reservation had ended before. */
  acknowledged(reservationId: string, amount: bigint | undefined, done: boolean): void {
    const held = this.held.get(reservationId)
    demand(held !== undefined, 'I7', 'a report on a reservation that was never written')
    if (amount === undefined || !done) return
    demand(held.ended, 'I7', 'a post was acknowledged and its reservation is open')
    demand(held.charged === amount, 'I11', 'the receipt says another amount than the journal')
  }

  claimed({ channelId, total, max, signature }: ClaimMessage): void {
    const channel = indexOf(channelId)
    demand(BigInt(max) <= this.signed[channel]!, 'I4', 'a claim under a voucher that nobody signed')
    demand(signature === signatureOf(channel, BigInt(max)), 'I4', 'a claim under another voucher’s signature')
    const spent = this.numbers(channel)?.spent ?? 0n
    demand(BigInt(total) <= spent, 'I4', 'a claim of more than was charged')
  }

  /** After each block. */
  mined(state: State): void {
    for (let channel = 0; channel < 2; channel++) {
      const { claimed, balance } = state.channels[channel]!
      if (claimed === 0n) continue
      demand(claimed <= this.signed[channel]!, 'I4', 'the chain moved more than was signed')
      demand(claimed <= balance, 'I1', 'the chain claimed more than there is')
    }
  }

  /** A transaction has changed the state of the chain, or a reorganisation has taken changes back. */
  turned(before: State, after: State): void {
    for (const channel of [0, 1] as const) {
      this.sums[channel].turned(before.channels[channel].balance, after.channels[channel].balance)
    }
  }

  numbers(channel: number): ChannelNumbers | undefined {
    return this.sums[channel as 0 | 1].numbers
  }

  get open(): number {
    let open = 0
    for (const { ended } of this.held.values()) if (!ended) open++
    return open
  }

  /** What the journal says was charged, by channel. */
  get charged(): [bigint, bigint] {
    const sums: [bigint, bigint] = [0n, 0n]
    for (const { channel, charged } of this.held.values()) sums[channel as 0 | 1] += charged
    return sums
  }

  get rows(): number {
    return this.#seq
  }

  get channels(): number[] {
    return channelIds.flatMap((_, i) => (this.numbers(i) === undefined ? [] : [i]))
  }
}
