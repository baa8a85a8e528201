/** The events queue and the projection behind it: messages come twice, late, in any order. */
import type { ChannelNumbers } from '@pbstream/core/message/Session'
import type { JournalRow } from '@pbstream/core/message/Event'
import type { Book } from '@pbstream/stream-session/Book'
import { channelIds, indexOf } from '../support/fixtures.ts'
import { demand } from '../support/Violation.ts'
import type { World } from './World.ts'

export type Snapshot = { channel: number; revision: number; spent: bigint; settled: bigint }
type Message = { rows: readonly JournalRow[]; channels: readonly Snapshot[] }

export class Events {
  readonly #world: World
  readonly #queue: Message[] = []
  /** By sequence number, as the database has them. */
  readonly rows = new Map<number, JournalRow>()
  readonly shown: (Snapshot | undefined)[] = [undefined, undefined]

  constructor(world: World) {
    this.#world = world
  }

  get length(): number {
    return this.#queue.length
  }

  /** False: the sender must take it as not sent. */
  send(rows: readonly JournalRow[], book: Book): boolean {
    const { faults } = this.#world
    if (faults.hit('sendThrows')) return false
    const channels: Snapshot[] = []
    for (const id of channelIds) {
      const channel = book.channel(id)
      if (channel === undefined || !rows.some(({ channelId }) => channelId === id)) continue
      const { revision, spent, settled } = channel
      const shown = { channel: indexOf(id), revision, spent, settled }
      channels.push(this.#world.plant.show?.(shown) ?? shown)
    }
    this.#queue.push({ rows, channels })
    return !faults.hit('sendHangs')
  }

  deliver(): void {
    const { random, faults, session } = this.#world
    const index = random.below(this.#queue.length)
    const message = this.#queue[index]!
    if (!faults.hit('messageTwice')) this.#queue.splice(index, 1)
    for (const row of message.rows) {
      const known = this.rows.get(row.seq)
      demand(known === undefined || known === row, 'I13', 'a journal row was shown with two contents')
      this.rows.set(row.seq, row)
    }
    for (const snapshot of message.channels) {
      const { channel, revision } = snapshot
      if ((this.shown[channel]?.revision ?? -1) >= revision) continue
      this.shown[channel] = snapshot
      const real = session.disk.channels.get(channelIds[channel]!)?.channel as ChannelNumbers
      demand(snapshot.spent <= real.spent && snapshot.settled <= real.settled, 'I13', 'more is shown than was recorded')
    }
  }
}
